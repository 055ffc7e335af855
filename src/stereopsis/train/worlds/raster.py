"""A z-buffer rasteriser: which triangle each pixel's centre sees, and its exact inverse depth."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int32
from numba import njit

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.model import Model
from stereopsis.train.worlds.texture import OPAQUE, SIDE

NEAR = 0.05  # metres; what is closer to the camera's plane is clipped away
ON_EDGE = 1e-9  # so that rounding leaves no crack between two triangles


@dataclass(frozen=True)
class Hits:
    """What each pixel's centre sees: a face (-1: nothing), inverse depth (1/m, 0: nothing), uv."""

    face: Int32[np.ndarray, "h w"]
    inverse_depth: Float64[np.ndarray, "h w"]
    uv: Float32[np.ndarray, "h w 2"]


def rasterise(
    model: Model,
    texels: np.ndarray,
    camera: Camera,
    near: float = NEAR,
    beyond: Float64[np.ndarray, "h w"] | None = None,
) -> Hits:
    """The nearest surface of the model through every pixel's centre.

    `texels` are the stacked textures; they decide where cut-out faces have holes. With `beyond`
    only surfaces of smaller inverse depth than each pixel's count.
    """
    shape = (camera.height, camera.width)
    hits = Hits(np.full(shape, -1, np.int32), np.zeros(shape), np.zeros((*shape, 2), np.float32))
    faces = (model.faces, model.uv, model.texture, model.cutout)
    lens = (camera.focal_px, *camera.center_px)
    seen = seen_from(camera, model.vertices)
    limit = np.zeros((0, 0)) if beyond is None else beyond
    _draw(seen, faces, texels, lens, near, (limit, hits.face, hits.inverse_depth, hits.uv))
    return hits


def seen_from(camera: Camera, points: np.ndarray) -> Float64[np.ndarray, "n 3"]:
    """Scene points in the camera's axes, in double precision for the sake of distant suns."""
    pose = camera.T_camera_from_scene.astype(np.float64)
    return np.asarray(points.astype(np.float64) @ pose[:3, :3].T + pose[:3, 3])


@njit(cache=True, nogil=True)
def _clip_near(seen, corners, corner_uv, near, polygon):  # type: ignore[no-untyped-def]
    """Writes the part of a triangle beyond the near plane as x, y, z, u, v; returns its corners."""
    count = 0
    for k in range(3):
        following = (k + 1) % 3
        a, b = corners[k], corners[following]
        za, zb = seen[a, 2], seen[b, 2]
        if za > near:
            for c in range(3):
                polygon[count, c] = seen[a, c]
            polygon[count, 3], polygon[count, 4] = corner_uv[k, 0], corner_uv[k, 1]
            count += 1
        if (za > near) != (zb > near):
            s = (near - za) / (zb - za)
            for c in range(3):
                polygon[count, c] = seen[a, c] + s * (seen[b, c] - seen[a, c])
            for c in range(2):
                start = corner_uv[k, c]
                polygon[count, 3 + c] = start + s * (corner_uv[following, c] - start)
            count += 1
    return count


@njit(cache=True, nogil=True)
def _is_outside(seen, corners, lens, size, near):  # type: ignore[no-untyped-def]
    """Whether a triangle lies wholly behind the camera or past one side of the picture."""
    focal, cx, cy = lens
    width, height = size
    behind, left, right, above, below = 0, 0, 0, 0, 0
    for k in range(3):
        x, y, z = seen[corners[k], 0], seen[corners[k], 1], seen[corners[k], 2]
        behind += z <= near
        left += x * focal < -cx * z
        right += x * focal > (width - cx) * z
        above += y * focal < -cy * z
        below += y * focal > (height - cy) * z
    return behind == 3 or left == 3 or right == 3 or above == 3 or below == 3


@njit(cache=True, nogil=True)
def _draw(seen, face_arrays, texels, lens, near, out):  # type: ignore[no-untyped-def]
    faces, uv, texture, cutout = face_arrays
    height, width = out[1].shape
    polygon = np.empty((4, 5))
    for t in range(len(faces)):
        if _is_outside(seen, faces[t], lens, (width, height), near):
            continue
        count = _clip_near(seen, faces[t], uv[t], near, polygon)
        for m in range(1, count - 1):
            corners = (polygon[0], polygon[m], polygon[m + 1])
            _draw_triangle(corners, t, cutout[t], texels[texture[t]], lens, out)


@njit(cache=True, nogil=True)
def _shorten(span, start, step, from_x):  # type: ignore[no-untyped-def]
    """The columns of a row without those where start + (x - from_x) * step is well below zero."""
    first, last = span
    if step == 0:
        return first, last
    zero = min(max(from_x - start / step, first - 2.0), last + 2.0)
    if step > 0:
        first = max(first, int(zero) - 1)
    else:
        last = min(last, int(zero) + 1)
    return first, last


@njit(cache=True, nogil=True)
def _draw_triangle(corners, index, cutout, texels, lens, out):  # type: ignore[no-untyped-def]
    """Draws one triangle in front of the near plane: 1/z, u/z and v/z are affine in the picture."""
    a, b, c = corners
    limit, out_face, out_inverse, out_uv = out
    is_limited = len(limit) > 0
    height, width = out_face.shape
    focal, center_x, center_y = lens
    az, bz, cz = 1 / a[2], 1 / b[2], 1 / c[2]
    ax, ay = a[0] * az * focal + center_x, a[1] * az * focal + center_y
    bx, by = b[0] * bz * focal + center_x, b[1] * bz * focal + center_y
    cx, cy = c[0] * cz * focal + center_x, c[1] * cz * focal + center_y
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if abs(area) < 1e-12:
        return
    first_x = int(max(0.0, np.floor(min(ax, bx, cx))))
    last_x = int(min(width - 1.0, np.ceil(max(ax, bx, cx))))
    first_y = int(max(0.0, np.floor(min(ay, by, cy))))
    last_y = int(min(height - 1.0, np.ceil(max(ay, by, cy))))
    step_1, step_2 = (cy - ay) / area, -(by - ay) / area
    for y in range(first_y, last_y + 1):
        dy = y + 0.5 - ay
        start_1, start_2 = -(cx - ax) * dy / area, (bx - ax) * dy / area
        span = (first_x, last_x)
        if last_x - first_x > 8:
            span = _shorten(span, start_1, step_1, ax)
            span = _shorten(span, start_2, step_2, ax)
            span = _shorten(span, 1 - start_1 - start_2, -step_1 - step_2, ax)
        for x in range(span[0], span[1] + 1):
            dx = x + 0.5 - ax
            w1, w2 = start_1 + dx * step_1, start_2 + dx * step_2
            w0 = 1.0 - w1 - w2
            if w0 < -ON_EDGE or w1 < -ON_EDGE or w2 < -ON_EDGE:
                continue
            inverse = w0 * az + w1 * bz + w2 * cz
            if inverse <= out_inverse[y, x] or (is_limited and inverse >= limit[y, x]):
                continue
            u = (w0 * az * a[3] + w1 * bz * b[3] + w2 * cz * c[3]) / inverse
            v = (w0 * az * a[4] + w1 * bz * b[4] + w2 * cz * c[4]) / inverse
            if cutout:
                column = int((u - np.floor(u)) * (SIDE - 0.01))
                row = int((v - np.floor(v)) * (SIDE - 0.01))
                if texels[row * SIDE + column, 3] < OPAQUE:
                    continue
            out_inverse[y, x] = inverse
            out_face[y, x] = index
            out_uv[y, x, 0], out_uv[y, x, 1] = u, v
