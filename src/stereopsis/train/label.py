"""Pseudo-labels: python -m stereopsis.train.label TEACHER.onnx OUT.npz FOLDER..."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.progress import track

from stereopsis.depth.model import open_depth_model
from stereopsis.errors import DataError, OptionError
from stereopsis.runtime.manifest import manifest_path
from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.scene.photo import shrink
from stereopsis.train.command import prepare_file, run_command
from stereopsis.train.pack import Frame, build_pack, write_pack
from stereopsis.train.relabel import guess_at
from stereopsis.train.teacher import Teacher

Labeller = Callable[[ColorImage], InverseDepth]  # of a picture, at its size

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
LONG_SIDE = 384
SHORT_SIDE = 160  # smaller photos are too blurred once they are enlarged for training
DEPTH_LEVELS = 1024  # the teacher is smooth and uncertain: finer steps would only store noise


def list_photos(folders: list[Path]) -> list[Path]:
    """All photos below these folders, once each, in an order that mixes them.

    The order is that of a hash of each path below its folder, so that photos that come later move
    no two others about.

    Raises:
        DataError: there are none.
    """
    found: dict[Path, tuple[bytes, Path]] = {}
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES):
            below = os.fsencode(path.relative_to(folder).as_posix())
            found.setdefault(path.resolve(), (sha256(below).digest(), path))
    if not found:
        raise DataError(
            f"There are no photos below {', '.join(map(str, folders))}.",
            f"Give folders that hold {', '.join(sorted(SUFFIXES))} files.",
        )
    return [path for _, path in sorted(found.values())]


def read_small(path: Path, long_side: int = LONG_SIDE) -> ColorImage | None:
    """The photo with its long side at most so many pixels, or None if it cannot be read."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    return None if image is None else np.ascontiguousarray(shrink(image, long_side)[:, :, ::-1])


def open_teacher(path: Path) -> Labeller:
    """The network in the file: one of ours, with its manifest beside it, or a Teacher.

    Raises:
        WeightsError: it is neither.
    """
    if not manifest_path(path).exists():
        return Teacher(path)
    network = open_depth_model(path, threads=1)

    def guess(image: ColorImage) -> InverseDepth:
        inverse_depth = guess_at(image, network, LONG_SIDE)
        lowest = inverse_depth.min()  # its shift is free, but nothing lies beyond 0
        return np.asarray(inverse_depth - lowest)

    return guess


def label_photo(image: ColorImage, teacher: Labeller) -> Frame:
    """The photo with the teacher's inverse depth, known everywhere and not exact."""
    inverse_depth: InverseDepth = teacher(image)
    return Frame(image, inverse_depth, np.ones(inverse_depth.shape, np.bool_), exact=False)


def label_photos(
    paths: Iterable[Path], teacher: Labeller, left_out: Counter[str]
) -> Iterator[Frame]:
    """A frame for each photo that can be read and whose short side has 160 px after shrinking.

    Others are counted in `left_out` by the reason.
    """
    for path in paths:
        image = read_small(path)
        if image is None:
            left_out["unreadable"] += 1
        elif min(image.shape[:2]) < SHORT_SIDE:
            left_out[f"short side under {SHORT_SIDE} px"] += 1
        else:
            yield label_photo(image, teacher)


def describe_outcome(labelled: int, left_out: Counter[str]) -> str:
    """How many photos were labelled, and how many left out and why."""
    if not left_out:
        return f"{labelled} photos labelled, none left out"
    reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
    return f"{labelled} photos labelled, {left_out.total()} left out ({reasons})"


def main(
    teacher: Annotated[
        Path, typer.Argument(help="A network of ours, or RGB to log inverse depth.")
    ],
    out: Annotated[Path, typer.Argument(help="The pack to write (.npz).")],
    folders: Annotated[list[Path], typer.Argument(help="Folders of photos.")],
    skip: Annotated[int, typer.Option(min=0, help="Leave out the first so many photos.")] = 0,
    count: Annotated[int | None, typer.Option(min=1, help="Label at most so many.")] = None,
) -> None:
    """Label photos with a teacher's depth, for training."""
    prepare_file(out, ".npz")
    found = list_photos(folders)
    if skip >= len(found):
        raise OptionError(f"There are only {len(found)} photos to skip {skip} of.", "Skip fewer.")
    paths = found[skip:][:count]
    network = open_teacher(teacher)
    left_out: Counter[str] = Counter()
    frames = label_photos(track(paths, "labelling"), network, left_out)
    source = f"{teacher.name} at 384 px with flip averaging on photos of " + ", ".join(
        folder.name for folder in folders
    )
    pack = build_pack(frames, source, DEPTH_LEVELS)
    outcome = describe_outcome(len(pack), left_out)
    if not len(pack):
        raise DataError(f"There is nothing to write: {outcome}.", "Give larger, whole photos.")
    write_pack(pack, out)
    typer.echo(f"{out}: {outcome}")


if __name__ == "__main__":
    run_command(main)
