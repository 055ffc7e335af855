"""Lenses of every model and rigs of them, for the tests."""

import numpy as np

from stereopsis.scene.lens import Lens, LensModel
from stereopsis.scene.rig import Rig

COEFFICIENTS: dict[LensModel, tuple[float, ...]] = {
    "pinhole": (),
    "rational": (-0.12, 0.03, 0.001, -0.002, -0.002),
    "fisheye": (-0.02, 0.004, -0.001, 0.0002),
    "fisheye624": (
        *(-0.025, 0.098, -0.067, 0.0095, 0.0023, -0.0006),
        *(0.0011, -0.0015, -0.0012, -0.0001, 0.0023, -0.0001),
    ),
}
FOCAL_PX = {"pinhole": 150.0, "rational": 150.0, "fisheye": 90.0, "fisheye624": 90.0}


def lens(model: LensModel = "pinhole", width: int = 160, height: int = 120, off: float = 0) -> Lens:
    """A lens a little out of centre; `off` moves its axis on (px)."""
    focal = FOCAL_PX[model] * width / 160
    center_px = (width / 2 + 1.5 + off, height / 2 - 0.75 - off)
    return Lens(model, width, height, (focal, focal * 1.01), center_px, COEFFICIENTS[model])


def rotation(x: float = 0, y: float = 0, z: float = 0) -> np.ndarray:
    """Turns (3, 3) about each axis in turn, by degrees."""
    out = np.eye(3)
    for axis, angle in enumerate(np.radians((x, y, z))):
        turn = np.eye(3)
        i, j = (axis + 1) % 3, (axis + 2) % 3
        turn[[i, j], [i, j]] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        out = turn @ out
    return out


def transform(turn: np.ndarray, right_eye: tuple[float, float, float]) -> np.ndarray:
    """T_right_from_left of a right lens turned like this that sits here in the left's axes."""
    out = np.eye(4)
    out[:3, :3] = turn
    out[:3, 3] = -turn @ np.array(right_eye)
    return out.astype(np.float32)


def rig(model: LensModel = "pinhole", turn: np.ndarray | None = None, size: int = 160) -> Rig:
    """Two lenses 64 mm apart, the right one turned."""
    turn = rotation(x=1, y=-2, z=1.5) if turn is None else turn
    left, right = (lens(model, size, size * 3 // 4, off) for off in (0, 1.0))
    return Rig(left, right, transform(turn, (0.064, 0.001, -0.002)))
