"""Stereo pairs from files: two pictures or one with both eyes, and the rig that took them."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from stereopsis.errors import OptionError, PhotoError, RigError
from stereopsis.scene.both_eyes import read_both_eyes
from stereopsis.scene.photo import Photo
from stereopsis.scene.photo_file import read_photo
from stereopsis.scene.rig import Eye, Rig
from stereopsis.scene.rig_check import check_rig
from stereopsis.scene.rig_file import read_rig
from stereopsis.scene.stereo import StereoPair

ASPECT_TOLERANCE = 0.01
EYES = ("left", "right")
PANORAMA = 2.5  # times as wide as high: no single lens draws that


def read_stereo(
    left: str | Path,
    right: str | Path | None = None,
    rig: Rig | str | Path | None = None,
    *,
    shown: Eye | None = None,
    longest_side: int | None = None,
) -> StereoPair:
    """The pair in two picture files, or in one that holds both eyes (see read_both_eyes).

    `rig` is the factory calibration, or the file it is in (see read_rig): then the pictures are
    raw, not turned as EXIF asks, and its lenses are scaled to their size. Without one the two
    come out equally large: the larger is reduced to the smaller. A focal length that only one of
    them knows from EXIF holds for both. The eye to be shown is `shown`, else what the rig says,
    else the left one. `longest_side` reduces each picture as read_photo does. What was mended is
    told in `notes`.

    Raises:
        PhotoError: a picture cannot be read, the two differ in aspect by over 1 %, or one file
            holds one eye only.
        RigError: the rig cannot be read, is impossible, or is for pictures of another aspect.
        OptionError: `shown` is no eye, or `rig` no rig.
    """
    if shown not in (None, "left", "right"):
        raise OptionError(f"There is no {shown!r} eye to show.", "Show the left or the right one.")
    if not isinstance(rig, Rig | str | Path | None):
        raise OptionError("The rig is neither a Rig nor a path.", "Give what read_rig returns.")
    # A rig speaks of whole pictures, so that they are reduced only after it was fitted to them.
    raw = rig is not None
    first, second, names, notes = _pictures(left, right, None if raw else longest_side, not raw)
    if rig is None:
        first, second, resizing = _equally_large(first, second, names)
        first, second, focal = _with_one_focal(first, second)
        notes += resizing + focal
    else:
        rig = _fitted(rig, first, second, names)
        if longest_side is not None:
            first, second = first.shrunk(longest_side), second.shrunk(longest_side)
            rig = _resized(rig, first, second)
        shown = shown or rig.shown
    notes += _on_panorama(first)
    return StereoPair(first, second, shown or "left", rig, notes)


def _pictures(
    left: str | Path, right: str | Path | None, longest_side: int | None, turn: bool
) -> tuple[Photo, Photo, list[str], tuple[str, ...]]:
    """Both photos, what errors call them, and how one file held them."""
    if right is not None:
        first, second = (
            read_photo(path, longest_side=longest_side, turn=turn) for path in (left, right)
        )
        names = [Path(left).name, Path(right).name]
        if names[0] == names[1]:
            names = [f"The {eye} picture" for eye in EYES]
        return first, second, names, ()
    first, second, note = read_both_eyes(left, longest_side, turn)
    names = [f"The {eye} picture of {Path(left).name}" for eye in EYES]
    return first, second, names, (note,)


def _equally_large(
    left: Photo, right: Photo, names: list[str]
) -> tuple[Photo, Photo, tuple[str, ...]]:
    """Both photos at the size of the smaller one, and what was done in words."""
    left_size, right_size = _size(left), _size(right)
    if left_size == right_size:
        return left, right, ()
    if not _same_aspect(left_size, right_size):
        second = names[1].replace("The right picture", "the right one")
        raise PhotoError(
            f"{names[0]} is {_times(left_size)} px, {second} {_times(right_size)}.",
            "Crop both in the same way, or turn the one that lies on its side.",
        )
    size = min(left_size, right_size)
    large = names[left_size == size]
    note = f"{large} was reduced to the {_times(size)} px of the other picture."
    return _reduced(left, size), _reduced(right, size), (note,)


def _reduced(photo: Photo, size: tuple[int, int]) -> Photo:
    if _size(photo) == size:
        return photo
    pixels = np.asarray(cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return replace(photo, pixels=pixels, camera=photo.camera.resized(*size))


def _fitted(rig: Rig | str | Path, left: Photo, right: Photo, names: list[str]) -> Rig:
    """The rig with its lenses scaled to the pictures."""
    if isinstance(rig, Rig):
        rig_name = "the rig"
        check_rig(rig, rig_name)
    else:
        rig_name = Path(rig).name
        rig = read_rig(rig, _size(left))
    for lens, photo, name in ((rig.left, left, names[0]), (rig.right, right, names[1])):
        size = _size(photo)
        if not _same_aspect(size, (lens.width, lens.height)):
            made_for = _times((lens.width, lens.height))
            problem = f"{name} is {_times(size)} px; {rig_name} is for {made_for} px."
            mend = "Name the raw picture, neither cropped nor turned, or another rig."
            raise RigError(problem, mend)
    return _resized(rig, left, right)


def _resized(rig: Rig, left: Photo, right: Photo) -> Rig:
    left_lens, right_lens = rig.left.resized(*_size(left)), rig.right.resized(*_size(right))
    return replace(rig, left=left_lens, right=right_lens)


def _with_one_focal(left: Photo, right: Photo) -> tuple[Photo, Photo, tuple[str, ...]]:
    """Both photos with the focal length that one of them knows, and that in words."""
    if left.focal_source == right.focal_source:
        return left, right, ()
    if left.focal_source == "exif":
        note = "The right picture does not tell its focal length; the left one's was taken."
        return left, _with_focal_of(left, right), (note,)
    note = "The left picture does not tell its focal length; the right one's was taken."
    return _with_focal_of(right, left), right, (note,)


def _with_focal_of(source: Photo, photo: Photo) -> Photo:
    focal_px = source.camera.resized(*_size(photo)).focal_px
    camera = replace(photo.camera, focal_px=focal_px)
    return replace(photo, camera=camera, focal_source=source.focal_source)


def _on_panorama(photo: Photo) -> tuple[str, ...]:
    width, height = _size(photo)
    if width <= PANORAMA * height:
        return ()
    times = width / height
    return (f"The pictures are {times:.1f} times as wide as high: depth in panoramas is bent.",)


def _same_aspect(size: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether the aspects agree within 1 %, or as far as sides of whole pixels can."""
    (width, height), (other_width, other_height) = size, other
    off = abs(width * other_height - other_width * height)
    slack = max(ASPECT_TOLERANCE, 1 / min(*size, *other))
    return off <= slack * max(width * other_height, other_width * height)


def _size(photo: Photo) -> tuple[int, int]:
    return photo.camera.width, photo.camera.height


def _times(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
