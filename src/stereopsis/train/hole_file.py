"""Hole files: patches to learn inpainting from, cut once and read again and again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch

from stereopsis.errors import DataError
from stereopsis.outputs import whole_file
from stereopsis.train.holes import Holes
from stereopsis.train.pack import UNREADABLE

# As each plane of a patch is kept; colours are whole numbers of grey levels.
KINDS = {
    "color": "u1", "parallax": "f2", "hole": "u1", "known": "u1",
    "true_color": "u1", "true_parallax": "f2", "judged": "?",
}  # fmt: skip
COLORS = ("color", "true_color")


def write_holes(parts: Iterable[Holes], path: Path) -> int:
    """Writes the patches as an .npy file of records, whole or not at all, and counts them.

    A patch of 128 px takes 213 kB.

    Raises:
        DataError: there are none.
        OutputError: the file cannot be written.
    """
    records = [_as_records(part) for part in parts]
    if not records:
        raise DataError("The worlds hide hardly anything.", "Render more frames.")
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.save(file, np.concatenate(records), allow_pickle=False)
    return sum(map(len, records))


def _as_records(holes: Holes) -> np.ndarray:
    records = np.empty(len(holes.color), _record(holes.color.shape[1]))
    for each in fields(Holes):
        records[each.name] = getattr(holes, each.name).numpy()
    return records


def _record(side: int) -> np.dtype:
    shapes = {name: (side, side, 3) if name in COLORS else (side, side) for name in KINDS}
    return np.dtype([(name, kind, shapes[name]) for name, kind in KINDS.items()])


@dataclass(frozen=True)
class HoleFiles:
    """The patches of several files, which stay on disk until they are drawn."""

    parts: Sequence[np.ndarray]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def pick(self, rows: Sequence[int]) -> Holes:
        """These patches: row 0 is the first of the first file."""
        ends = np.cumsum([len(part) for part in self.parts])
        numbers = np.searchsorted(ends, rows, side="right")
        starts = np.concatenate([[0], ends])
        drawn = zip(numbers, rows, strict=True)
        picked = np.stack([self.parts[n][row - starts[n]] for n, row in drawn])
        return Holes(*(_tensor(each.name, picked[each.name]) for each in fields(Holes)))


def _tensor(name: str, values: np.ndarray) -> torch.Tensor:
    wanted = np.float32 if name in COLORS or KINDS[name] == "f2" else values.dtype
    return torch.from_numpy(np.ascontiguousarray(values, wanted))


def open_holes(paths: Sequence[Path]) -> HoleFiles:
    """The patches in these files.

    Raises:
        DataError: a file cannot be read or is none of holes, or their patches differ in size.
    """
    parts = [_open(path) for path in paths]
    sides = {part.dtype["hole"].shape[0] for part in parts}
    if len(sides) != 1:
        raise DataError(
            f"The patches have different sizes: {', '.join(map(str, sorted(sides)))} px.",
            "Give files that stereopsis.train.cut_holes wrote with one setting.",
        )
    return HoleFiles(parts)


def _open(path: Path) -> np.ndarray:
    try:
        records = np.load(path, mmap_mode="r", allow_pickle=False)
        side = records.dtype["hole"].shape[0]
    except UNREADABLE as error:
        raise _no_holes(path) from error
    if records.ndim != 1 or records.dtype != _record(side) or not len(records):
        raise _no_holes(path)
    return np.asarray(records)


def _no_holes(path: Path) -> DataError:
    return DataError(
        f"{path.name} is not a whole file of holes.",
        "Make it again with stereopsis.train.cut_holes (runs/inpaint.sh).",
    )
