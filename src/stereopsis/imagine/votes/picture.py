"""Pictures of the folder: checked when imported, and shown without anything that tells of them."""

import hashlib
import secrets
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image

from stereopsis.errors import DataError, PhotoError
from stereopsis.imagine.votes.store import StoredImage
from stereopsis.scene.input_file import read_input
from stereopsis.scene.photo import Photo
from stereopsis.scene.photo_file import photo_in, read_photo
from stereopsis.scene.picture_file import open_picture

SHOWN_SIDE: dict[str, int] = {"full": 2048, "small": 448}  # px on the longer side
KEPT_PICTURES = 48

Size = Literal["full", "small"]


def inspect(path: Path, folder: Path) -> StoredImage:
    """The picture at this path, under its path in the folder and a new name for browsers.

    Raises:
        DataError: it lies outside of the folder.
        PhotoError: it is missing or no picture that can be shown.
    """
    place = path.resolve()
    if not place.is_relative_to(folder):
        raise DataError(
            f"The picture {path} lies outside of {folder}, the folder of the store.",
            "Copy it into the folder, or keep the store in a folder that holds all pictures.",
        )
    height, width = read_photo(place).pixels.shape[:2]
    digest = hashlib.sha256(read_input(place, PhotoError)).hexdigest()
    inside = place.relative_to(folder).as_posix()
    return StoredImage(secrets.token_urlsafe(12), inside, digest, width, height)


def imported_file(folder: Path, path: str, sha256: str) -> bytes:
    """The picture's file, as it was imported.

    Raises:
        PhotoError: the file is gone or unreadable.
        DataError: it is not the file that was imported.
    """
    data = read_input(folder / path, PhotoError)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DataError(
            f"{path} has changed since it was imported.",
            "Put the old picture back, and import the new one under a name of its own.",
        )
    return data


@lru_cache(maxsize=KEPT_PICTURES)
def shown_png(folder: Path, path: str, sha256: str, size: Size) -> bytes:
    """The picture as PNG: upright sRGB pixels and nothing else that its file held.

    So neither format nor notes of the program that made it tell one arm from another.

    Raises:
        PhotoError: the file is gone or unreadable.
        DataError: it is not the file that was imported.
    """
    data = imported_file(folder, path, sha256)
    photo: Photo = photo_in(open_picture(data, path), path).shrunk(SHOWN_SIDE[size])
    out = BytesIO()
    Image.fromarray(photo.pixels).save(out, "png", compress_level=1)
    return out.getvalue()
