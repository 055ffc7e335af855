"""The subject of a picture, told from its background by colour alone."""

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from stereopsis.scene.arrays import ColorImage

BORDER = 0.06  # of the side: whose colours are those of the background
LEAST_CONTRAST = 8.0  # in Lab: below, nothing stands out


def subject_mask(picture: ColorImage) -> Bool[np.ndarray, "h w"]:
    """Where the colour is unlike that of the border; all of it where nothing stands out.

    The threshold between both is Otsu's. A subject that fills the border is not found.
    """
    off = border_distance(picture)
    top = float(np.percentile(off, 99))
    if top < LEAST_CONTRAST:
        return np.ones(off.shape, bool)
    levels = np.asarray(np.clip(255 * off / top, 0, 255), np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return np.asarray(levels > threshold)


def border_distance(picture: ColorImage) -> Float32[np.ndarray, "h w"]:
    """How far in Lab each pixel's colour is from the median colour of the border."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    middle = np.median(lab[border_mask(picture)], axis=0)
    return np.asarray(np.linalg.norm(lab - middle, axis=2), np.float32)


def border_mask(picture: ColorImage) -> Bool[np.ndarray, "h w"]:
    """The frame of pixels along the edges."""
    height, width = picture.shape[:2]
    deep = max(1, round(BORDER * min(height, width)))
    mask = np.ones((height, width), bool)
    mask[deep : height - deep, deep : width - deep] = False
    return mask
