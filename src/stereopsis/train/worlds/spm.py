"""Reader of .spm, the mesh format of SuperTuxKart 0.10 and later."""

import struct
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32
from numba import njit

HAS_NORMALS, HAS_COLORS, HAS_TANGENTS = 1, 2, 4
SPACE_PARTITIONED, ANIMATED = 0, 1
WHITE = 128  # a colour byte that no colour follows


@dataclass(frozen=True)
class SpmPart:
    """Triangles of one material: x right, y up, z forward; `texture` is a file name, may be ''."""

    vertices: Float32[np.ndarray, "n 3"]
    uv: Float32[np.ndarray, "n 2"]
    faces: Int32[np.ndarray, "m 3"]
    texture: str


def parse_spm(data: bytes) -> list[SpmPart]:
    """The parts of the mesh in its resting pose.

    Raises:
        ValueError: the data is no .spm file or ends early.
    """
    if len(data) < 30 or data[:2] != b"SP":
        raise ValueError("not an .spm file")
    kind, flags = data[2] & 7, data[3]
    try:
        materials, position = _read_materials(data, 28)
        (sections,) = struct.unpack_from("<H", data, position)
        position += 2
        parts = []
        for _ in range(sections):
            position += 24 if kind == SPACE_PARTITIONED else 0
            (count,) = struct.unpack_from("<H", data, position)
            position += 2
            for _ in range(count):
                part, position = _read_part(data, position, flags, kind, materials)
                parts.append(part)
    except (struct.error, IndexError) as error:
        raise ValueError("the .spm file ends early") from error
    return parts


def _read_materials(data: bytes, position: int) -> tuple[list[tuple[str, str]], int]:
    """Pairs of texture names, and where they end."""
    (count,) = struct.unpack_from("<H", data, position)
    position += 2
    names = []
    for _ in range(2 * count):
        length = data[position]
        names.append(data[position + 1 : position + 1 + length].decode("latin1"))
        position += 1 + length
    return list(zip(names[::2], names[1::2], strict=True)), position


def _read_part(
    data: bytes, position: int, flags: int, kind: int, materials: list[tuple[str, str]]
) -> tuple[SpmPart, int]:
    vertex_count, index_count, material = struct.unpack_from("<IIH", data, position)
    position += 10
    first, second = materials[material]
    before = 4 if flags & HAS_NORMALS else 0
    after = (4 if second else 0) + (4 if flags & HAS_TANGENTS else 0) if first else 0
    after += 16 if kind == ANIMATED else 0
    if vertex_count * (12 + before) > len(data) - position:
        raise IndexError
    raw = np.frombuffer(data, np.uint8)
    places = np.zeros((vertex_count, 12), np.uint8)
    coordinates = np.zeros((vertex_count, 4), np.uint8)
    colored, textured = bool(flags & HAS_COLORS), bool(first)
    layout = (before, colored, textured, after)
    position = _copy_vertices(raw, position, layout, places, coordinates)
    width = 2 if vertex_count > 255 else 1
    end = position + width * index_count
    if position < 0 or end > len(data) or index_count % 3:
        raise IndexError
    indices = np.frombuffer(data, "<u2" if width == 2 else "u1", index_count, position)
    if index_count and indices.max() >= vertex_count:
        raise ValueError("the .spm file names a vertex that it lacks")
    vertices = places.view("<f4").astype(np.float32)
    uv = coordinates.view("<f2").astype(np.float32)
    faces = indices.astype(np.int32).reshape(-1, 3)
    return SpmPart(vertices, uv, faces, first), end


@njit(cache=True)
def _copy_vertices(data, position, layout, places, coordinates):  # type: ignore[no-untyped-def]
    """Copies positions and texture coordinates; returns where they end, -1 if the data runs out.

    Vertices differ in length, because white ones leave out their colour.
    """
    before, colored, textured, after = layout
    for i in range(len(places)):
        if position + 12 + before + 4 + 4 + after > len(data):
            return -1
        for k in range(12):
            places[i, k] = data[position + k]
        position += 12 + before
        if colored:
            position += 1 if data[position] == WHITE else 4
        if textured:
            for k in range(4):
                coordinates[i, k] = data[position + k]
            position += 4
        position += after
    return position
