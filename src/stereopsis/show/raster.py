"""Triangles to pixels: the inner loops of the renderer, each over one band of rows.

Scan conversion over spans. Where an edge crosses a row is worked out from the edge's own two ends,
upper end first, and a pixel belongs to the half-open span between two crossings that holds its
centre. Triangles that share an edge so agree to the last bit on who owns each pixel: no gap opens
between them. Every band sees the triangles in the same order, so bands do not change the picture.

Indices are unsigned on purpose: numba then leaves out its test for negative ones. A texel is one
uint32 (red in the low byte), so that two channels are weighed in one multiplication.
"""

import numpy as np
from jaxtyping import UInt32
from numba import njit

from stereopsis.scene.arrays import InverseDepth, Pixels, Points, Transform

FaceCorners = UInt32[np.ndarray, "m 3"]
FaceIndex = UInt32[np.ndarray, "h w"]
PackedColor = UInt32[np.ndarray, "h w"]
Surface = tuple[Points, FaceCorners, Pixels]  # corners on the screen, triangles, their uv
Places = tuple[np.ndarray, np.ndarray, np.ndarray]  # texel index, 256ths across, 256ths down

NOTHING = np.uint32(0xFFFFFFFF)  # the triangle of a pixel that no triangle covers
_LANES = np.uint32(0x00FF00FF)  # two 8-bit channels, each with 8 bits of room above
_LANE_HALVES = np.uint32(0x00800080)
_HIGH_BYTES = np.uint32(0xFF00FF00)
_WHOLE, _EIGHT, _NEXT = np.uint32(256), np.uint32(8), np.uint32(1)
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)


@njit(cache=True, nogil=True)
def project(
    vertices: Points,
    transform: Transform,
    focal_px: float,
    center_px: tuple[float, float],
    near: float,
    screen: Points,
) -> int:
    """Fills screen (n, 3) with x and y in pixels and inverse depth; counts the vertices too near.

    The row of a vertex nearer than `near` is 0 and means nothing.
    """
    too_near = 0
    for i in range(vertices.shape[0]):
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        depth = transform[2, 0] * x + transform[2, 1] * y + transform[2, 2] * z + transform[2, 3]
        if depth < near:
            too_near += 1
            screen[i] = 0.0
            continue
        right = transform[0, 0] * x + transform[0, 1] * y + transform[0, 2] * z + transform[0, 3]
        down = transform[1, 0] * x + transform[1, 1] * y + transform[1, 2] * z + transform[1, 3]
        screen[i, 0] = focal_px * right / depth + center_px[0]
        screen[i, 1] = focal_px * down / depth + center_px[1]
        screen[i, 2] = 1.0 / depth
    return too_near


@njit(cache=True, nogil=True)
def rasterise(
    screen: Points,
    faces: FaceCorners,
    top: int,
    bottom: int,
    inverse_depth: InverseDepth,
    face_index: FaceIndex,
) -> None:
    """Fills rows top..bottom of both pictures (h, w) with the nearest surface.

    `inverse_depth` holds its inverse depth, 0 where there is none; `face_index` its triangle, or
    NOTHING. Between equally near triangles the first stays.
    """
    low, high = np.float64(top), np.float64(bottom)
    inverse_depth[top:bottom] = 0.0
    face_index[top:bottom] = NOTHING
    for i in range(faces.shape[0]):
        face = np.uintp(i)
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        ya, yb, yc = np.float64(screen[a, 1]), np.float64(screen[b, 1]), np.float64(screen[c, 1])
        first_row = _first_pixel(min(ya, yb, yc), low, high)
        end_row = _first_pixel(max(ya, yb, yc), low, high)
        if first_row >= end_row:
            continue
        if yb < ya:
            a, ya, b, yb = b, yb, a, ya
        if yc < yb:
            b, yb, c, yc = c, yc, b, yb
            if yb < ya:
                a, ya, b, yb = b, yb, a, ya
        rows = (first_row, end_row)
        _fill(screen, (a, b, c), rows, np.uint32(i), inverse_depth, face_index)


@njit(inline="always")
def _first_pixel(edge: float, low: float, high: float) -> int:
    """The first pixel of low..high whose centre lies at or beyond `edge`."""
    return int(np.ceil(min(max(edge - 0.5, low), high)))


@njit(inline="always")
def _fill(
    screen: Points,
    corners: tuple[int, int, int],
    rows: tuple[int, int],
    face: np.uint32,
    inverse_depth: InverseDepth,
    face_index: FaceIndex,
) -> None:
    """Draws some rows of the triangle whose corners run downwards."""
    a, b, c = corners
    xa, ya, wa = np.float64(screen[a, 0]), np.float64(screen[a, 1]), np.float64(screen[a, 2])
    xb, yb, wb = np.float64(screen[b, 0]), np.float64(screen[b, 1]), np.float64(screen[b, 2])
    xc, yc, wc = np.float64(screen[c, 0]), np.float64(screen[c, 1]), np.float64(screen[c, 2])
    area = (xb - xa) * (yc - ya) - (yb - ya) * (xc - xa)
    scale = 1.0 / area if area != 0.0 else 0.0
    w_per_x = ((wb - wa) * (yc - ya) - (wc - wa) * (yb - ya)) * scale
    w_per_y = ((wc - wa) * (xb - xa) - (wb - wa) * (xc - xa)) * scale
    w_low, w_high = min(wa, wb, wc), max(wa, wb, wc)  # slivers must not leave their own range
    long_slope = (xc - xa) / (yc - ya)
    upper_slope = (xb - xa) / (yb - ya) if yb > ya else 0.0
    lower_slope = (xc - xb) / (yc - yb) if yc > yb else 0.0
    width = np.float64(inverse_depth.shape[1])
    for row in range(rows[0], rows[1]):
        y = row + 0.5
        long_x = xa + (y - ya) * long_slope
        short_x = xa + (y - ya) * upper_slope if y < yb else xb + (y - yb) * lower_slope
        first = _first_pixel(min(long_x, short_x), 0.0, width)
        end = _first_pixel(max(long_x, short_x), 0.0, width)
        w_row = wa + (y - ya) * w_per_y + (0.5 - xa) * w_per_x
        nearest, owner = inverse_depth[np.uintp(row)], face_index[np.uintp(row)]
        for x in range(first, end):
            w = np.float32(min(max(w_row + x * w_per_x, w_low), w_high))
            pixel = np.uintp(x)
            if w > nearest[pixel]:
                nearest[pixel] = w
                owner[pixel] = face


@njit(cache=True, nogil=True)
def shade(
    surface: Surface,
    texels: PackedColor,
    face_index: FaceIndex,
    top: int,
    bottom: int,
    color: PackedColor,
) -> None:
    """Fills rows top..bottom of color (h, w), packed like the texels (th, tw); 0 where NOTHING.

    Texture coordinates are interpolated in perspective, texels bilinearly in steps of 1/256.
    """
    width = color.shape[1]
    texel, across = np.zeros(width, np.uint32), np.zeros(width, np.uint32)
    places = (texel, across, np.zeros(width, np.uint32))
    for row in range(top, bottom):
        owner = face_index[row]
        _find_texels(surface, texels.shape, row, owner, places)
        _blend_texels(texels, places, color[row])
        for x in range(width):
            if owner[x] == NOTHING:
                color[row, x] = 0


@njit(cache=True, nogil=True)
def _find_texels(
    surface: Surface,
    texture_shape: tuple[int, int],
    row: int,
    owner: np.ndarray,
    places: Places,
) -> None:
    """Where each pixel of a row falls in the texture: upper left texel, and 256ths beyond it."""
    screen, faces, uv = surface
    texel, across, down = places
    texture_width = np.int32(texture_shape[1])
    u_scale, v_scale = np.float32(texture_shape[1]), np.float32(texture_shape[0])
    # The greatest that keep the right and lower neighbour inside the texture, however large it is.
    u_most, v_most = np.nextafter(u_scale - _ONE, _ZERO), np.nextafter(v_scale - _ONE, _ZERO)
    last = NOTHING
    for x in range(owner.shape[0]):
        pixel = np.uintp(x)
        face = owner[pixel]
        if face == NOTHING:
            continue
        if face != last:
            last = face
            a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
            xa, ya = screen[a, 0], screen[a, 1]
            bx, by = screen[b, 0] - xa, screen[b, 1] - ya
            cx, cy = screen[c, 0] - xa, screen[c, 1] - ya
            area = bx * cy - by * cx
            scale = _ONE / area if area != _ZERO else _ZERO
            wa, ua, va = screen[a, 2], uv[a, 0], uv[a, 1]
            wb, ub, vb = screen[b, 2], uv[b, 0], uv[b, 1]
            wc, uc, vc = screen[c, 2], uv[c, 0], uv[c, 1]
        px, py = np.float32(x) + _HALF - xa, np.float32(row) + _HALF - ya
        share_b = min(max((px * cy - py * cx) * scale, _ZERO), _ONE)
        share_c = min(max((py * bx - px * by) * scale, _ZERO), _ONE - share_b)
        part_a, part_b, part_c = (_ONE - share_b - share_c) * wa, share_b * wb, share_c * wc
        depth = _ONE / (part_a + part_b + part_c)
        u = (part_a * ua + part_b * ub + part_c * uc) * depth * u_scale - _HALF
        v = (part_a * va + part_b * vb + part_c * vc) * depth * v_scale - _HALF
        u = min(max(u, _ZERO), u_most)
        v = min(max(v, _ZERO), v_most)
        column, line = np.int32(u), np.int32(v)
        texel[pixel] = np.uint32(line * texture_width + column)
        across[pixel] = np.uint32(np.int32((u - np.float32(column)) * np.float32(256)))
        down[pixel] = np.uint32(np.int32((v - np.float32(line)) * np.float32(256)))


@njit(cache=True, nogil=True)
def _blend_texels(texels: PackedColor, places: Places, color: np.ndarray) -> None:
    """Fills color (w,) with the four texels around each place, weighed by nearness."""
    texel, across, down = places
    flat, below = texels.reshape(-1), np.uint32(texels.shape[1])
    for x in range(color.shape[0]):
        pixel = np.uintp(x)
        here = texel[pixel]
        upper_left, upper_right = flat[here], flat[here + _NEXT]
        lower_left, lower_right = flat[here + below], flat[here + below + _NEXT]
        k11 = (across[pixel] * down[pixel] + np.uint32(128)) >> _EIGHT
        k01, k10 = across[pixel] - k11, down[pixel] - k11
        k00 = _WHOLE - across[pixel] - k10
        red_blue = (
            (upper_left & _LANES) * k00
            + (upper_right & _LANES) * k01
            + (lower_left & _LANES) * k10
            + (lower_right & _LANES) * k11
            + _LANE_HALVES
        )
        green = (
            ((upper_left >> _EIGHT) & _LANES) * k00
            + ((upper_right >> _EIGHT) & _LANES) * k01
            + ((lower_left >> _EIGHT) & _LANES) * k10
            + ((lower_right >> _EIGHT) & _LANES) * k11
            + _LANE_HALVES
        )
        color[pixel] = np.uint32(((red_blue >> _EIGHT) & _LANES) | (green & _HIGH_BYTES))
