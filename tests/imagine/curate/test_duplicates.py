"""Copies are found under recompression and resizing, and not between different pictures."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stereopsis.errors import OptionError
from stereopsis.imagine.curate.duplicates import (
    BYTES_PER_PICTURE,
    MOST_BITS,
    DuplicateIndex,
    DuplicatesFilter,
)
from stereopsis.imagine.curate.eye import GridEye, give_features
from stereopsis.imagine.curate.likeness import bits_between, perceptual_hash, sketch_of
from stereopsis.imagine.curate.row import Row
from stereopsis.imagine.curate.sample import Sample
from tests.imagine.curate.haystack import jpeg, scene

SAME = np.zeros(32, np.uint8)


def likeness(image: Image.Image, quality: int = 90) -> tuple[int, np.ndarray]:
    sample = Sample(Row(0, jpeg(image, quality), ""))
    give_features([sample], GridEye())
    assert sample.features is not None
    return perceptual_hash(sample.pixels), sketch_of(sample.features)


def groups(likenesses: list[tuple[int, np.ndarray]], config: DuplicatesFilter) -> list[int]:
    index = DuplicateIndex(config)
    for one in likenesses:
        index.add(*one)
    found: list[int] = index.groups().tolist()
    return found


def test_copies_are_one_group_and_different_pictures_are_not() -> None:
    found = []
    for seed in range(40):
        image = scene(seed, 240, 180)
        found += [likeness(image), likeness(image, 35), likeness(image.resize((150, 112)))]
    assert groups(found, DuplicatesFilter()) == [i // 3 * 3 for i in range(120)]


def test_the_features_have_their_say() -> None:
    pair = [(0, SAME), (0, np.full(32, 255, np.uint8))]
    assert groups(pair, DuplicatesFilter()) == [0, 1]
    assert groups([pair[0], pair[0]], DuplicatesFilter()) == [0, 0]


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=9))
def test_all_hashes_within_the_distance_are_found(own: int, flipped: set[int]) -> None:
    other = own
    for bit in flipped:
        other ^= 1 << bit
    is_near = len(flipped) <= MOST_BITS
    assert groups([(own, SAME), (other, SAME)], DuplicatesFilter(MOST_BITS)) == [
        0,
        0 if is_near else 1,
    ]


@given(st.permutations(range(12)))
def test_groups_do_not_depend_on_the_order(order: list[int]) -> None:
    hashes = [(1 << i) - 1 for i in (0, 4, 8, 12, 30, 34, 38, 50, 58, 59, 60, 64)]
    found = groups([(hashes[i], SAME) for i in order], DuplicatesFilter(4))
    together = {frozenset(order[k] for k in range(12) if found[k] == own) for own in found}
    assert together == {frozenset(own) for own in ([0, 1, 2, 3], [4, 5, 6], [7], [8, 9, 10, 11])}


def test_memory_is_as_stated() -> None:
    random = np.random.default_rng(0)
    hashes = random.integers(0, 2**63, 6000, np.int64).tolist()
    sketches = random.integers(0, 256, (6000, 32), np.uint8)
    index = DuplicateIndex(DuplicatesFilter())
    for own, sketch in zip(hashes[:1000], sketches[:1000], strict=True):
        index.add(own, sketch)
    tracemalloc.start()
    for own, sketch in zip(hashes[1000:], sketches[1000:], strict=True):
        index.add(own, sketch)
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    tables = 4 * 5000 * 250  # bands are filled here; 65,536 places each at most
    assert grown < 5000 * 1.5 * BYTES_PER_PICTURE + tables


def test_repeats_do_not_lengthen_the_lookup() -> None:
    index = DuplicateIndex(DuplicatesFilter())
    found = [index.add(5, SAME) for _ in range(50)]
    assert [len(nears) for nears in found] == [0] + [1] * 49
    assert set(index.groups().tolist()) == {0}


def test_sketches_estimate_angles() -> None:
    random = np.random.default_rng(1)
    one = random.standard_normal(400)
    for degrees in (0, 20, 45, 90):
        across = random.standard_normal(400)
        across -= one * (across @ one) / (one @ one)
        across *= np.linalg.norm(one) / np.linalg.norm(across)
        turn = np.radians(degrees)
        other = np.cos(turn) * one + np.sin(turn) * across
        pair = [sketch_of(each.astype(np.float32)) for each in (one, other)]
        assert 180 * bits_between(*pair) / 256 == pytest.approx(degrees, abs=15)


def test_the_hash_sees_no_brightness_but_shapes() -> None:
    darker = [
        likeness(scene(3).point(lambda value, g=gain: int(value * g)))[0] for gain in (1, 0.8, 0.6)
    ]
    for one, other in pairwise(darker):
        assert (one ^ other).bit_count() <= 4
    assert (likeness(scene(4))[0] ^ darker[0]).bit_count() > 12


@pytest.mark.parametrize("bad", [{"max_bits": 8}, {"max_bits": -1}, {"max_angle": 91.0}])
def test_refuses_distances_without_sense(bad: dict[str, float]) -> None:
    with pytest.raises(OptionError, match="of duplicates is"):
        DuplicatesFilter(**bad)  # type: ignore[arg-type]
