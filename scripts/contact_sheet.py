"""Draws a contact sheet: photo, depth, layers and three new views of each photo, to look at.

    python scripts/contact_sheet.py PHOTO... [-o SHEET.png]

In the layers column silhouettes are red, and hidden surfaces green where there is one, yellow
where there are more. Pixels that nothing covers are magenta in the views.
"""

import argparse
import sys
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from stereopsis.errors import StereopsisError
from stereopsis.outputs import write_all
from stereopsis.pipeline import Photo3D, photo_to_3d
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.layers import LayeredImage
from stereopsis.scene.photo_file import read_photo
from stereopsis.show.render import render

ROW_HEIGHT = 400
VIEWS = ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0))  # of the cone's radius: right, left, below
RED, GREEN, YELLOW, MAGENTA = (255, 40, 40), (30, 140, 60), (230, 210, 40), (255, 0, 255)


def depth_picture(result: Photo3D) -> ColorImage:
    """The inverse depth in false colours, near is bright."""
    grey = np.clip(255 * result.depth.inverse_depth, 0, 255).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO)[:, :, ::-1], np.uint8)


def layers_picture(layers: LayeredImage) -> ColorImage:
    """Silhouettes and hidden surfaces over the darkened photo."""
    shape = (layers.height, layers.width)
    shown = slice(0, layers.visible_count)
    picture = layers.color[shown].reshape(*shape, 3) // 2
    covered = layers.hidden & layers.inside
    place = layers.y[covered] * layers.width + layers.x[covered]
    count = np.bincount(place, minlength=layers.visible_count).reshape(shape)
    picture[count == 1], picture[count > 1] = GREEN, YELLOW
    links = layers.links[shown]
    is_cut = ((links < 0) | (links >= layers.visible_count)).any(axis=1).reshape(shape)
    picture[is_cut] = RED
    return picture


def view_picture(result: Photo3D, offset: tuple[float, float]) -> ColorImage:
    """The view from this offset, in radii of the viewing cone."""
    mesh = result.mesh
    camera = mesh.camera
    scale = ROW_HEIGHT / camera.height
    camera = camera.resized(round(scale * camera.width), ROW_HEIGHT)
    across, down = (share * mesh.cone.radius for share in offset)
    view = render(mesh, camera.through_window((across, down, 0.0), mesh.cone.window_depth), 4)
    picture = view.color.copy()
    picture[view.uncovered] = MAGENTA
    return picture


def row(path: Path) -> ColorImage:
    """One photo's pictures side by side."""
    photo = read_photo(path)
    result = photo_to_3d(photo)
    pictures = [photo.pixels, depth_picture(result), layers_picture(result.layers)]
    pictures += [view_picture(result, offset) for offset in VIEWS]
    width = round(photo.camera.width * ROW_HEIGHT / photo.camera.height)
    size = (width, ROW_HEIGHT)
    resized = [cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in pictures]
    return np.asarray(np.hstack(resized), np.uint8)


def stacked(rows: list[ColorImage]) -> ColorImage:
    """The rows one below the other, on black."""
    widest = max(r.shape[1] for r in rows)
    return np.vstack([np.pad(r, ((0, 6), (0, widest - r.shape[1]), (0, 0))) for r in rows])


def png(picture: ColorImage) -> bytes:
    """The picture as a PNG file."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def main() -> None:
    """Writes the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, nargs="+", metavar="PHOTO")
    parser.add_argument("-o", "--output", type=Path, default=Path("sheet.png"), metavar="SHEET")
    arguments = parser.parse_args()
    try:
        sheet = stacked([row(path) for path in arguments.photos])
        write_all({arguments.output: png(sheet)}, arguments.photos)
    except StereopsisError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
