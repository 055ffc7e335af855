"""Light: a sun or a lamp, soft light from all around, and haze."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import Vector


@dataclass(frozen=True)
class Light:
    """Colours are factors on the texture's, 1 leaves it as it is; directions are in scene axes.

    `to_sun` is a unit vector; a `lamp` (a place in metres) shines in the sun's stead, as bright
    as it at `lamp_reach` metres. Light from around comes most from `to_soft` (a unit vector), by
    `softness` 0..0.5 less from across it. `fog` is 1/metres, `fog_color` 0..255. `spread` is how
    soft shadows are.
    """

    to_sun: Vector
    sun: Vector
    around: Vector
    fog: float
    fog_color: Vector
    to_soft: Vector
    softness: float = 0.2
    spread: float = 0.0
    lamp: Vector | None = None
    lamp_reach: float = 2.0

    @classmethod
    def sampled(cls, rng: np.random.Generator, fog_color: Vector, outdoors: bool) -> "Light":
        """Light between noon and dusk, warm sun with cool shade or the reverse."""
        height, azimuth = rng.uniform(0.3, 1.4), rng.uniform(0, 2 * np.pi)
        warmth = rng.normal(0, 0.08) * np.array([1, 0, -1])
        sun, around = rng.uniform(0.2, 0.9), rng.uniform(0.3, 0.75)
        fog = float(rng.choice([0, 0, 0.002, 0.006, 0.015])) if outdoors else 0.0
        soft_height = np.pi / 2 if outdoors else rng.uniform(-0.1, 1.2)
        return cls(
            _direction(height, azimuth),
            sun * (1 + warmth),
            around * (1 - 0.5 * warmth),
            fog,
            fog_color,
            _direction(soft_height, rng.uniform(0, 2 * np.pi)),
            rng.uniform(0.1, 0.25) if outdoors else rng.uniform(0.1, 0.4),
            float(rng.choice([0.0, 1.5, 4.0])),
        )

    def with_lamp(self, position: Vector, reach: float) -> "Light":
        """A lamp in the sun's stead."""
        return replace(self, lamp=position, lamp_reach=reach)

    def seen_from(self, camera: Camera) -> tuple[Float64[np.ndarray, "2 4"], float]:
        """The main light and the soft one in camera axes, and the lamp's reach.

        Each is a point in homogeneous coordinates: the last is 0 where light is parallel.
        """
        pose = camera.T_camera_from_scene.astype(np.float64)
        main = np.append(self.to_sun, 0) if self.lamp is None else np.append(self.lamp, 1)
        return np.stack([pose @ main, pose @ np.append(self.to_soft, 0)]), self.lamp_reach


def _direction(height: float, azimuth: float) -> Vector:
    """The unit vector at this angle above the horizon."""
    level = np.cos(height)
    return np.array([level * np.cos(azimuth), -np.sin(height), level * np.sin(azimuth)])
