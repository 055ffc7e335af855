"""The .glb container: a JSON document and the bytes it points into, packed into one file.

Source: Khronos, glTF 2.0 Specification, sections 3.6 (buffers and accessors) and 4 (GLB);
EXT_meshopt_compression.
"""

import json
import struct
from typing import Any, TypeAlias

import numpy as np

Json: TypeAlias = dict[str, Any]

UNSIGNED_BYTE, UNSIGNED_SHORT, UNSIGNED_INT, FLOAT = 5121, 5123, 5125, 5126
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963

MESHOPT = "EXT_meshopt_compression"

_MAGIC, _VERSION, _JSON_CHUNK, _BINARY_CHUNK = 0x46546C67, 2, 0x4E4F534A, 0x004E4942
_COMPONENTS = {UNSIGNED_BYTE: "u1", UNSIGNED_SHORT: "<u2", UNSIGNED_INT: "<u4", FLOAT: "<f4"}
_COLUMNS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


class BinaryChunk:
    """The bytes of a .glb under construction, and the buffer views that name their parts."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[Json] = []
        self._unpacked = 0  # bytes of the compressed parts, once they are decoded

    @property
    def buffers(self) -> list[Json]:
        """The chunk itself, and where parts are compressed the space to decode them into."""
        space = {"byteLength": self._unpacked, "extensions": {MESHOPT: {"fallback": True}}}
        return [{"byteLength": len(self.data)}, *([space] if self._unpacked else [])]

    def add(self, part: bytes, **view: int) -> int:
        """Appends `part` on a four-byte border; returns the index of its buffer view."""
        self.views.append(
            {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(part), **view}
        )
        self.data += part + bytes(-len(part) % 4)
        return len(self.views) - 1

    def add_compressed(self, part: bytes, mode: str, count: int, stride: int, **view: int) -> int:
        """Appends `part`, which decodes to `count` rows of `stride` bytes; returns its view."""
        index = self.add(part)
        stored = {**self.views[index], "byteStride": stride, "mode": mode, "count": count}
        decoded = {"buffer": 1, "byteOffset": self._unpacked, "byteLength": count * stride}
        self.views[index] = {**decoded, **view, "extensions": {MESHOPT: stored}}
        self._unpacked += count * stride + -count * stride % 4
        return index


def pack(document: Json, binary: bytes) -> bytes:
    """The bytes of a .glb with this JSON document and binary chunk."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    length = 12 + 8 + len(text) + 8 + len(binary)
    return b"".join(
        [
            struct.pack("<III", _MAGIC, _VERSION, length),
            struct.pack("<II", len(text), _JSON_CHUNK),
            text,
            struct.pack("<II", len(binary), _BINARY_CHUNK),
            binary,
        ]
    )


def unpack(data: bytes) -> tuple[Json, bytes]:
    """The JSON document and the binary chunk of a .glb.

    Raises:
        ValueError: the bytes are no .glb, or not a whole one.
    """
    if len(data) < 12 or struct.unpack_from("<II", data) != (_MAGIC, _VERSION):
        raise ValueError("it does not start as a .glb of glTF 2.0")
    (length,) = struct.unpack_from("<I", data, 8)
    if length != len(data):
        raise ValueError(f"it has {len(data)} bytes where {length} were written")
    text, after = _chunk(data, 12, _JSON_CHUNK)
    binary, _ = _chunk(data, after, _BINARY_CHUNK)
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("its JSON is not an object")
    return document, binary


def read_view(document: Json, binary: bytes, index: int) -> bytes:
    """The bytes that a buffer view names.

    Raises:
        ValueError: the view reaches beyond the binary chunk, or is compressed.
    """
    view = document["bufferViews"][index]
    if view["buffer"] != 0:
        raise ValueError(f"its geometry is packed with {MESHOPT}, which is not read")
    start, end = view["byteOffset"], view["byteOffset"] + view["byteLength"]
    if not 0 <= start <= end <= len(binary):
        raise ValueError("a buffer view reaches beyond the file")
    return binary[start:end]


def read_accessor(document: Json, binary: bytes, index: int) -> np.ndarray:
    """The values of an accessor, (count, components); normalised integers become 0..1 doubles.

    Raises:
        ValueError: the accessor reaches beyond its buffer view.
    """
    accessor = document["accessors"][index]
    view = read_view(document, binary, accessor["bufferView"])
    dtype = np.dtype(_COMPONENTS[accessor["componentType"]])
    columns = _COLUMNS[accessor["type"]]
    stride = document["bufferViews"][accessor["bufferView"]].get(
        "byteStride", columns * dtype.itemsize
    )
    if stride < columns * dtype.itemsize:
        raise ValueError("an accessor's values overlap")
    values: np.ndarray = np.ndarray(
        (accessor["count"], columns),
        dtype,
        buffer=view,
        offset=accessor.get("byteOffset", 0),
        strides=(stride, dtype.itemsize),
    )
    return values / float(np.iinfo(dtype).max) if accessor.get("normalized") else values


def _chunk(data: bytes, start: int, kind: int) -> tuple[bytes, int]:
    """The chunk of this kind that starts here, and where the next one would start."""
    if len(data) < start + 8:
        raise ValueError("a chunk is missing")
    length, found = struct.unpack_from("<II", data, start)
    end = start + 8 + length
    if found != kind or end > len(data):
        raise ValueError("a chunk is damaged")
    return data[start + 8 : end], end
