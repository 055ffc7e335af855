"""The folder of a tuning: measurements, sheets and the weights of every checkpoint."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from stereopsis.errors import DataError, OptionError, OutputError
from stereopsis.imagine.judge.arm import Arm
from stereopsis.imagine.tune.stopping import Measures
from stereopsis.outputs import whole_file
from stereopsis.train.curve import append_row, read_rows

WHAT = "tuning"  # as its folder is signed


@dataclass(frozen=True)
class Work:
    """What lies where in the folder."""

    path: Path

    @property
    def training(self) -> Path:
        """The loop's own: its checkpoint, and the curve of the loss."""
        return self.path / "training"

    @property
    def tuned(self) -> Path:
        """The generator that came of it."""
        return self.path / "tuned"

    @property
    def table(self) -> Path:
        """The measurements."""
        return self.path / "measured.csv"

    @property
    def basis(self) -> Path:
        """What the card says of model and pictures; known from the start."""
        return self.path / "basis.json"

    @property
    def report(self) -> Path:
        """The figures for programs, and whether a person picked the step."""
        return self.path / "report.json"

    def sheet(self, step: int) -> Path:
        """The contact sheet of a checkpoint."""
        return self.path / "sheets" / f"step-{step:06d}.png"

    def weights(self, step: int) -> Path:
        """The weights of a checkpoint."""
        return self.path / "weights" / f"step-{step:06d}.safetensors"

    def pictures(self, step: int) -> Path:
        """The pictures of a checkpoint."""
        return self.path / "pictures" / f"step-{step:06d}.npz"


def read_measures(work: Work, last: int | None = None) -> list[Measures]:
    """The measurements up to the step `last`, by step.

    Raises:
        DataError: the table is damaged.
    """
    found = []
    for row in read_rows(work.table):
        if last is None or row["step"] <= last:
            try:
                values = {name: row[name] for name in Measures.__dataclass_fields__}
            except KeyError as error:
                raise DataError(f"{work.table} is damaged.", "Remove the folder.") from error
            found.append(Measures(**{**values, "step": int(row["step"])}))  # type: ignore[arg-type]
    return sorted({each.step: each for each in found}.values(), key=lambda each: each.step)


def add_measures(work: Work, measures: Measures) -> None:
    """Adds a row to the table; it comes last, once all that belongs to it is written."""
    append_row(work.table, asdict(measures))


def read_pick(work: Work) -> int | None:
    """The step whose generator a person picked last; None if nobody did.

    Raises:
        DataError: the report is damaged.
    """
    try:
        told = json.loads(work.report.read_text(encoding="utf-8"))
        return int(told["step"]) if told["picked_by_a_person"] else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{work.report} is damaged.", "Remove it; a step that you picked is forgotten then."
        ) from error


def write_weights(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Writes the tensors, whole or not at all.

    Raises:
        OutputError: they cannot be written.
    """
    with whole_file(path) as temporary:
        try:
            save_file(
                {name: value.cpu().contiguous() for name, value in tensors.items()}, temporary
            )
        except SafetensorError as error:
            raise OutputError(
                f"{path} cannot be written ({error}).",
                "Free some space and run the same command again: what is finished is kept.",
            ) from error


def read_weights(work: Work, step: int) -> dict[str, Tensor]:
    """The weights of a checkpoint.

    Raises:
        OptionError: that step has none.
        DataError: they are damaged.
    """
    path = work.weights(step)
    if not path.is_file():
        steps = sorted(int(each.stem[5:]) for each in path.parent.glob("step-*.safetensors"))
        raise OptionError(
            f"{work.path} has no checkpoint of step {step}.",
            f"Pick one of: {', '.join(map(str, steps)) or 'none yet'}.",
        )
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path} is damaged.", "Pick another step.") from error


def write_pictures(path: Path, arm: Arm) -> None:
    """Writes the pictures, to be shown beside later ones.

    Raises:
        OutputError: they cannot be written.
    """
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, pictures=arm.pictures)
