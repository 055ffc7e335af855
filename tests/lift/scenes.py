"""Small scenes whose layers are known, for tests of lifting."""

import numpy as np

from stereopsis.lift.cut import CutConfig, cut
from stereopsis.lift.grow import grow
from stereopsis.scene.layers import LayeredImage

HEIGHT, WIDTH = 96, 128
PARALLAX_PX = 24.0  # per unit of inverse depth
WINDOW = 0.5  # inverse depth that never moves
NEAR, FAR = 1.0, 0.25
RADIUS = 25
SHARP = CutConfig(smallest=4, shortest=4)
RED, GREEN, BLUE = (220, 30, 20), (30, 180, 60), (20, 40, 200)
FENCE = 1.8  # inverse depth


def disk() -> np.ndarray:
    """Which pixels (h, w) show the disk."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    return np.hypot(y - HEIGHT / 2, x - WIDTH / 2) < RADIUS


def disk_over_slope(tilt: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """A red disk before a green slope: colour (h, w, 3) and inverse depth (h, w)."""
    is_disk = disk()
    slope = FAR + tilt * np.linspace(0, 1, HEIGHT)[:, None] * np.ones(WIDTH)
    color = np.where(is_disk[..., None], RED, GREEN).astype(np.uint8)
    return color, np.where(is_disk, NEAR, slope).astype(np.float32)


def cut_disk() -> LayeredImage:
    return cut(*disk_over_slope(), PARALLAX_PX, config=SHARP)


def grown_disk() -> LayeredImage:
    return grow(cut_disk(), PARALLAX_PX, WINDOW)


def noise(seed: int, rows: int = 40, columns: int = 56) -> tuple[np.ndarray, np.ndarray]:
    """Random blobs at random depths: colour and inverse depth full of silhouettes."""
    generator = np.random.default_rng(seed)
    coarse = generator.uniform(0.2, 1.0, (rows // 8, columns // 8))
    blobs = np.kron(coarse, np.ones((8, 8))) + generator.normal(0, 0.01, (rows, columns))
    color = generator.integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    return color, np.maximum(blobs, 0.1).astype(np.float32)


def fence_before_person_before_wall() -> tuple[np.ndarray, np.ndarray]:
    """A blue bar before a red disk before a green wall: colour (h, w, 3) and inverse depth (h, w).

    The bar crosses the disk's rim, so both disk and wall go on behind it.
    """
    color, inverse_depth = disk_over_slope(0.0)
    bar = np.zeros((HEIGHT, WIDTH), np.bool_)
    bar[:, 64 + RADIUS - 12 : 64 + RADIUS - 4] = True
    color[bar], inverse_depth[bar] = BLUE, FENCE
    return color, inverse_depth
