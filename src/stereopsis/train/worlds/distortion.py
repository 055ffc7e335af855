"""Distortion: straight lines that a lens bends, picture and depth alike."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

FloatImage = Float32[np.ndarray, "h w 3"]


@dataclass(frozen=True)
class Distortion:
    """Radial distortion: negative `bend` makes barrels, positive pincushions, 0 nothing.

    What is seen at r (in half diagonals from the middle) lies at r (1 - bend (r^2 - 1)) / most
    in the undistorted picture, where `most` keeps all of it within.
    """

    bend: float

    @classmethod
    def sampled(cls, rng: np.random.Generator) -> "Distortion":
        """From a strong wide lens to a slight pincushion."""
        return cls(float(rng.choice([rng.uniform(-0.3, -0.05), rng.uniform(-0.05, 0.06)])))

    def positions(self, size: tuple[int, int]) -> Float32[np.ndarray, "h w 2"]:
        """Where in the undistorted picture (x, y) each pixel's centre of this (w, h) lies."""
        width, height = size
        y, x = np.mgrid[0.5:height, 0.5:width]
        square = ((x - width / 2) ** 2 + (y - height / 2) ** 2) / (width**2 + height**2) * 4
        scale = 1 - self.bend * (square - 1)
        scale = scale / self._most(size)
        center = np.array([width / 2, height / 2])
        offset = np.stack([x, y], -1) - center
        return np.asarray(center + offset * scale[..., None], np.float32)

    def enlargement(self, size: tuple[int, int]) -> float:
        """How many times larger the middle of a picture of this (w, h) shows things."""
        return self._most(size) / (1 + self.bend)

    def _most(self, size: tuple[int, int]) -> float:
        """Pincushions reach farthest in the middle of the long sides, barrels in the corners."""
        side = min(size) ** 2 / (size[0] ** 2 + size[1] ** 2)
        return max(1.0, 1 - self.bend * (side - 1))
