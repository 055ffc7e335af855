"""The sky: a gradient with clouds."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import Vector


@dataclass(frozen=True)
class Sky:
    """Colours (0..255) at the horizon and overhead, how quickly they change, and clouds."""

    horizon: Vector
    zenith: Vector
    steepness: float
    clouds: float  # 0 is a clear sky, 0.6 a covered one
    seed: int

    @classmethod
    def sampled(cls, rng: np.random.Generator) -> "Sky":
        """A sky between deep blue, overcast and dusk."""
        blue = np.array([rng.uniform(60, 150), rng.uniform(110, 185), rng.uniform(175, 245)])
        gray = np.full(3, rng.uniform(120, 235)) + rng.normal(0, 5, 3)
        warm = np.array([rng.uniform(200, 250), rng.uniform(140, 210), rng.uniform(100, 200)])
        haze = rng.uniform(0.3, 0.9)  # paler towards the horizon
        kind = rng.choice(3, p=[0.55, 0.3, 0.15])
        zenith = (blue, gray, blue * rng.uniform(0.4, 0.9))[kind]
        horizon = (blue + (225 - blue) * haze, gray * rng.uniform(0.85, 1.05), warm)[kind]
        clouds = rng.uniform(0.2, 0.6) if rng.random() < 0.6 else 0.0
        return cls(horizon, zenith, rng.uniform(0.4, 1.5), clouds, int(rng.integers(1 << 31)))


def paint_sky(sky: Sky, camera: Camera) -> Float32[np.ndarray, "h w 3"]:
    """The sky as the camera sees it, everywhere in the picture."""
    columns, rows = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    x = (columns - camera.center_px[0]) / camera.focal_px
    y = (rows - camera.center_px[1]) / camera.focal_px
    up = -camera.T_camera_from_scene[:3, 1].astype(np.float64)
    elevation = (up[0] * x + up[1] * y + up[2]) / np.sqrt(x * x + y * y + 1)
    share = np.clip(elevation, 0, 1)[..., None] ** sky.steepness
    color = sky.horizon + (sky.zenith - sky.horizon) * share
    if sky.clouds:
        cover = np.clip(_cloud_noise(sky.seed, camera.width, camera.height) * sky.clouds, 0, 1)
        color += (235 - color) * cover[..., None]
    return np.asarray(color, np.float32)


def _cloud_noise(seed: int, width: int, height: int) -> np.ndarray:
    """Noise of six octaves, mean 0, standard deviation 1."""
    rng = np.random.default_rng(seed)
    noise = np.zeros((height, width), np.float32)
    for octave in range(1, 7):
        cells = rng.random((2**octave, 2 ** (octave + 1)), dtype=np.float32)
        smooth = cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC)
        noise += np.asarray(smooth, np.float32) / 1.5**octave
    return np.asarray((noise - noise.mean()) / noise.std())
