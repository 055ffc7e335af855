"""SecondEye: what the eye that is not shown saw, and where in its picture things lie."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from stereopsis.scene.arrays import ColorImage, Pixels

Homography = Float[np.ndarray, "3 3"]


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

    def locate(self, shown: Pixels, relative: np.ndarray) -> Pixels:
        """Where in this picture lies what the photo shows, or hides, at these pixels (n, 2)."""
        rows = _moved(self.rows_from_shown, shown.astype(np.float64))
        rows[:, 0] -= self.far_px + relative * (self.near_px - self.far_px)
        found: Pixels = _moved(np.linalg.inv(self.rows_from_other), rows).astype(np.float32)
        return found

    def for_photo_scaled(self, factor: float) -> "SecondEye":
        """The same for a shown photo that is resized by this factor."""
        smaller = np.diag([1 / factor, 1 / factor, 1.0])
        return replace(self, rows_from_shown=self.rows_from_shown @ smaller)


def _moved(homography: Homography, pixels: np.ndarray) -> np.ndarray:
    moved = np.column_stack([pixels, np.ones(len(pixels))]) @ homography.T
    return np.asarray(moved[:, :2] / moved[:, 2:])
