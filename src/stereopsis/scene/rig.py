"""Rig: two lenses on one frame, as the factory calibrated them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from stereopsis.scene.arrays import Transform
from stereopsis.scene.lens import Lens as Lens

Eye = Literal["left", "right"]


@dataclass(frozen=True)
class Rig:
    """A left and a right lens; T_right_from_left is in metres, the right eye at the right.

    Sensors may be mounted sideways: "right" is meant with the rig held upright. `shown` is the eye
    whose picture people see, if the rig says so.
    """

    left: Lens
    right: Lens
    T_right_from_left: Transform
    shown: Eye | None = None

    @property
    def baseline_m(self) -> float:
        """The distance between the eyes."""
        return float(np.linalg.norm(self.T_right_from_left[:3, 3].astype(np.float64)))

    @property
    def right_eye(self) -> np.ndarray:
        """Where the right lens sits (3,), in metres along the axes of the left one."""
        T = self.T_right_from_left.astype(np.float64)
        return np.asarray(-T[:3, :3].T @ T[:3, 3])
