"""A sheet of photos as they come out, with what is wrong written under each by a person."""

import json
import textwrap
from pathlib import Path

import cv2
import numpy as np

from stereopsis.depth.mono import guess_depth
from stereopsis.errors import DataError
from stereopsis.pipeline import photo_to_3d
from stereopsis.runtime.network import Network
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.photo import Photo
from stereopsis.show.render import render
from stereopsis.train.charts import Png, depth_colors

CELL_HEIGHT = 300  # px
PHOTO_SIDE = 1024  # px; photos are made 3D at this size
LINE_PX = 22
TEXT_SCALE = 0.55
LETTER_PX = 9.6  # width of a letter at that scale
COLUMNS = ("photo", "depth", "refined", "from the left end", "from the right end")

Notes = dict[str, str]  # path of a photo below its folder -> what is wrong with its 3D photo


def read_notes(path: Path) -> Notes:
    """The notes in a JSON file: an object from the photos' paths below their folder to sentences.

    Raises:
        DataError: the file cannot be read, or holds something else.
    """
    mend = 'It needs to be like {"dogs.jpg": "The left ear melts into the wall."}.'
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as JSON.", mend) from error
    if not isinstance(notes, dict) or not all(isinstance(text, str) for text in notes.values()):
        raise DataError(f"{path} does not hold a sentence for each photo.", mend)
    return notes


def draw_photo_sheet(photos: dict[str, Photo], network: Network, notes: Notes) -> Png:
    """A row for each photo: itself, its depth, and its 3D photo from both ends of the cone."""
    rows = [_row(name, photo, network, notes) for name, photo in photos.items()]
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows]
    return cv2.imencode(".png", np.vstack(padded)[:, :, ::-1])[1].tobytes()


def _row(name: str, photo: Photo, network: Network, notes: Notes) -> ColorImage:
    photo = photo.shrunk(PHOTO_SIDE)
    raw = guess_depth(photo, network)
    result = photo_to_3d(photo, depth=raw)
    mesh = result.mesh
    width = round(photo.camera.width * CELL_HEIGHT / photo.camera.height)
    camera = mesh.camera.resized(width, CELL_HEIGHT)
    ends = [
        render(mesh, camera.through_window((end, 0.0, 0.0), mesh.cone.window_depth), 4).color
        for end in (-mesh.cone.radius, mesh.cone.radius)
    ]
    depths = [depth_colors(depth.inverse_depth) for depth in (raw, result.depth)]
    cells = [
        np.asarray(cv2.resize(cell, (width, CELL_HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
        for cell in (photo.pixels, *depths, *ends)
    ]
    titles = np.hstack([_written([title], width) for title in COLUMNS])
    total = len(cells) * width
    text = f"{name}: {notes.get(name, 'not looked at yet')}"
    lines = textwrap.wrap(text, max(20, int(total / LETTER_PX)))
    return np.asarray(np.vstack([titles, np.hstack(cells), _written(lines, total)]), np.uint8)


def _written(lines: list[str], width: int) -> ColorImage:
    """Lines of text on white."""
    paper = np.full((LINE_PX * len(lines) + 6, width, 3), 255, np.uint8)
    for number, line in enumerate(lines, 1):
        place = (6, LINE_PX * number - 5)
        cv2.putText(
            paper, line, place, cv2.FONT_HERSHEY_SIMPLEX, TEXT_SCALE, (20,) * 3, 1, cv2.LINE_AA
        )
    return paper
