"""A judge in one file: .npz with its role, head, facts and the pictures it was fitted on."""

import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from stereopsis.errors import DataError
from stereopsis.imagine.judge.area import Area
from stereopsis.imagine.judge.backbone import BACKBONES, BackboneConfig
from stereopsis.imagine.judge.judge import (
    Judge,
    JudgeFacts,
    JudgeT,
    ReportingJudge,
    SelectionJudge,
    as_role,
)
from stereopsis.imagine.logistic import Logistic
from stereopsis.train.pack import UNREADABLE

KIND = "judge 1"
MEND = "Make one with python -m stereopsis.imagine.judge fit."


def judge_to_bytes(judge: Judge) -> bytes:
    """A file that read_judge reads back."""
    said = {
        "role": judge.role,
        "backbone": asdict(judge.backbone),
        "area": asdict(judge.area),
        "facts": asdict(judge.facts),
    }
    file = io.BytesIO()
    np.savez_compressed(
        file,
        kind=np.array(KIND),
        said=np.array(json.dumps(said)),
        mean=judge.head.mean,
        weight=judge.head.weight,
        bias=np.array(judge.head.bias),
        hashes=np.array(sorted(judge.hashes), "U16"),
    )
    return file.getvalue()


def read_judge(path: Path, role: type[JudgeT]) -> JudgeT:
    """The judge in a file.

    Raises:
        DataError: the file is missing, damaged or of another kind.
        OptionError: it is a judge of the other role.
    """
    return as_role(read_any_judge(path), role)


def read_any_judge(path: Path) -> Judge:
    """The judge in a file, whatever its role.

    Raises:
        DataError: the file is missing, damaged or of another kind.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if str(file["kind"]) != KIND:
                raise ValueError
            said = json.loads(str(file["said"]))
            head = Logistic(file["mean"], file["weight"], float(file["bias"]))
            hashes = frozenset(map(str, file["hashes"]))
        backbone = BackboneConfig(**said["backbone"])
        area, facts = Area(**said["area"]), JudgeFacts(**said["facts"])
        kind = {"selection": SelectionJudge, "reporting": ReportingJudge}[said["role"]]
        if backbone.name not in BACKBONES or not np.isfinite(head.weight).all():
            raise ValueError
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.", MEND) from None
    except UNREADABLE as error:
        raise DataError(f"{path} is no judge, or damaged.", MEND) from error
    return kind(backbone, head, hashes, area, facts)
