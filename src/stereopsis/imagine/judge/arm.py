"""Arms: the pictures that one model made of all registered prompts and seeds."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from stereopsis.errors import DataError
from stereopsis.imagine.judge.pictures import Pictures
from stereopsis.imagine.judge.registration import Registration
from stereopsis.outputs import write_all
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.photo_file import read_photo

LIST = "pictures.json"


@dataclass(frozen=True)
class Arm:
    """Pictures, each with the prompt and the seed that it was made of.

    Where several tunings of one kind share the seeds, `tunings` says which drew each picture.
    """

    pictures: Pictures
    prompts: tuple[str, ...]
    seeds: tuple[int, ...]
    tunings: tuple[int, ...] = ()

    @property
    def groups(self) -> tuple[int, ...]:
        """Which pictures of different prompts hang together: those of a tuning, else of a seed."""
        return self.tunings or self.seeds


def write_pictures(folder: Path, pictures: Mapping[int, ColorImage]) -> None:
    """Leaves pictures as PNG files, each by its place in the registration.

    Raises:
        OutputError: the folder cannot be written.
    """
    write_all({folder / file_of(place): to_png(each) for place, each in pictures.items()})


def write_list(folder: Path, registration: Registration, model: str) -> None:
    """Leaves the list of all pictures, with prompts and seeds, and the digest of their model.

    Raises:
        OutputError: the folder cannot be written.
    """
    rows = [
        {"file": file_of(place), "prompt": prompt, "seed": seed}
        for place, (prompt, seed) in enumerate(registration.pairs)
    ]
    told = {"registration": registration.digest, "generator": model, "pictures": rows}
    text = f"{json.dumps(told, ensure_ascii=False, indent=1)}\n"
    write_all({folder / LIST: text.encode()})


def file_of(place: int) -> str:
    """The name of a picture's file."""
    return f"{place:05d}.png"


def read_arm(folder: Path, registration: Registration) -> Arm:
    """The pictures in a folder, in the order of the registration, which they must fulfil.

    Raises:
        DataError: there is no list, or it has not every prompt with every seed and none besides,
            or was made for another registration.
        PhotoError: a picture cannot be read.
    """
    rows = _read_list(folder, registration)
    found = {(str(row["prompt"]), int(row["seed"])): str(row["file"]) for row in rows}
    wished = registration.pairs
    missing = [pair for pair in wished if pair not in found]
    if missing or len(rows) != len(wished):
        text = f"{folder} lacks {len(missing)} of {len(wished)} registered pictures"
        if not missing:
            text = f"{folder} holds {len(rows) - len(wished)} pictures that nobody registered"
        raise DataError(
            f"{text}.", "Draw exactly what is registered: python -m stereopsis.imagine.judge draw."
        )
    pictures = [read_photo(folder / found[pair]).pixels for pair in wished]
    if len({picture.shape for picture in pictures}) > 1:
        raise DataError(f"The pictures in {folder} differ in size.", "Draw them with one model.")
    prompts, seeds = zip(*wished, strict=True)
    return Arm(np.stack(pictures), prompts, seeds)


def to_png(picture: np.ndarray) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def _read_list(folder: Path, registration: Registration) -> Sequence[dict[str, Any]]:
    path = folder / LIST
    mend = "Draw the pictures with python -m stereopsis.imagine.judge draw."
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        rows = [
            {name: row[name] for name in ("file", "prompt", "seed")} for row in told["pictures"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder} holds no list of drawn pictures ({LIST}).", mend) from error
    if told.get("registration") != registration.digest:
        raise DataError(f"{folder} was drawn for another registration.", mend)
    return rows
