"""Lens: where a real lens draws the rays that reach it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Bool

from stereopsis.scene.arrays import Pixels, Points

LensModel = Literal["pinhole", "rational", "fisheye", "fisheye624"]

# How many coefficients each model takes.
COEFFICIENTS: dict[LensModel, tuple[int, ...]] = {
    "pinhole": (0,),
    "rational": (4, 5, 8, 12, 14),
    "fisheye": (4,),
    "fisheye624": (12,),
}
WIDEST_DEGREES = 89.0  # from the axis: no model is defined behind the lens
FAR_PX = 1e7  # pixels of rays that no lens draws may lie anywhere
AZIMUTHS = 16
ANGLES = 300


@dataclass(frozen=True)
class Lens:
    """Where a lens draws the rays that reach it, for pictures of one size.

    `focal_px` and `center_px` are (x, y) in pixels, the first pixel's centre at (0.5, 0.5).
    `coefficients` are those of the model: none for `pinhole`; k1 k2 p1 p2 k3 k4 k5 k6 (as many as
    OpenCV takes: 4, 5, 8, 12 or 14) for `rational`; k1..k4 for `fisheye`, OpenCV's; k0..k5 p0 p1
    s0..s3 for `fisheye624`, Project Aria's.
    """

    model: LensModel
    width: int
    height: int
    focal_px: tuple[float, float]
    center_px: tuple[float, float]
    coefficients: tuple[float, ...] = ()

    def project(self, points: Points) -> tuple[Pixels, Bool[np.ndarray, " n"]]:
        """Where the lens draws these points (along its own axes), and which of them it can draw.

        It can draw what lies within its `reach`, be it inside the picture or not; the pixels of
        other points mean nothing.
        """
        x, y, z = points.astype(np.float64).T
        angle = np.arctan2(np.hypot(x, y), z)
        drawn = angle < self.reach
        image = _IMAGES[self.model](_forward(points), np.array(self.coefficients))
        pixels = image * self.focal_px + self.center_px
        return np.nan_to_num(pixels).clip(-FAR_PX, FAR_PX).astype(np.float32), drawn

    @cached_property
    def reach(self) -> float:
        """The angle from the axis (radians) up to which a steeper ray is drawn further out.

        Beyond it the polynomials of the model turn back, and would draw a second, false picture.
        """
        angles = np.radians(np.linspace(0.0, WIDEST_DEGREES, ANGLES))
        around = np.linspace(0.0, 2 * np.pi, AZIMUTHS, endpoint=False)
        angle, azimuth = np.meshgrid(angles, around, indexing="ij")
        rays = np.stack(
            [np.sin(angle) * np.cos(azimuth), np.sin(angle) * np.sin(azimuth), np.cos(angle)], -1
        )
        with np.errstate(all="ignore"):
            image = _IMAGES[self.model](rays.reshape(-1, 3), np.array(self.coefficients))
            radius = np.linalg.norm(image.reshape(ANGLES, AZIMUTHS, 2), axis=2)
            grows = (np.diff(radius, axis=0) > 0).all(axis=1)
        return float(angles[-1] if grows.all() else angles[np.argmin(grows)])

    def resized(self, width: int, height: int) -> "Lens":
        """The same lens with its pictures resampled to (width, height)."""
        sx, sy = width / self.width, height / self.height
        return replace(
            self,
            width=width,
            height=height,
            focal_px=(self.focal_px[0] * sx, self.focal_px[1] * sy),
            center_px=(self.center_px[0] * sx, self.center_px[1] * sy),
        )


def _forward(points: np.ndarray) -> np.ndarray:
    """The points in double precision; those at the lens's very centre moved in front of it."""
    points = points.astype(np.float64)
    points[~points.any(axis=1)] = (0.0, 0.0, 1.0)
    return points


def _pinhole(points: np.ndarray, _: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        image: np.ndarray = points[:, :2] / points[:, 2:]
    return image


def _rational(points: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    still = np.zeros(3)
    image, _ = cv2.projectPoints(points[:, None], still, still, np.eye(3), coefficients)
    return np.asarray(image).reshape(-1, 2)


def _fisheye(points: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    still = np.zeros(3)
    image, _ = cv2.fisheye.projectPoints(points[:, None], still, still, np.eye(3), coefficients)
    return np.asarray(image).reshape(-1, 2)


def _fisheye624(points: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """The FISHEYE624 model of Project Aria: 6 radial, 2 tangential and 4 thin-prism coefficients.

    Source: the documentation of Project Aria Tools, "Camera intrinsic models" (2022).
    """
    radial, tangential, prism = coefficients[:6], coefficients[6:8], coefficients[8:]
    across = np.hypot(points[:, 0], points[:, 1])
    angle = np.arctan2(across, points[:, 2])
    bent = angle * np.polyval([*radial[::-1], 1.0], angle**2)
    image = points[:, :2] * (bent / np.maximum(across, 1e-300))[:, None]
    square = (image**2).sum(axis=1)[:, None]
    bend = 2 * (image @ tangential)[:, None] * image + square * tangential
    return np.asarray(image + bend + square * prism[[0, 2]] + square**2 * prism[[1, 3]])


_IMAGES: dict[LensModel, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "pinhole": _pinhole,
    "rational": _rational,
    "fisheye": _fisheye,
    "fisheye624": _fisheye624,
}
