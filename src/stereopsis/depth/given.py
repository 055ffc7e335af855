"""Depth that comes with the photo: inside the file, or in one beside it."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from stereopsis.depth.depth_file import grey_values, read_depth_file
from stereopsis.depth.gdepth import PhoneDepth, find_phone_depth, inverse_depth_of
from stereopsis.depth.measured import Near, depth_from_values, metric_depth
from stereopsis.errors import DepthError, PhotoError
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.exif import orientation_of, upright
from stereopsis.scene.input_file import read_input
from stereopsis.scene.photo import Photo
from stereopsis.scene.picture_file import DECODER_ERRORS, decoding, is_heic, open_picture

ASPECT_TOLERANCE = 0.02
UNIFORM_Z = 2  # depth_representation_type of H.265, section F.14.3.3; the others grow towards us
PORTRAIT_REASON = "The photo carries the depth its camera measured (portrait mode)."


def read_depth(path: str | Path, near: Near = "large") -> DepthMap:
    """Depth from a file: a depth map (npz, npy, pfm, grey png), or a photo with depth inside.

    `near` says which values of a depth map are near; see `read_depth_file`.

    Raises:
        DepthError: the file cannot be read, is damaged, or holds no usable depth.
    """
    with suppress(PhotoError):  # read_depth_file says it of a depth map
        inside = read_embedded_depth(path)
        if inside is not None:
            return inside
    return read_depth_file(path, near)


def read_embedded_depth(path: str | Path) -> DepthMap | None:
    """The depth inside a photo, turned upright with it, or None if the photo holds none.

    Understands the depth image of portrait-mode HEIC, GDepth and Dynamic Depth JPEG.

    Raises:
        PhotoError: the file cannot be read.
        DepthError: there is depth inside, but it is damaged or shows nothing.
    """
    name = Path(path).name
    data = read_input(path, PhotoError)
    if is_heic(data):
        return _from_heic(data, name)
    if data[:2] == b"\xff\xd8":
        return _from_jpeg(data, name)
    return None


def check_depth_fits(depth: DepthMap, photo: Photo) -> None:
    """Refuses a depth map of another shape than the photo, or with nothing known in it.

    Its size may differ.

    Raises:
        DepthError: the ratio of the sides differs by more than 2 % and by more than one pixel, or
            no pixel is valid.
    """
    if not depth.valid.any():
        raise DepthError("The depth map has no known pixels.", "Give one that covers the picture.")
    height, width = depth.inverse_depth.shape
    camera = photo.camera
    if _same_shape(width, height, camera.width, camera.height):
        return
    problem = (
        f"The depth map is {width} x {height} px, another shape than the photo's "
        f"{camera.width} x {camera.height}."
    )
    if _same_shape(height, width, camera.width, camera.height):
        raise DepthError(problem, "Turn it by a quarter.")
    raise DepthError(problem, "Use the depth map of this very photo, not cropped.")


def _same_shape(width: int, height: int, other_width: int, other_height: int) -> bool:
    expected = height * other_width / other_height
    return abs(width - expected) <= max(1.0, ASPECT_TOLERANCE * width)


def _from_heic(data: bytes, name: str) -> DepthMap | None:
    import pillow_heif  # a tenth of a second, paid only by those who need it

    with decoding(name):
        stored = pillow_heif.open_heif(data).info["depth_images"]
        if not stored:
            return None
    try:
        with decoding(name):
            values = np.asarray(stored[0])
    except PhotoError as error:
        raise _damaged(name) from error
    return _from_heic_values(values, stored[0].info["metadata"] or {})


def _from_heic_values(values: np.ndarray, metadata: dict[str, Any]) -> DepthMap:
    """Depth as H.265's depth representation information describes it; relative, as no unit is."""
    fraction = values / np.iinfo(values.dtype).max
    known = np.ones(values.shape, np.bool_)
    if metadata.get("representation_type") != UNIFORM_Z:
        return depth_from_values(fraction, known, "large", "photo", PORTRAIT_REASON)
    near, far = metadata.get("z_near"), metadata.get("z_far")
    if near is not None and far is not None and 0 < near < far:
        fraction = near + fraction * (far - near)
    return depth_from_values(fraction, known, "small", "photo", PORTRAIT_REASON)


def _from_jpeg(data: bytes, name: str) -> DepthMap | None:
    try:
        found = find_phone_depth(data)
        return None if found is None else _from_phone(found, name, _orientation(data, name))
    except (ValueError, PhotoError) as error:
        raise _damaged(name) from error


def _from_phone(found: PhoneDepth, name: str, orientation: int) -> DepthMap:
    with decoding(name):
        values = grey_values(open_picture(found.picture, name), name)
    white = 65535 if values.itemsize > 1 else 255
    inverse = inverse_depth_of(upright(values, orientation) / white, found)
    known = np.ones(inverse.shape, np.bool_)
    if found.metres_per_unit is None:
        return depth_from_values(inverse, known, "large", "photo", PORTRAIT_REASON)
    metric = inverse / found.metres_per_unit
    return metric_depth(metric, known, "large", "photo", PORTRAIT_REASON)


def _orientation(data: bytes, name: str) -> int:
    """Which way is up in the photo; its depth is stored the same way round."""
    with suppress(PhotoError, *DECODER_ERRORS), decoding(name):
        return orientation_of(open_picture(data, name).getexif())
    return 1


def _damaged(name: str) -> DepthError:
    problem = f"The depth inside {name} is damaged."
    return DepthError(problem, "Give a depth file, or have depth estimated from the picture.")
