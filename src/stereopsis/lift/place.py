"""Gives relative depth a size, and says from where the result may be looked at."""

import numpy as np

from stereopsis.errors import DepthError
from stereopsis.scene.arrays import InverseDepth
from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.depth import DepthMap

FAR_TO_NEAR = 0.25  # inverse depth of the far end when the near end is 1: four times as far
CLOSEST_STEP = 0.25  # of the distance to the near end that a viewer may move
LOWEST_SHARE = 0.5  # nothing lies farther than twice the far end
HIGHEST_SHARE = 2.0  # nor nearer than half-way to the near end, or one wrong blob hides a world


def place(
    depth: DepthMap, camera: Camera, parallax: float = 0.05, cone: ViewingCone | None = None
) -> tuple[InverseDepth, ViewingCone]:
    """Inverse depth in scene units (h, w) > 0 and the cone of viewpoints for it.

    Relative depth is laid between inverse depths of 0.25 (far) and 1 (near); metric depth keeps
    its metres. What is twice as far or as near as these ends, the 1st and the 99th percentile, is
    an outlier, and is brought in to there. At the rim of the cone the near end moves against the
    far end by `parallax` times the picture's long side, but nobody comes nearer than a quarter of
    the way to the near end. The window stands at the median depth, so that most of the picture
    rests. A given `cone` is kept as it is.

    Raises:
        DepthError: metric depth says that everything is infinitely far.
    """
    known = depth.inverse_depth[depth.valid]
    if depth.scale == "metric":
        far, near = (float(value) for value in np.percentile(known, [1, 99]))
        near = near if near > 0 else float(known.max())
        if near <= 0:
            raise DepthError(
                "The depth map says that everything is infinitely far.",
                "Give a map with something near, or leave it out to have depth estimated.",
            )
        scene = depth.inverse_depth
        lowest = max(LOWEST_SHARE * far, 1e-3 * near)
    else:
        far, near = FAR_TO_NEAR, 1.0
        scene = far + (near - far) * depth.inverse_depth
        lowest = LOWEST_SHARE * far
    scene = np.clip(scene, lowest, HIGHEST_SHARE * near).astype(np.float32)
    if cone is None:
        span = max(near - far, 1e-3 * near)
        radius = parallax * camera.long_side / (camera.focal_px * span)
        radius = min(radius, CLOSEST_STEP / near)
        cone = ViewingCone(radius=radius, window_depth=1.0 / float(np.median(scene[depth.valid])))
    return scene, cone


def relative_from_scene(inverse_depth: np.ndarray) -> np.ndarray:
    """The relative inverse depth (0 is far, 1 near) that place() laid at these scene units."""
    return np.asarray((inverse_depth - FAR_TO_NEAR) / (1.0 - FAR_TO_NEAR), np.float32)
