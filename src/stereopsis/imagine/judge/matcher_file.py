"""A matcher in one file, or a model of CLIP's kind by its name."""

import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import numpy as np

from stereopsis.errors import DataError
from stereopsis.imagine.judge.backbone import BACKBONES, BackboneConfig
from stereopsis.imagine.judge.matcher import Matcher, MatcherConfig, Matching, open_clip
from stereopsis.imagine.judge.words import TextName
from stereopsis.train.pack import UNREADABLE

KIND = "matcher 1"
ENDING = ".npz"
ARRAYS = ("text_mean", "seen_mean", "whitening", "map")


def matcher_to_bytes(matcher: Matcher) -> bytes:
    """A file that read_matcher reads back."""
    file = io.BytesIO()
    arrays = {name: getattr(matcher, name).astype(np.float32) for name in ARRAYS}
    arrays["map"] = arrays["map"].astype(np.float16)
    said = np.array(json.dumps(asdict(matcher.config)))
    np.savez_compressed(file, kind=np.array(KIND), said=said, **arrays)
    return file.getvalue()


def open_matcher(name: str) -> Matching:
    """The matcher in a file that ends in .npz, else the CLIP-class model in a folder or of an ID.

    Raises:
        DataError: the file is missing, damaged or of another kind.
        MissingExtraError: transformers is not installed.
        WeightsError: the model cannot be loaded, or is of another kind.
    """
    return read_matcher(Path(name)) if name.lower().endswith(ENDING) else open_clip(name)


def read_matcher(path: Path) -> Matcher:
    """The matcher in a file.

    Raises:
        DataError: the file is missing, damaged or of another kind.
    """
    mend = "Make one with python -m stereopsis.imagine.judge match."
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if str(file["kind"]) != KIND:
                raise ValueError
            said = json.loads(str(file["said"]))
            arrays = [file[name].astype(np.float64) for name in ARRAYS]
        backbone = BackboneConfig(**said["backbone"])
        if backbone.name not in BACKBONES or said["text"] not in get_args(TextName):
            raise ValueError
        config = MatcherConfig(backbone, said["text"], float(said["ridge"]))
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.", mend) from None
    except UNREADABLE as error:
        raise DataError(f"{path} is no matcher, or damaged.", mend) from error
    return Matcher(config, *arrays)
