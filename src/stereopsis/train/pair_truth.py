"""Development truth for two eyes: rectified pairs with measured disparity, only for judging."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from stereopsis.errors import DataError
from stereopsis.scene.arrays import ColorImage, InverseDepth, Mask
from stereopsis.train.pack import UNREADABLE
from stereopsis.train.truth import TWINS

NOT_RECTIFIED = "aria_"  # sets whose pairs are off their rows, as real glasses are
SAME_PLACE_PX = 1.0  # a point whose disparities in both eyes differ by less is seen by both


@dataclass(frozen=True)
class PairTruth:
    """A rectified pair with the disparity (px, > 0 where `valid`) of its left eye.

    `seen` marks the valid pixels that the right eye sees too; None if nobody knows.
    """

    set: str
    name: str
    left: ColorImage
    right: ColorImage
    disparity: InverseDepth
    valid: Mask
    seen: Mask | None

    @property
    def scene(self) -> str:
        """What the pair shows; two pairs of one scene share it."""
        return TWINS.get(f"{self.set}/{self.name}", f"{self.set}/{self.name}")


def read_pair_truths(folder: Path, rectified: bool = True) -> list[PairTruth]:
    """All pairs with truth below the folder: stereo/<set>/<name>/{left.png,right.png,disp.npz}.

    With `rectified` those of real glasses, which are off their rows, are left out. Who sees what
    is read from mask_nocc.png (255 is seen), or found from disp_right.npz.

    Raises:
        DataError: there are none, or a file cannot be understood.
    """
    paths = sorted(folder.glob("stereo/*/*/disp.npz"))
    if rectified:
        paths = [path for path in paths if not path.parent.parent.name.startswith(NOT_RECTIFIED)]
    if not paths:
        raise DataError(
            f"{folder} holds no pairs with truth.",
            "It needs stereo/<set>/<name>/ with left.png, right.png and disp.npz.",
        )
    return [_read(path.parent) for path in paths]


def read_picture(path: Path) -> ColorImage:
    """An RGB picture.

    Raises:
        DataError: it cannot be read.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise DataError(f"{path} cannot be read.", "Fetch the data set again.")
    return np.ascontiguousarray(image[:, :, ::-1])


def read_disparity(path: Path) -> np.ndarray:
    """The array `disp` (px) of an .npz file, as float64.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
            return np.asarray(archive["disp"], np.float64)
    except UNREADABLE as error:
        raise DataError(f"{path} has no array `disp`.", "Fetch the data set again.") from error


def _read(folder: Path) -> PairTruth:
    left, right = (read_picture(folder / name) for name in ("left.png", "right.png"))
    measured = read_disparity(folder / "disp.npz")
    valid = np.isfinite(measured) & (measured > 0)
    if not valid.any() or left.shape != right.shape or left.shape[:2] != measured.shape:
        raise DataError(f"{folder} holds no pair with its truth.", "Fetch the data set again.")
    disparity = np.where(valid, measured, 0).astype(np.float32)
    seen = _read_seen(folder, disparity, valid)
    return PairTruth(folder.parent.name, folder.name, left, right, disparity, valid, seen)


def _read_seen(folder: Path, disparity: InverseDepth, valid: Mask) -> Mask | None:
    if (folder / "mask_nocc.png").exists():
        mask = read_picture(folder / "mask_nocc.png")[:, :, 0]
        return np.asarray((mask == 255) & valid)
    if not (folder / "disp_right.npz").exists():
        return None
    other = read_disparity(folder / "disp_right.npz")
    column = np.rint(np.arange(disparity.shape[1]) - disparity).astype(int)
    inside = valid & (column >= 0)
    there = np.take_along_axis(other, np.maximum(column, 0), axis=1)
    return np.asarray(inside & (np.abs(there - disparity) <= SAME_PLACE_PX))
