"""Stage: all that a picture of a scene is traced from, as plain arrays."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from stereopsis.imagine.haystack.fields import Fields

MIDDLE = 0.45  # height of the subject's point that the camera looks at

Color = Float64[np.ndarray, " 3"]  # linear light


@dataclass(frozen=True)
class View:
    """A camera that looks at the middle of the subject, which stands on the origin, 1 high.

    Lengths in the picture are in its widths: `focal`, and where the subject's middle comes to lie,
    from the top left corner. `roll` and `pitch` (downwards) are in radians.
    """

    focal: float
    distance: float
    pitch: float
    roll: float
    subject_x: float
    subject_y: float

    def numbers(self) -> Float64[np.ndarray, " 9"]:
        """What the kernel reads: focal, centre, roll, sine and cosine of the pitch, position."""
        sine, cosine = np.sin(self.pitch), np.cos(self.pitch)
        return np.array([
            self.focal, self.subject_x, self.subject_y, self.roll, sine, cosine,
            0.0, MIDDLE + self.distance * sine, -self.distance * cosine,
        ])  # fmt: skip


@dataclass(frozen=True)
class Thing:
    """A solid that stands on the ground, turned by `yaw`, `size` high.

    `colors` are those of the slots; a `pattern` (0 none, 1 bands, 2 dots, 3 flames) of strength
    `amount` lies over the first. `gloss` is from 0, matt, to 1.
    """

    solid: int
    x: float
    z: float
    size: float
    yaw: float
    colors: Float64[np.ndarray, "3 3"]
    pattern: int
    amount: float
    gloss: float

    def numbers(self) -> Float64[np.ndarray, " 18"]:
        """What the kernel reads: place, size, cosine and sine, solid, surface, colours."""
        return np.concatenate([
            [self.x, self.z, self.size, np.cos(self.yaw), np.sin(self.yaw), self.solid],
            [self.pattern, self.amount, self.gloss], self.colors.ravel(),
        ])  # fmt: skip


@dataclass(frozen=True)
class Illumination:
    """A key light from a direction (unit, towards it) and light from all around.

    `spot` is the radius of its pool on the ground, 0 if it lights everything; `softness` of shadow
    edges from 0 to 1.
    """

    towards: Color
    key: Color
    zenith: Color
    horizon: Color
    spot: float
    softness: float

    def numbers(self) -> Float64[np.ndarray, " 14"]:
        """What the kernel reads, in the order of the fields."""
        rest = [self.spot, self.softness]
        return np.concatenate([self.towards, self.key, self.zenith, self.horizon, rest])


@dataclass(frozen=True)
class Surroundings:
    """Ground and backdrop: their kinds (noise.py, backdrop.py), two colours each, and mirroring.

    `wall` is how far behind the subject a wall stands; 0: none.
    """

    ground: int
    ground_colors: Float64[np.ndarray, "2 3"]
    backdrop: int
    backdrop_colors: Float64[np.ndarray, "2 3"]
    mirror: float
    wall: float

    def numbers(self) -> Float64[np.ndarray, " 16"]:
        """What the kernel reads."""
        return np.concatenate([
            [self.ground, self.backdrop, self.mirror, self.wall], self.ground_colors.ravel(),
            self.backdrop_colors.ravel(),
        ])  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """Everything before the camera; the first thing is the subject."""

    view: View
    things: tuple[Thing, ...]
    light: Illumination
    around: Surroundings


class World(NamedTuple):
    """A stage as the kernels read it, without its view: one row of `things` for each."""

    things: np.ndarray
    light: np.ndarray
    around: np.ndarray
    distances: np.ndarray
    slots: np.ndarray


def world_of(stage: Stage, fields: Fields) -> World:
    """The stage's numbers beside the fields of all solids."""
    things = np.stack([thing.numbers() for thing in stage.things])
    light, around = stage.light.numbers(), stage.around.numbers()
    return World(things, light, around, fields.distances, fields.slots)
