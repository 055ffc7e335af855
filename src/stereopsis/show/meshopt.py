"""Vertices and triangles in a third of the bytes: the encoders of EXT_meshopt_compression.

Written from the bitstreams that the extension describes (Khronos, EXT_meshopt_compression,
"Mode 0: attributes" in version 0 and "Mode 1: triangles"). Both suit meshes whose triangles walk
from one to the next and whose vertices are numbered by first use.
"""

import numpy as np
from jaxtyping import UInt8
from numba import njit

from stereopsis.scene.arrays import Triangles

ATTRIBUTES_HEADER, TRIANGLES_HEADER = 0xA0, 0xE1

BLOCK_BYTES, MOST_BLOCK_ROWS, GROUP = 8192, 256, 16
WIDTHS = (0, 2, 4, 8)  # bits of each number of a group
SMALLEST_TAIL = 32

RING = 16  # the edges and the vertices that both sides remember
NO_EDGE = 15  # in place of an edge: the triangle starts afresh
NEW, BELOW_LAST, ABOVE_LAST, WRITTEN_OUT = 0, 13, 14, 15  # in place of a remembered vertex
FRESH_NEW, FRESH_NAMED, FRESH_WRITTEN_OUT = 0, 14, 15  # how a fresh triangle starts
CODE_TABLE = bytes(16)  # of pairs of vertices of fresh triangles: only "both new" has a short code

_NEXT, _LAST, _EDGES, _VERTICES, _BYTES = range(5)  # what the state of the encoder counts


def encode_rows(rows: np.ndarray) -> bytes:
    """Vertices, one per row of 4 to 256 bytes (a multiple of 4), compressed.

    Each byte is stored as its difference from the row before, in groups of 16 that take 0, 2, 4 or
    8 bits each, with an escape for single larger ones.
    """
    rows = rows.view(np.uint8)
    count, stride = rows.shape
    block_rows = min(BLOCK_BYTES // stride // GROUP * GROUP, MOST_BLOCK_ROWS)
    steps = np.diff(rows, axis=0, prepend=rows[:1]).view(np.int8)
    zigzag = ((steps << 1) ^ (steps >> 7)).view(np.uint8)
    encoded = bytearray([ATTRIBUTES_HEADER])
    for start in range(0, count, block_rows):
        block = zigzag[start : start + block_rows]
        block = np.pad(block, ((0, -len(block) % GROUP), (0, 0)))
        for column in block.T:
            encoded += _encode_column(column.reshape(-1, GROUP))
    return bytes(encoded) + bytes(rows[0]).rjust(SMALLEST_TAIL, b"\0")


def encode_triangles(faces: Triangles) -> bytes:
    """The triangles compressed; each comes back turned so that it may start at another corner.

    A triangle that shares one of the latest edges takes one byte where its third corner is new or
    among the latest vertices, and two to four otherwise.
    """
    codes = np.zeros(len(faces), np.uint8)
    data = np.zeros(16 * len(faces), np.uint8)
    written = _encode_triangles(faces.astype(np.int64), codes, data)
    return bytes([TRIANGLES_HEADER]) + bytes(codes) + bytes(data[:written]) + CODE_TABLE


def _encode_column(groups: UInt8[np.ndarray, "g 16"]) -> bytes:
    """One byte of each vertex of a block: two bits per group for its width, then the groups."""
    nothing = np.where(groups.any(axis=1), GROUP + 1, 0)
    by_2, by_4 = 4 + (groups >= 3).sum(axis=1), 8 + (groups >= 15).sum(axis=1)
    modes = np.stack([nothing, by_2, by_4, np.full(len(groups), GROUP)]).argmin(axis=0)
    quads = np.pad(modes, (0, -len(modes) % 4)).reshape(-1, 4)
    header = bytes((quads << np.array([0, 2, 4, 6])).sum(axis=1).tolist())
    return header + b"".join(map(_pack, groups, np.array(WIDTHS)[modes]))


def _pack(group: UInt8[np.ndarray, "16"], bits: int) -> bytes:
    """Sixteen numbers in `bits` bits each, first one highest, then those that do not fit."""
    if bits in (0, 8):
        return bytes(group[: 2 * bits])
    escape = (1 << bits) - 1
    small = np.minimum(group, escape).reshape(2 * bits, -1)
    packed = (small << np.arange(8 - bits, -1, -bits)).sum(axis=1)
    return bytes(packed.tolist()) + bytes(group[group >= escape])


@njit(cache=True)
def _encode_triangles(faces, codes, data):  # type: ignore[no-untyped-def]
    """Fills a code per triangle and the bytes (count returned) that the codes call for."""
    state = np.zeros(5, np.int64)
    edges = np.full((RING, 2), -1, np.int64)
    vertices = np.full(RING, -1, np.int64)
    for i in range(len(faces)):
        edge, first = _shared_edge(faces[i], edges, state)
        if edge == NO_EDGE:
            for corner in range(3):
                if faces[i, corner] == state[_NEXT]:
                    first = corner
        a, b, c = faces[i, first], faces[i, (first + 1) % 3], faces[i, (first + 2) % 3]
        if edge == NO_EDGE:
            codes[i] = NO_EDGE << 4 | _encode_fresh(a, b, c, vertices, state, data)
            _push_edge(b, a, edges, state)
        else:
            codes[i] = edge << 4 | _encode_corner(c, vertices, state, data)
        _push_edge(c, b, edges, state)
        _push_edge(a, c, edges, state)
    return state[_BYTES]


@njit(cache=True)
def _shared_edge(face, edges, state):  # type: ignore[no-untyped-def]
    """Which of the latest edges the face has, NO_EDGE for none, and the corner it starts at."""
    for age in range(NO_EDGE):
        start, end = edges[(state[_EDGES] - 1 - age) % RING]
        for first in range(3):
            if face[first] == start and face[(first + 1) % 3] == end:
                return age, first
    return NO_EDGE, 0


@njit(cache=True)
def _encode_corner(c, vertices, state, data):  # type: ignore[no-untyped-def]
    """The code of the corner beyond a shared edge."""
    age = _age(c, vertices, state)
    if 1 <= age < BELOW_LAST:
        return age
    code = WRITTEN_OUT
    if c == state[_NEXT]:
        state[_NEXT] += 1
        code = NEW
    elif abs(c - state[_LAST]) == 1:
        code = BELOW_LAST if c < state[_LAST] else ABOVE_LAST
        state[_LAST] = c
    else:
        _write_out(c, state, data)
    _push_vertex(c, vertices, state)
    return code


@njit(cache=True)
def _encode_fresh(a, b, c, vertices, state, data):  # type: ignore[no-untyped-def]
    """The code of a triangle that shares no edge; `a` is new if any corner is."""
    start = WRITTEN_OUT
    if a == state[_NEXT]:
        state[_NEXT] += 1
        start = NEW
    name_b = _name(b, vertices, state)
    name_c = _name(c, vertices, state)
    kind = FRESH_WRITTEN_OUT if start == WRITTEN_OUT else FRESH_NAMED
    if start == name_b == name_c == NEW:
        kind = FRESH_NEW
    else:
        data[state[_BYTES]] = name_b << 4 | name_c
        state[_BYTES] += 1
    for corner, name in ((a, start), (b, name_b), (c, name_c)):
        if name == WRITTEN_OUT:
            _write_out(corner, state, data)
        if name == WRITTEN_OUT or name == NEW:
            _push_vertex(corner, vertices, state)
    return kind


@njit(cache=True)
def _name(v, vertices, state):  # type: ignore[no-untyped-def]
    """What a fresh triangle calls this corner: NEW, its age plus one, or WRITTEN_OUT."""
    age = _age(v, vertices, state)
    if 0 <= age < WRITTEN_OUT - 1:
        return age + 1
    if v == state[_NEXT]:
        state[_NEXT] += 1
        return NEW
    return WRITTEN_OUT


@njit(cache=True)
def _age(v, vertices, state):  # type: ignore[no-untyped-def]
    """How many vertices were pushed after this one, or -1 where it is forgotten."""
    for age in range(RING):
        if vertices[(state[_VERTICES] - 1 - age) % RING] == v:
            return age
    return -1


@njit(cache=True)
def _push_edge(start, end, edges, state):  # type: ignore[no-untyped-def]
    edges[state[_EDGES] % RING] = start, end
    state[_EDGES] += 1


@njit(cache=True)
def _push_vertex(v, vertices, state):  # type: ignore[no-untyped-def]
    vertices[state[_VERTICES] % RING] = v
    state[_VERTICES] += 1


@njit(cache=True)
def _write_out(v, state, data):  # type: ignore[no-untyped-def]
    """Writes the step from the last vertex written out: zigzag, seven bits to a byte."""
    step = v - state[_LAST]
    state[_LAST] = v
    rest = step << 1 if step >= 0 else ~(step << 1)
    while rest > 127:
        data[state[_BYTES]] = rest & 127 | 128
        state[_BYTES] += 1
        rest >>= 7
    data[state[_BYTES]] = rest
    state[_BYTES] += 1
