"""Camera: the one place that says where axes point and where pixels lie."""

from dataclasses import dataclass, field, replace

import numpy as np

from stereopsis.scene.arrays import Pixels, Points, Transform

FULL_FRAME_DIAGONAL_MM = 43.2666  # a 36 x 24 mm frame
DEFAULT_FOCAL_35MM = 28.0  # the main camera of most phones lies between 24 and 28 mm


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: x right, y down, z forward, the first pixel's centre at (0.5, 0.5).

    Lengths are pixels in the picture and scene units (metres if the depth is metric) in space.
    """

    width: int
    height: int
    focal_px: float
    center_px: tuple[float, float]
    T_camera_from_scene: Transform = field(default_factory=lambda: np.eye(4, dtype=np.float32))

    def __post_init__(self) -> None:
        assert self.width > 0 and self.height > 0 and self.focal_px > 0

    @classmethod
    def from_focal_35mm(
        cls, width: int, height: int, focal_35mm: float = DEFAULT_FOCAL_35MM
    ) -> "Camera":
        """A centred camera whose lens has this focal length on a full frame of equal diagonal."""
        focal_px = focal_35mm * float(np.hypot(width, height)) / FULL_FRAME_DIAGONAL_MM
        return cls(width, height, focal_px, (width / 2, height / 2))

    @property
    def long_side(self) -> int:
        """The longer side in pixels."""
        return max(self.width, self.height)

    def project(self, points: Points) -> tuple[Pixels, np.ndarray]:
        """Pixel positions of scene points, and which of them lie in front of the camera."""
        rotation, translation = self.T_camera_from_scene[:3, :3], self.T_camera_from_scene[:3, 3]
        seen = points @ rotation.T + translation
        in_front = seen[:, 2] > 1e-6
        depth = np.where(in_front, seen[:, 2], 1.0)
        pixels = seen[:, :2] * (self.focal_px / depth)[:, None] + np.array(
            self.center_px, np.float32
        )
        return pixels.astype(np.float32), in_front

    def unproject(self, pixels: Pixels, inverse_depth: np.ndarray) -> Points:
        """Scene points (n, 3) seen at these pixels (n, 2) with these inverse depths (n,) > 0."""
        depth = 1.0 / inverse_depth
        rays = (pixels - np.array(self.center_px, np.float32)) / np.float32(self.focal_px)
        seen = np.column_stack([rays * depth[:, None], depth])
        rotation, translation = self.T_camera_from_scene[:3, :3], self.T_camera_from_scene[:3, 3]
        points: Points = ((seen - translation) @ rotation).astype(np.float32)
        return points

    def resized(self, width: int, height: int) -> "Camera":
        """The same camera with its picture resampled to (width, height), aspect about kept."""
        sx, sy = width / self.width, height / self.height
        return replace(
            self,
            width=width,
            height=height,
            focal_px=self.focal_px * (sx * sy) ** 0.5,
            center_px=(self.center_px[0] * sx, self.center_px[1] * sy),
        )

    def cropped(self, left: int, top: int, width: int, height: int) -> "Camera":
        """The same camera with only this rectangle of its picture."""
        center_px = (self.center_px[0] - left, self.center_px[1] - top)
        return replace(self, width=width, height=height, center_px=center_px)

    def through_window(self, offset: tuple[float, float, float], window_depth: float) -> "Camera":
        """The camera moved by `offset` (scene units) while the picture stays a window.

        The plane at `window_depth` keeps its place and size in the picture: the lens shifts and
        zooms against the movement (an off-axis projection), so only parallax is left.
        """
        dx, dy, dz = offset
        assert dz < window_depth
        zoom = (window_depth - dz) / window_depth
        shift_px = (self.focal_px * dx / window_depth, self.focal_px * dy / window_depth)
        center_px = (self.center_px[0] + shift_px[0], self.center_px[1] + shift_px[1])
        moved = replace(self.moved(offset), center_px=center_px)
        return replace(moved, focal_px=self.focal_px * zoom)

    def moved(self, offset: tuple[float, float, float]) -> "Camera":
        """The camera moved by `offset` (scene units, along its own axes), looking as before."""
        T_moved_from_camera = np.eye(4, dtype=np.float32)
        T_moved_from_camera[:3, 3] = -np.array(offset, np.float32)
        return replace(self, T_camera_from_scene=T_moved_from_camera @ self.T_camera_from_scene)


@dataclass(frozen=True)
class ViewingCone:
    """Where a viewer may stand: within `radius` of the photo's own viewpoint.

    The viewer looks through a window at depth `window_depth`, which never moves in the picture
    (Camera.through_window). Both are scene units. What a surface of inverse depth w moves by, at
    the rim of the cone, is focal_px * radius * (w - 1 / window_depth) pixels.
    """

    radius: float
    window_depth: float

    def __post_init__(self) -> None:
        assert self.radius > 0 and self.window_depth > 0

    def shift_px(self, camera: Camera, inverse_depth: np.ndarray) -> np.ndarray:
        """How far each pixel moves at the rim, in the camera's pixels, nearer is positive."""
        return camera.focal_px * self.radius * (inverse_depth - 1.0 / self.window_depth)
