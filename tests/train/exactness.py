"""How far a pair is from its law: what the left eye sees at x the right eye sees at x - d."""

import cv2
import numpy as np


def seen_by_both(disparity: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Pixels of the left picture that the right one shows too, away from outlines."""
    height, width = disparity.shape
    column = np.arange(width, dtype=np.float32) - disparity
    rows = np.arange(height, dtype=np.float32)[:, None].repeat(width, 1)
    there = cv2.remap(np.ascontiguousarray(other), column, rows, cv2.INTER_NEAREST)
    both = (np.abs(there - disparity) < 0.75) & (column >= 1) & (column <= width - 2)
    return cv2.erode(both.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0


def warped(right: np.ndarray, disparity: np.ndarray) -> np.ndarray:
    """The right picture as the left eye sees it."""
    height, width = disparity.shape
    column = np.arange(width, dtype=np.float32) - disparity
    rows = np.arange(height, dtype=np.float32)[:, None].repeat(width, 1)
    return cv2.remap(np.ascontiguousarray(right), column.astype(np.float32), rows, cv2.INTER_CUBIC)


def unlike(left: np.ndarray, right: np.ndarray, disparity: np.ndarray, other: np.ndarray) -> float:
    """Grey levels by which nine tenths of the pixels that both eyes see differ at most."""
    both = seen_by_both(disparity, other)
    assert both.mean() > 0.02
    off = np.abs(warped(right, disparity).astype(float) - left)[both]
    return float(np.percentile(off, 90))
