"""One picture file that holds what both eyes saw: a spatial photo, an MPO, or one side by side."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from stereopsis.errors import PhotoError
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.camera import Camera
from stereopsis.scene.input_file import read_input
from stereopsis.scene.photo import MIN_SIDE, Photo
from stereopsis.scene.photo_file import photo_in
from stereopsis.scene.picture_file import check_size, decoding, is_heic, open_picture

SQUEEZED_ASPECT = 16 / 9  # of a whole side-by-side picture: what 3D television sends

# How alike the eyes must be: 24 Middlebury pairs reach 0.7 and more, the two halves of 800 single
# photos, all but one, at most 0.56.
ALIKE = 0.6
ALIKE_WIDTH = 128  # px, to which both are reduced
BLOCKS = 5  # a side
SHIFT = 0.2  # of the width: the largest disparity looked for
DRIFT = 3  # px of the reduced picture: the largest vertical offset looked for

Eyes = tuple[Photo, Photo, str]


def read_both_eyes(path: str | Path, longest_side: int | None = None, turn: bool = True) -> Eyes:
    """The left and the right photo of one file, and a sentence that says how it held them.

    An Apple spatial photo (HEIC with a stereo pair) says itself which is left. Of an MPO, and of a
    HEIC with two pictures of one size and no more word, the first is the left one. Any other
    picture is taken as side by side, the left eye at the left; if its sides are as 16 to 9, as
    squeezed to half its width, and is stretched. Where the file does not say that it is a
    stereo pair, the two must be alike. `turn` is as for read_photo.

    Raises:
        PhotoError: the file cannot be read, or holds one eye only.
    """
    name = Path(path).name
    data = read_input(path, PhotoError)
    if is_heic(data):
        images, says_so = _heic_pictures(data, name)
    else:
        images, says_so = _mpo_pictures(data, name), False
    if len(images) == 2:
        left, right = (photo_in(image, name, longest_side, turn) for image in images)
        if says_so:
            return left, right, f"{name} is a spatial photo with both eyes."
        note = f"{name} holds two pictures; the first was taken for the left eye."
    else:
        left, right, note = _halves(photo_in(images[0], name, turn=turn), name)
    if likeness(left.pixels, right.pixels) < ALIKE:
        raise PhotoError(
            f"{name} holds one view, not those of two eyes.", "Name the left and the right picture."
        )
    if longest_side is not None:
        left, right = left.shrunk(longest_side), right.shrunk(longest_side)
    return left, right, note


def likeness(left: ColorImage, right: ColorImage) -> float:
    """How much two pictures show the same, 0..1, wherever exactly it lies along the rows.

    The median, over blocks with any texture, of the best correlation with the other picture in
    about the same rows; brightness and contrast do not count.
    """
    a, b = _texture(left), _texture(right)
    height, width = a.shape
    high, wide, reach = height // BLOCKS, width // BLOCKS, int(SHIFT * width)
    best = []
    for top in range(0, high * BLOCKS, high):
        for start in range(0, wide * BLOCKS, wide):
            block = a[top : top + high, start : start + wide]
            rows = slice(max(0, top - DRIFT), top + high + DRIFT)
            around = b[rows, max(0, start - reach) : start + wide + reach]
            if block.std() > 0.05:
                best.append(cv2.matchTemplate(around, block, cv2.TM_CCOEFF_NORMED).max())
    return float(np.median(best)) if best else 0.0


def _texture(image: ColorImage) -> np.ndarray:
    """Fine differences of grey, their contrast evened, without what whole rows have in common."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    height = max(MIN_SIDE, round(ALIKE_WIDTH * grey.shape[0] / grey.shape[1]))
    small = cv2.resize(grey, (ALIKE_WIDTH, height), interpolation=cv2.INTER_AREA)
    light = np.log1p(small.astype(np.float32))
    fine = light - np.asarray(cv2.GaussianBlur(light, (0, 0), ALIKE_WIDTH / 10))
    contrast = np.sqrt(np.asarray(cv2.GaussianBlur(fine * fine, (0, 0), ALIKE_WIDTH / 10)))
    evened = fine / (contrast + 0.05)
    return np.asarray(evened - evened.mean(axis=1, keepdims=True), np.float32)


def _heic_pictures(data: bytes, name: str) -> tuple[list[Image.Image], bool]:
    """The eyes' pictures, or the only one, and whether the file says that they are a pair."""
    import pillow_heif  # a tenth of a second, paid only by those who need it

    with decoding(name):
        container = pillow_heif.open_heif(data)
        groups = container.info.get("entity_groups", [])
        pairs = (group["images"] for group in groups if group["type"] == "ster")
        listed: list[int] = next(pairs, [])
        says_so = len(listed) == 2
        if not says_so:
            sizes = [picture.size for picture in container]
            listed = [i for i, size in enumerate(sizes) if size == container.size][:2]
        for i in listed:
            check_size(container[i].size, name)
        return [container[i].to_pillow() for i in listed], says_so


def _mpo_pictures(data: bytes, name: str) -> list[Image.Image]:
    """The first two full-size pictures of an MPO; of any other file the only one."""
    first = open_picture(data, name)
    for number in range(1, getattr(first, "n_frames", 1) if first.format == "MPO" else 1):
        other = open_picture(data, name)
        with decoding(name):
            other.seek(number)
        check_size(other.size, name)
        if other.size == first.size:
            return [first, other]
    return [first]


def _halves(photo: Photo, name: str) -> Eyes:
    """The left and the right half of a side-by-side picture."""
    height, width = photo.pixels.shape[:2]
    half = width // 2
    if half < MIN_SIDE or width < height:
        problem = f"{name} is {width} x {height} px, too narrow to hold two eyes side by side."
        raise PhotoError(problem, "Name the left and the right picture.")
    sides = [photo.pixels[:, :half], photo.pixels[:, width - half :]]
    note = f"{name} holds both eyes side by side."
    if abs(width / height / SQUEEZED_ASPECT - 1) < 0.01:
        sides = [cv2.resize(side, (2 * half, height)) for side in sides]
        note = f"{name} holds both eyes side by side, squeezed to half their width: stretched."
    left, right = (_photo_like(photo, np.ascontiguousarray(side)) for side in sides)
    return left, right, note


def _photo_like(whole: Photo, pixels: ColorImage) -> Photo:
    """One eye's photo; a focal length on a full frame holds for the eye, not for the two."""
    height, width = pixels.shape[:2]
    scale = np.hypot(width, height) / np.hypot(whole.camera.width, whole.camera.height)
    camera = Camera(width, height, whole.camera.focal_px * float(scale), (width / 2, height / 2))
    return Photo(pixels, camera, whole.focal_source)
