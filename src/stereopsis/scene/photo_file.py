"""Photo files: any common format becomes upright sRGB pixels with the camera that took them."""

from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

from stereopsis.errors import PhotoError
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.camera import Camera
from stereopsis.scene.color import flattened, to_srgb
from stereopsis.scene.exif import focal_35mm_of, orientation_of, undoing, upright
from stereopsis.scene.input_file import read_input
from stereopsis.scene.photo import MIN_SIDE, Photo, reduced_size
from stereopsis.scene.picture_file import DECODER_ERRORS, MAX_PIXELS, decoding, open_picture

MAX_ASPECT = 200
BAND_ROWS = 256
DRAFT_SLACK = 0.95  # a JPEG decoded at half scale may fall this little short of `longest_side`


def read_photo(
    path: str | Path,
    *,
    longest_side: int | None = None,
    max_pixels: int = MAX_PIXELS,
    turn: bool = True,
) -> Photo:
    """The photo in a JPEG, PNG, WebP, HEIC, AVIF or TIFF file (GIF and BMP too).

    EXIF orientation is applied (unless `turn` is False: a rig speaks of what the sensor stored),
    the colour profile converted to sRGB, transparency laid on white; of an animation the first
    frame is taken. The focal length is EXIF's 35 mm equivalent, else
    the default of Camera. With `longest_side` the photo is reduced to at most that many pixels on
    its longer side (at least 95 % of it), which is faster than reducing it afterwards; but its
    short side keeps 32 pixels.

    Raises:
        PhotoError: the file cannot be read, is not a picture, is damaged, has more than
            `max_pixels` pixels, fewer than 32 on a side, or one side over 200 times the other.
    """
    name = Path(path).name
    image = open_picture(read_input(path, PhotoError), name, max_pixels)
    return photo_in(image, name, longest_side, turn)


def photo_in(
    image: Image.Image, name: str, longest_side: int | None = None, turn: bool = True
) -> Photo:
    """The photo in an opened picture of the file `name`, as read_photo has it.

    Raises:
        PhotoError: its data is damaged, a side is under 32 pixels or over 200 times the other.
    """
    _check_shape(image.size, name)
    with decoding(name):
        orientation, focal_35mm = _from_exif(image)
        pixels = _decode(image, longest_side)
        # Pillow turns a TIFF itself when it decodes it.
        if image.format == "TIFF":
            pixels = pixels if turn else upright(pixels, undoing(orientation))
        elif turn:
            pixels = upright(pixels, orientation)
    height, width = pixels.shape[:2]
    if focal_35mm is None:
        return Photo(pixels, Camera.from_focal_35mm(width, height), "default")
    return Photo(pixels, Camera.from_focal_35mm(width, height, focal_35mm), "exif")


def _check_shape(size: tuple[int, int], name: str) -> None:
    if min(size) < MIN_SIDE:
        problem = f"{name} is {size[0]} x {size[1]} px; a side needs at least {MIN_SIDE}."
        raise PhotoError(problem, "Use a larger picture.")
    if max(size) > MAX_ASPECT * min(size):
        problem = f"{name} is {size[0]} x {size[1]} px, one side over {MAX_ASPECT} times the other."
        raise PhotoError(problem, "Crop it.")


def _from_exif(image: Image.Image) -> tuple[int, float | None]:
    """Orientation and 35 mm focal length; a picture with damaged EXIF is as good as without."""
    with suppress(*DECODER_ERRORS):
        exif = image.getexif()
        return orientation_of(exif), focal_35mm_of(exif, image.size)
    return 1, None


def _decode(image: Image.Image, longest_side: int | None) -> ColorImage:
    """Stored pixels as sRGB, at most `longest_side` long; colours are converted after reducing."""
    longest_side = longest_side or max(image.size)
    size = reduced_size(image.size, longest_side)
    if size != image.size:
        # JPEG decodes at 1/2, 1/4 or 1/8 for less than a full one.
        width, height = (max(MIN_SIDE, int(side * DRAFT_SLACK)) for side in size)
        image.draft(image.mode, (width, height))
    flat = flattened(image)
    size = reduced_size(flat.size, longest_side)
    if size != flat.size:
        profile = flat.info.get("icc_profile")
        flat = flat.resize(size, Image.Resampling.BOX)
        flat.info["icc_profile"] = profile
    return _as_array(to_srgb(flat))


def _as_array(image: Image.Image) -> ColorImage:
    """The pixels (h, w, 3); band by band, as Pillow hands out all at once by way of two copies."""
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, BAND_ROWS):
        bottom = min(top + BAND_ROWS, image.height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, image.width, bottom)))
    return pixels
