"""View: a furnished world and where the camera stands in it; `draw` takes the picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64, Int32

from stereopsis.scene.arrays import InverseDepth
from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import Model, Vector, join, turn
from stereopsis.train.worlds.raster import rasterise
from stereopsis.train.worlds.shade import Light, shade
from stereopsis.train.worlds.shadow import Shadow, cast_shadow, no_shadow
from stereopsis.train.worlds.sky import Sky, paint_sky

SUPERSAMPLE = 2  # colour is drawn at so many samples along each side of a pixel


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


@dataclass(frozen=True)
class Drawing:
    """Colour (0..255, may exceed it), inverse depth (1/m, 0 is sky) and the face of each pixel."""

    image: Float32[np.ndarray, "h w 3"]
    inverse_depth: InverseDepth
    face: Int32[np.ndarray, "h w"]


def look_at(position: Vector, target: Vector) -> tuple[float, float]:
    """Yaw and pitch of a camera at `position` with `target` in the middle of its picture."""
    x, y, z = np.asarray(target) - position
    return float(np.arctan2(x, z)), float(np.arctan2(-y, np.hypot(x, z)))


def draw(
    view: View, texels: np.ndarray, size: tuple[int, int], light: Light, sky: Sky, shadows: bool
) -> Drawing:
    """The view at (width, height): colour averaged over samples, depth exact at pixel centres."""
    model = join([view.shell, view.things])
    camera = view.camera(*size)
    centers = rasterise(model, texels, camera)
    fine = view.camera(size[0] * SUPERSAMPLE, size[1] * SUPERSAMPLE)
    shadow = _shadow_of(view, texels, camera, light, centers.inverse_depth) if shadows else None
    hits = rasterise(model, texels, fine)
    image = shade(hits, model, texels, fine, light, shadow or no_shadow())
    seen_sky = hits.face < 0
    if seen_sky.any():
        painted = cv2.resize(paint_sky(sky, camera), image.shape[1::-1])
        image[seen_sky] = painted[seen_sky]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return Drawing(small, centers.inverse_depth.astype(np.float32), centers.face)


def _shadow_of(
    view: View,
    texels: np.ndarray,
    camera: Camera,
    light: Light,
    inverse_depth: Float64[np.ndarray, "h w"],
) -> Shadow | None:
    """A shadow map over what is seen nearby, which is where shadows are noticed."""
    rows, columns = np.nonzero(inverse_depth > 0)
    if len(rows) == 0:
        return None
    pixels = np.stack([columns + 0.5, rows + 0.5], 1).astype(np.float32)
    points = camera.unproject(pixels, inverse_depth[rows, columns].astype(np.float32))
    away = np.linalg.norm(points - view.position, axis=1)
    points = points[away <= 4 * np.median(away)]
    center = 0.5 * (points.min(0) + points.max(0)).astype(np.float64)
    radius = float(np.percentile(np.linalg.norm(points - center, axis=1), 99)) + 0.05
    return cast_shadow(view.things, texels, light.to_sun, center, radius)
