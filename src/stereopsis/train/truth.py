"""Development truth: pictures whose depth was measured, for judging and never for training."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from stereopsis.errors import DataError
from stereopsis.scene.arrays import ColorImage, InverseDepth, Mask
from stereopsis.train.pack import UNREADABLE

# Other exposures of a scene, one scene in two collections, and frames of one recording count as one
# when differences are tested: "set/name" -> the scene it shows.
TWINS = {
    "middlebury2014Q/MotorcycleE": "middlebury2014Q/Motorcycle",
    "middlebury2014Q/PianoL": "middlebury2014Q/Piano",
    "middlebury2014Q/PlaytableP": "middlebury2014Q/Playtable",
    "middlebury2003/Teddy": "middlebury2014Q/Teddy",
    "middlebury2005/Art": "middlebury2014Q/ArtL",
    "skimage/motorcycle": "middlebury2014Q/Motorcycle",
    "aria_adt/frame1": "aria_adt/frame0",
    "aria_adt/frame2": "aria_adt/frame0",
    "iclnuim/00005": "iclnuim/00000",
    "iclnuim/00010": "iclnuim/00000",
    "iclnuim/00015": "iclnuim/00000",
    "slambook2/ch5_rgbd_2": "slambook2/ch5_rgbd_1",
    "slambook2/ch5_rgbd_3": "slambook2/ch5_rgbd_1",
    "slambook2/ch5_rgbd_4": "slambook2/ch5_rgbd_1",
    "slambook2/ch5_rgbd_5": "slambook2/ch5_rgbd_1",
}


@dataclass(frozen=True)
class Truth:
    """A picture and its measured inverse depth (any unit, > 0 where `valid`, else 0)."""

    set: str
    name: str
    image: ColorImage
    inverse_depth: InverseDepth
    valid: Mask

    @property
    def scene(self) -> str:
        """What the picture shows; two pictures of one scene share it."""
        return TWINS.get(f"{self.set}/{self.name}", f"{self.set}/{self.name}")


def read_truths(folder: Path) -> list[Truth]:
    """All pictures with truth below the folder, set by set.

    Read are stereo/<set>/<name>/left.png with disp.npz (`disp` in pixels, which is inverse depth
    of unknown scale) and depth/<set>/<name>/image.png with depth.npz (`depth` in metres). What is
    not finite and positive is unknown. Pictures are shrunk to the size of their truth.

    Raises:
        DataError: there are none, or a file cannot be understood.
    """
    stereo = [(p, p.with_name("left.png"), "disp") for p in folder.glob("stereo/*/*/disp.npz")]
    depth = [(p, p.with_name("image.png"), "depth") for p in folder.glob("depth/*/*/depth.npz")]
    if not stereo and not depth:
        raise DataError(
            f"{folder} holds no truth.",
            "It needs stereo/<set>/<name>/left.png and disp.npz, or depth/<set>/<name>/image.png "
            "and depth.npz.",
        )
    return [_read_truth(*paths) for paths in sorted(stereo) + sorted(depth)]


def _read_truth(path: Path, image_path: Path, key: str) -> Truth:
    image = cv2.imread(str(image_path), cv2.IMREAD_COLOR)
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
            measured = archive[key].astype(np.float64)
    except UNREADABLE as error:
        raise DataError(f"{path} has no array `{key}`.", "Fetch the data set again.") from error
    if image is None:
        raise DataError(f"{image_path} cannot be read.", "Fetch the data set again.")
    valid = np.isfinite(measured) & (measured > 0)
    if not valid.any():
        raise DataError(f"{path} holds no known value.", "Leave this picture out.")
    if image.shape[:2] != measured.shape:
        image = cv2.resize(image, measured.shape[::-1], interpolation=cv2.INTER_AREA)
    known = np.where(valid, measured, 1.0)
    inverse_depth = np.where(valid, known if key == "disp" else 1 / known, 0).astype(np.float32)
    rgb = np.ascontiguousarray(image[:, :, ::-1])
    return Truth(path.parent.parent.name, path.parent.name, rgb, inverse_depth, valid)
