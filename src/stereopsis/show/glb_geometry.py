"""A .glb's geometry: vertices and triangles to accessors, and back.

Positions turn here from our axes to glTF's (x right, y up, z backward).

Source: Khronos, glTF 2.0 Specification, section 3.7; KHR_mesh_quantization.
"""

import numpy as np

from stereopsis.scene.arrays import Pixels, Points, Triangles
from stereopsis.scene.camera import Camera
from stereopsis.scene.mesh import Fringe, Mesh
from stereopsis.show import glb_container as glb
from stereopsis.show.glb_container import Json
from stereopsis.show.meshopt import encode_rows, encode_triangles

FARTHEST_MOVE = 1 / 8192  # of the photo's long side: a quarter of a pixel at 2048 px
STEPS = 65_535  # of a 16-bit number
MOST_SHORT_INDEXED = 65_535  # vertices; the index 65,535 itself is reserved
POSITION, TEXCOORD, INDICES = 0, 1, 2  # the order of accessors
OPAQUE_BYTE = 255


def vertex_rows(mesh: Mesh, quantize: bool) -> tuple[np.ndarray, tuple[Json, int], Json]:
    """One row per vertex, how accessors read it, and the node's placement.

    A row holds position and texture coordinate side by side: 12 bytes of 16-bit numbers (8 for the
    position, as four-byte borders demand, and 4), or 20 of floats. The rows of a fringe come last.
    How they are read is the type of their numbers, and at which byte the texture coordinate is.
    """
    points, uv = mesh.vertices, mesh.uv
    if mesh.fringe is not None:
        points = np.concatenate([points, mesh.fringe.vertices])
        uv = np.concatenate([uv, mesh.fringe.uv])
    vertices = _swap_axes(points).astype(np.float64)
    low, extent = vertices.min(axis=0), np.ptp(vertices, axis=0)
    extent = np.where(extent > 0, extent, 1.0)
    steps = np.rint((vertices - low) / extent * STEPS)
    if quantize and _moves_unseen(mesh.camera, points, _swap_axes(steps / STEPS * extent + low)):
        rows = np.zeros((len(vertices), 6), "<u2")
        rows[:, :3] = steps
        rows[:, 4:] = np.rint(np.clip(uv, 0, 1) * STEPS)
        number: Json = {"componentType": glb.UNSIGNED_SHORT, "normalized": True}
        return rows, (number, 8), {"translation": low.tolist(), "scale": extent.tolist()}
    rows = np.hstack([vertices, uv]).astype("<f4")
    return rows, ({"componentType": glb.FLOAT}, 12), {}


def vertex_accessors(
    rows: np.ndarray, view: int, offset: int, layout: tuple[Json, int]
) -> list[Json]:
    """Accessors of position and texture coordinate of rows, `offset` bytes into a view."""
    number, uv_offset = layout
    shared = {"bufferView": view, "count": len(rows), **number}
    bounds = {"min": rows[:, :3].min(axis=0).tolist(), "max": rows[:, :3].max(axis=0).tolist()}
    return [
        {**shared, "type": "VEC3", "byteOffset": offset, **bounds},
        {**shared, "type": "VEC2", "byteOffset": offset + uv_offset},
    ]


def add_rows(binary: glb.BinaryChunk, rows: np.ndarray, compress: bool) -> int:
    """The buffer view of these rows, once they are added."""
    count, stride = len(rows), rows.strides[0]
    view = {"byteStride": stride, "target": glb.ARRAY_BUFFER}
    if compress:
        return binary.add_compressed(encode_rows(rows), "ATTRIBUTES", count, stride, **view)
    return binary.add(rows.tobytes(), **view)


def add_triangles(
    binary: glb.BinaryChunk, triangles: Triangles, vertices: int, compress: bool
) -> Json:
    """The accessor of triangles between so many vertices."""
    faces = _turn_over(triangles)
    short = vertices <= MOST_SHORT_INDEXED
    target, count, size = glb.ELEMENT_ARRAY_BUFFER, faces.size, 2 if short else 4
    if compress:
        packed = encode_triangles(faces)
        view = binary.add_compressed(packed, "TRIANGLES", count, size, target=target)
    else:
        view = binary.add(faces.astype("<u2" if short else "<u4").tobytes(), target=target)
    kind = glb.UNSIGNED_SHORT if short else glb.UNSIGNED_INT
    return {"bufferView": view, "componentType": kind, "count": count, "type": "SCALAR"}


def add_coverage(binary: glb.BinaryChunk, fringe: Fringe) -> Json:
    """The accessor of the fringe's colours: white, which leaves the texture's, and its coverage."""
    rgba = np.full((len(fringe.coverage), 4), OPAQUE_BYTE, np.uint8)
    rgba[:, 3] = np.rint(fringe.coverage * OPAQUE_BYTE)
    view = binary.add(rgba.tobytes(), byteStride=4, target=glb.ARRAY_BUFFER)
    number = {"componentType": glb.UNSIGNED_BYTE, "normalized": True}
    return {"bufferView": view, **number, "count": len(rgba), "type": "VEC4"}


def _moves_unseen(camera: Camera, points: Points, moved: np.ndarray) -> bool:
    """Whether points moved to `moved` (n, 3) look the same to the photo's camera."""
    before, _ = camera.project(points)
    after, _ = camera.project(moved.astype(np.float32))
    return bool(np.abs(after - before).max() <= FARTHEST_MOVE * camera.long_side)


def read_triangles(document: Json, binary: bytes, first: int) -> tuple[Points, Triangles, Pixels]:
    """Vertices, triangles and texture coordinates, from three accessors on."""
    node = document["nodes"][0]
    stored = glb.read_accessor(document, binary, first + POSITION)
    placed = stored * np.float64(node.get("scale", (1, 1, 1)))
    placed = placed + np.float64(node.get("translation", (0, 0, 0)))
    vertices = _swap_axes(placed.astype(np.float32))
    uv = glb.read_accessor(document, binary, first + TEXCOORD).astype(np.float32)
    faces = glb.read_accessor(document, binary, first + INDICES).astype(np.int64).reshape(-1, 3)
    if vertices.shape != (len(uv), 3) or not (
        np.isfinite(vertices).all() and np.isfinite(uv).all()
    ):
        raise ValueError("its vertices are not whole")
    if faces.size == 0 or faces.min() < 0 or faces.max() >= len(vertices):
        raise ValueError("its triangles name vertices that do not exist")
    return vertices, _turn_over(faces.astype(np.int32)), uv


def _swap_axes(points: np.ndarray) -> np.ndarray:
    """Points (n, 3) from our axes to glTF's, or back."""
    swapped: np.ndarray = points * np.array([1, -1, -1], points.dtype)
    return swapped


def _turn_over(faces: Triangles) -> Triangles:
    """The triangles run the other way round: ours face us clockwise, glTF's counter-clockwise."""
    return faces[:, [0, 2, 1]]
