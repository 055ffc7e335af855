"""View: a furnished world and where the camera stands in it."""

from dataclasses import dataclass

import numpy as np

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import Model, Vector, turn


@dataclass(frozen=True)
class View:
    """Things, the shell around them (walls and ceiling, which cast no shadow), and a camera pose.

    `position` is in metres; angles are in radians as `turn` takes them, and
    `field_of_view` spans the picture's longer side.
    """

    things: Model
    shell: Model
    position: Vector
    yaw: float
    pitch: float
    roll: float
    field_of_view: float
    outdoors: bool

    def camera(self, width: int, height: int) -> Camera:
        """The camera with a picture of this size."""
        pose = np.eye(4)
        pose[:3, :3] = turn(self.yaw, self.pitch, self.roll).T
        pose[:3, 3] = -pose[:3, :3] @ self.position
        focal_px = 0.5 * max(width, height) / np.tan(self.field_of_view / 2)
        return Camera(width, height, focal_px, (width / 2, height / 2), pose.astype(np.float32))


def look_at(position: Vector, target: Vector) -> tuple[float, float]:
    """Yaw and pitch of a camera at `position` with `target` in the middle of its picture."""
    x, y, z = np.asarray(target) - position
    return float(np.arctan2(x, z)), float(np.arctan2(-y, np.hypot(x, z)))
