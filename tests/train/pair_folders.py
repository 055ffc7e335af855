"""Folders of rectified pairs with measured disparity, as the evaluation reads them."""

from pathlib import Path

import cv2
import numpy as np

from tests.depth.two_planes import two_planes


def write_pair(folder: Path, right_truth: bool = False, seed: int = 0) -> Path:
    """A card before a wall; nothing is known of the first five rows."""
    seen = two_planes(seed)
    folder.mkdir(parents=True)
    for name, image in (("left", seen.left), ("right", seen.right)):
        cv2.imwrite(str(folder / f"{name}.png"), image[:, :, ::-1])
    disparity = seen.left_disparity.astype(np.float64)
    disparity[:5] = np.inf
    np.savez(folder / "disp.npz", disp=disparity)
    if right_truth:
        np.savez(folder / "disp_right.npz", disp=seen.right_disparity)
    return folder
