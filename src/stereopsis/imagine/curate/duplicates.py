"""Near duplicates: which pictures are copies of one another, found in a stream.

Two pictures are copies if their hashes differ in few bits and their sketches too; groups are the
connected components of that relation, so they do not depend on the order of the stream.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from stereopsis.imagine.curate.filters import check
from stereopsis.imagine.curate.likeness import SKETCH_BITS, Sketch, bits_between

BANDS = 4  # of 16 bits each: two hashes that differ in up to 7 bits differ in at most 1 in a band
BAND_BITS = 16
MOST_BITS = 7
# The hash, the sketch, its group, and its place in each band; arrays grow by half.
BYTES_PER_PICTURE = 8 + 32 + 4 + 4 * BANDS

_FLIPS = [0, *(1 << bit for bit in range(BAND_BITS))]


@dataclass(frozen=True)
class DuplicatesFilter:
    """Keeps one picture of each group of copies: the one with the most pixels.

    Copies differ in at most `max_bits` of 64 bits of a perceptual hash, and their features are at
    most `max_angle` degrees apart, as far as sketches of 256 bits tell. Mirrored or cropped copies
    are others.
    """

    max_bits: int = 6
    max_angle: float = 25.0

    def __post_init__(self) -> None:
        check(
            0 <= self.max_bits <= MOST_BITS,
            f"max_bits of duplicates is {self.max_bits}", f"0 to {MOST_BITS}",
        )  # fmt: skip
        check(
            0 <= self.max_angle <= 90,
            f"max_angle of duplicates is {self.max_angle}", "0 to 90 degrees",
        )  # fmt: skip

    def rule(self) -> str:
        """What is kept."""
        return (
            f"one of those at most {self.max_bits} bits of 64 and "
            f"{self.max_angle:g}° of features apart"
        )


@dataclass(frozen=True)
class Near:
    """Two pictures whose hashes are near, and the angle of their features in degrees."""

    first: int
    second: int
    angle: float


class DuplicateIndex:
    """Groups of copies among the pictures added so far, which are numbered from 0.

    It holds BYTES_PER_PICTURE per picture, and a table that does not grow; a picture that equals
    an earlier one in hash and sketch takes no place in the bands.
    """

    def __init__(self, config: DuplicatesFilter) -> None:
        self._config = config
        self._hashes = _Rows(8)
        self._sketches = _Rows(SKETCH_BITS // 8)
        self._parents = array("I")
        self._bands: list[dict[int, array[int]]] = [{} for _ in range(BANDS)]

    def add(self, hash_bits: int, sketch: Sketch) -> list[Near]:
        """Takes in the next picture; returns the earlier ones that are near it in the hash."""
        number = len(self._parents)
        own = np.frombuffer(hash_bits.to_bytes(8, "big"), np.uint8)
        found = self._candidates(hash_bits)
        nears, is_repeat = self._compare(number, own, sketch, found)
        self._parents.append(number)
        self._hashes.append(own)
        self._sketches.append(sketch)
        for near in nears:
            if near.angle <= self._config.max_angle:
                self._join(near.first, near.second)
        if not is_repeat:
            for band, key in zip(self._bands, _keys(hash_bits), strict=True):
                band.setdefault(key, array("I")).append(number)
        return nears

    def groups(self) -> Int64[np.ndarray, " n"]:
        """The number of each picture's group, which is that of its earliest member."""
        return np.array([self._root(i) for i in range(len(self._parents))], np.int64)

    def _candidates(self, hash_bits: int) -> Int64[np.ndarray, " k"]:
        found = array("I")
        for band, key in zip(self._bands, _keys(hash_bits), strict=True):
            for flip in _FLIPS:
                if members := band.get(key ^ flip):
                    found.extend(members)
        return np.unique(np.array(found, np.int64))

    def _compare(
        self, number: int, own: np.ndarray, sketch: Sketch, found: Int64[np.ndarray, " k"]
    ) -> tuple[list[Near], bool]:
        """Which of those found are near, and whether one is the same."""
        bits = bits_between(own, self._hashes[found])
        found, bits = found[bits <= self._config.max_bits], bits[bits <= self._config.max_bits]
        apart = bits_between(sketch, self._sketches[found])
        angles: Float64[np.ndarray, " k"] = 180 * apart / SKETCH_BITS
        nears = [Near(int(i), number, float(a)) for i, a in zip(found, angles, strict=True)]
        return nears, bool(((bits == 0) & (apart == 0)).any())

    def _root(self, number: int) -> int:
        while (parent := self._parents[number]) != number:
            self._parents[number] = self._parents[parent]  # halves the way for the next
            number = parent
        return number

    def _join(self, one: int, other: int) -> None:
        one, other = sorted((self._root(one), self._root(other)))
        self._parents[other] = one


class _Rows:
    """Rows of bytes, in one array that grows."""

    def __init__(self, width: int) -> None:
        self._data = np.empty((64, width), np.uint8)
        self._count = 0

    def append(self, row: np.ndarray) -> None:
        if self._count == len(self._data):
            self._data = np.resize(self._data, (self._count * 3 // 2, self._data.shape[1]))
        self._data[self._count] = row
        self._count += 1

    def __getitem__(self, places: np.ndarray) -> np.ndarray:
        return np.asarray(self._data[places])


def _keys(hash_bits: int) -> Iterator[int]:
    for band in range(BANDS):
        yield hash_bits >> (BAND_BITS * band) & ((1 << BAND_BITS) - 1)
