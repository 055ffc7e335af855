"""Triangles cut at a plane in front of the camera, so that projection is safe."""

import numpy as np

from stereopsis.scene.arrays import Pixels, Points, Triangles


def clip_near(
    points: Points, faces: Triangles, uv: Pixels, near: float
) -> tuple[Points, Triangles, Pixels]:
    """The part of the triangles at depths of at least `near`, as points, faces and uv.

    `points` are in the camera's own axes. New corners come after the old ones, and neighbouring
    triangles cut the edge they share at exactly the same place.
    """
    ahead = points[:, 2] >= near
    count = np.count_nonzero(ahead[faces], axis=1)
    tips = _turned(faces[count == 1], ahead)  # the first corner is the one ahead
    stumps = _turned(faces[count == 2], ~ahead)  # the first corner is the one behind
    starts = np.concatenate([tips[:, 0], tips[:, 0], stumps[:, 1], stumps[:, 2]])
    ends = np.concatenate([tips[:, 1], tips[:, 2], stumps[:, 0], stumps[:, 0]])
    share = (points[starts, 2] - near) / (points[starts, 2] - points[ends, 2])
    cut_points = points[starts] + share[:, None] * (points[ends] - points[starts])
    cut_points[:, 2] = near
    cut_uv = uv[starts] + share[:, None] * (uv[ends] - uv[starts])
    new = np.arange(len(points), len(points) + len(starts), dtype=np.int32)
    tip_1, tip_2, stump_1, stump_2 = np.split(new, np.cumsum([len(tips), len(tips), len(stumps)]))
    clipped = [
        faces[count == 3],
        np.column_stack([tips[:, 0], tip_1, tip_2]),
        np.column_stack([stump_1, stumps[:, 1], stumps[:, 2]]),
        np.column_stack([stump_1, stumps[:, 2], stump_2]),
    ]
    return (
        np.concatenate([points, cut_points]).astype(np.float32),
        np.concatenate(clipped).astype(np.int32),
        np.concatenate([uv, cut_uv]).astype(np.float32),
    )


def _turned(faces: Triangles, chosen: np.ndarray) -> Triangles:
    """The same triangles, turned so that the first chosen corner comes first."""
    first = np.argmax(chosen[faces], axis=1) if len(faces) else np.zeros(0, np.int64)
    order = (first[:, None] + np.arange(3)) % 3
    return np.take_along_axis(faces, order, axis=1)
