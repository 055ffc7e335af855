"""SecondEye: what the eye that is not shown saw, and where in its picture things lie."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from stereopsis.scene.arrays import ColorImage, Homography, Pixels


@dataclass(frozen=True)
class SecondEye:
    """The other eye's picture (h, w, 3), and how the shown photo's pixels lie in it.

    The homographies bring pixels of the shown photo, and of this picture, to the rows that both
    eyes share. There what has relative inverse depth r (0 is far, 1 near: see DepthMap) lies
    `far_px` + r (`near_px` - `far_px`) further left in this picture than in the shown one; to the
    right where that is negative, as it is if the right eye is shown.
    """

    pixels: ColorImage
    rows_from_shown: Homography
    rows_from_other: Homography
    far_px: float
    near_px: float

    @property
    def other_from_shown(self) -> tuple[Homography, Homography]:
        """Two matrices A and B: what the photo shows, or hides, at p lies at (A + r B) p here.

        Here p is (x, y, 1), r its relative inverse depth, and the result homogeneous as well.
        """
        other_from_rows = np.linalg.inv(self.rows_from_other)
        left = np.outer(other_from_rows[:, 0], self.rows_from_shown[2])
        straight = other_from_rows @ self.rows_from_shown
        return straight - self.far_px * left, (self.far_px - self.near_px) * left

    def locate(self, shown: Pixels, relative: np.ndarray) -> Pixels:
        """Where in this picture lies what is at these pixels (n, 2) of the shown photo.

        `relative` (n,) is its relative inverse depth. What lies on a homography's horizon is
        infinitely far away, or nowhere (NaN).
        """
        at_far, per_unit = self.other_from_shown
        p = np.column_stack([shown, np.ones(len(shown))])
        found = p @ at_far.T + relative[:, None] * (p @ per_unit.T)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(found[:, :2] / found[:, 2:], np.float32)

    def for_photo_scaled(self, factor: float) -> "SecondEye":
        """The same for a shown photo that is resized by this factor."""
        smaller = np.diag([1 / factor, 1 / factor, 1.0])
        return replace(self, rows_from_shown=self.rows_from_shown @ smaller)

    def shrunk(self, factor: float) -> "SecondEye":
        """The same with this picture resized by about this factor, averaging; never enlarged."""
        if factor >= 1.0:
            return self
        height, width = self.pixels.shape[:2]
        size = (max(1, round(factor * width)), max(1, round(factor * height)))
        pixels = np.asarray(cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA))
        larger = np.diag([width / size[0], height / size[1], 1.0])
        return replace(self, pixels=pixels, rows_from_other=self.rows_from_other @ larger)
