"""Facets: a triangle made ready for shading many pixels, with normals bent across it."""

import numpy as np
from numba import njit

# The rows of a facet's array: its own normal, what gives the shares of the second and third corner,
# the first corner, and the normals at all three corners.
NORMAL, SHARE_1, SHARE_2, CORNER, BENT = 0, 1, 2, 3, 4
FACET_ROWS = 7
CREASE = 0.5  # cosine beyond which a corner keeps the triangle's own normal


@njit(cache=True, nogil=True)
def vertex_normals(seen, faces):  # type: ignore[no-untyped-def]
    """The mean normal (n, 3) of the triangles around each vertex, larger ones counting more."""
    normals = np.zeros_like(seen)
    for t in range(len(faces)):
        a, b, c = seen[faces[t, 0]], seen[faces[t, 1]], seen[faces[t, 2]]
        ex, ey, ez = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        gx, gy, gz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        for k in range(3):
            normals[faces[t, k], 0] += ey * gz - ez * gy
            normals[faces[t, k], 1] += ez * gx - ex * gz
            normals[faces[t, k], 2] += ex * gy - ey * gx
    for v in range(len(normals)):
        length = np.sqrt(normals[v, 0] ** 2 + normals[v, 1] ** 2 + normals[v, 2] ** 2) + 1e-20
        for k in range(3):
            normals[v, k] /= length
    return normals


@njit(cache=True, nogil=True)
def set_up_facet(seen, normals, corners, facet):  # type: ignore[no-untyped-def]
    """Fills the rows of `facet` for the triangle with these corners; returns twice its area."""
    a, b, c = seen[corners[0]], seen[corners[1]], seen[corners[2]]
    ex, ey, ez = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    gx, gy, gz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    nx, ny, nz = ey * gz - ez * gy, ez * gx - ex * gz, ex * gy - ey * gx
    length = np.sqrt(nx * nx + ny * ny + nz * nz) + 1e-20
    nx, ny, nz = nx / length, ny / length, nz / length
    facet[NORMAL, 0], facet[NORMAL, 1], facet[NORMAL, 2] = nx, ny, nz
    facet[SHARE_1, 0] = (gy * nz - gz * ny) / length
    facet[SHARE_1, 1] = (gz * nx - gx * nz) / length
    facet[SHARE_1, 2] = (gx * ny - gy * nx) / length
    facet[SHARE_2, 0] = (ny * ez - nz * ey) / length
    facet[SHARE_2, 1] = (nz * ex - nx * ez) / length
    facet[SHARE_2, 2] = (nx * ey - ny * ex) / length
    for k in range(3):
        facet[CORNER, k] = a[k]
        bent = normals[corners[k]]
        is_crease = bent[0] * nx + bent[1] * ny + bent[2] * nz < CREASE
        for axis in range(3):
            facet[BENT + k, axis] = facet[NORMAL, axis] if is_crease else bent[axis]
    return length


@njit(cache=True, nogil=True)
def bend_normal(facet, x, y, z, normal):  # type: ignore[no-untyped-def]
    """Writes the unit normal at a point of the facet, turned to the camera (Phong, 1975)."""
    dx, dy, dz = x - facet[CORNER, 0], y - facet[CORNER, 1], z - facet[CORNER, 2]
    w1 = facet[SHARE_1, 0] * dx + facet[SHARE_1, 1] * dy + facet[SHARE_1, 2] * dz
    w2 = facet[SHARE_2, 0] * dx + facet[SHARE_2, 1] * dy + facet[SHARE_2, 2] * dz
    w1, w2 = min(max(w1, 0.0), 1.0), min(max(w2, 0.0), 1.0)
    w0 = max(0.0, 1 - w1 - w2)
    facing = facet[NORMAL, 0] * x + facet[NORMAL, 1] * y + facet[NORMAL, 2] * z
    sign = -1.0 if facing > 0 else 1.0
    length = 1e-20
    for k in range(3):
        normal[k] = sign * (w0 * facet[BENT, k] + w1 * facet[BENT + 1, k] + w2 * facet[BENT + 2, k])
        length += normal[k] ** 2
    for k in range(3):
        normal[k] /= np.sqrt(length)
