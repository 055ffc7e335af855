"""Writes the .spm files that the tests read."""

import struct

import numpy as np


def write_spm(
    vertices: np.ndarray, uv: np.ndarray, faces: np.ndarray, texture: str = "stone.png"
) -> bytes:
    """One part with normals, colours and tangents; every second vertex is white."""
    data = b"SP" + bytes([0, 7]) + bytes(24)
    data += struct.pack("<H", 1) + bytes([len(texture)]) + texture.encode() + bytes([0])
    data += struct.pack("<H", 1) + bytes(24) + struct.pack("<H", 1)
    data += struct.pack("<IIH", len(vertices), faces.size, 0)
    for i, (place, coordinate) in enumerate(zip(vertices, uv, strict=True)):
        data += np.asarray(place, "<f4").tobytes() + bytes(4)
        data += bytes([128]) if i % 2 else bytes([1, 2, 3, 4])
        data += np.asarray(coordinate, "<f2").tobytes() + bytes(4)
    return data + faces.astype("<u2" if len(vertices) > 255 else "u1").tobytes()
