from collections.abc import Sequence
from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
import torch

from stereopsis.errors import DataError
from stereopsis.train import pairs
from stereopsis.train.faults import Misalignment
from stereopsis.train.pack import Frame, Pack, build_pack
from stereopsis.train.pairs import (
    PairBatch,
    PairSource,
    cut_pair,
    draw_pairs,
    guess_at_half,
    guess_like_user,
)
from stereopsis.train.worlds.cards import ExactPair, deal
from tests.depth.two_planes import FAR_PX, NEAR_PX, two_planes
from tests.train.exactness import seen_by_both, unlike, warped

LIMITS = (-32, 224)
SIZE = 64, 96
FOCAL_PX, BASELINE_M = 120.0, 0.05


@pytest.fixture(scope="module")
def photos() -> list[np.ndarray]:
    coarse = np.random.default_rng(0).integers(0, 255, (4, 6, 8, 3)).astype(np.uint8)
    return [cv2.resize(each, (96, 72), interpolation=cv2.INTER_CUBIC) for each in coarse]


def as_frame(pair: ExactPair) -> Frame:
    """The pair as a rendering of a world would be packed."""
    px = np.float32(FOCAL_PX * BASELINE_M)
    near, right_near = (
        np.maximum(each, 0.01) / px for each in (pair.left_disparity, pair.right_disparity)
    )
    planes = {
        "right_image": pair.right,
        "right_inverse_depth": right_near,
        "baseline_m": np.full((1, 1), BASELINE_M, np.float32),
        "focal_px": np.full((1, 1), FOCAL_PX, np.float32),
    }
    return Frame(pair.left, near, np.ones(near.shape, np.bool_), True, planes)


@pytest.fixture(scope="module")
def pack(photos) -> Pack:
    dealt = [deal(photos, (96, 128), np.random.default_rng(seed)) for seed in range(8)]
    return build_pack([as_frame(pair) for pair in dealt], "cards")


class One(PairSource):
    """Always the same pair."""

    def draw(self, size: tuple[int, int], rng: np.random.Generator) -> ExactPair:
        seen = two_planes()
        return ExactPair(seen.left, seen.right, seen.left_disparity, seen.right_disparity)


ONE = One([], [], 0.0)
WHOLE = 240, 320


@pytest.mark.parametrize("seed", range(12))
def test_a_part_of_a_pair_is_a_pair_mirrored_zoomed_or_upside_down(photos, seed: int) -> None:
    whole = deal(photos, (96, 128), np.random.default_rng(seed))
    part = cut_pair(whole, SIZE, np.random.default_rng(seed))
    assert part.left.shape == part.right.shape == (*SIZE, 3)
    right = unlike(part.left, part.right, part.left_disparity, part.right_disparity)
    wrong = unlike(part.left, part.right, part.left_disparity + 3, part.right_disparity + 3)
    assert right < 8 and wrong > 2 * right


@pytest.mark.parametrize("size", [(200, 300), (40, 300), (200, 40)])
def test_parts_are_enlarged_where_the_whole_is_too_small(photos, size: tuple[int, int]) -> None:
    whole = deal(photos, (96, 128), np.random.default_rng(0))
    part = cut_pair(whole, size, np.random.default_rng(1))
    assert part.left.shape[:2] == size == part.right_disparity.shape
    least = max(size[0] / 96, size[1] / 128)
    assert part.left_disparity.max() >= 0.9 * least * np.median(whole.left_disparity)


def test_packed_worlds_are_pairs(pack: Pack) -> None:
    source = PairSource([pack], [], 0.0)
    for seed in range(6):
        pair = source.draw(SIZE, np.random.default_rng(seed))
        assert unlike(pair.left, pair.right, pair.left_disparity, pair.right_disparity) < 20


def same(a: PairBatch, b: PairBatch) -> bool:
    return all(torch.equal(getattr(a, each.name), getattr(b, each.name)) for each in fields(a))


@pytest.mark.parametrize("cards", [0.0, 0.5, 1.0])
def test_batches_depend_on_the_seed_alone(pack: Pack, photos, cards: float) -> None:
    source = PairSource([pack], photos, cards)
    first, again, other = (
        draw_pairs(source, SIZE, 2, np.random.default_rng(seed), LIMITS) for seed in (1, 1, 2)
    )
    assert same(first, again) and not same(first, other)
    assert first.left.shape == first.right.shape == (2, *SIZE, 3)
    assert first.left.dtype == first.right.dtype == torch.uint8
    for each in (first.guess, first.sure, first.disparity, first.valid):
        assert each.shape == (2, *SIZE)
    assert set(first.sure.unique().tolist()) <= {0.0, 1.0}
    assert same(first.to("cpu"), first)


def test_without_packs_everything_is_cards(photos) -> None:
    source = PairSource([], photos, 0.0)
    first = source.draw(SIZE, np.random.default_rng(4))
    dealt = deal(photos, SIZE, np.random.default_rng(4))
    np.testing.assert_array_equal(first.left, dealt.left)


def untouched(
    left: np.ndarray, right: np.ndarray, strength: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    return left, right


@pytest.mark.parametrize("off", [Misalignment(9.0), Misalignment(-11.0), Misalignment(3, 0, 0.02)])
def test_disparity_counts_what_misalignment_moves_along_the_rows(monkeypatch, off) -> None:
    monkeypatch.setattr(pairs, "FAULTY", 1.0)
    monkeypatch.setattr(pairs, "photograph_pair", untouched)
    monkeypatch.setattr(Misalignment, "sampled", classmethod(lambda cls, rng: off))
    batch = draw_pairs(ONE, WHOLE, 1, np.random.default_rng(0), LIMITS)
    drawn = batch.left, batch.right, batch.disparity
    left, right, disparity = (each[0].numpy() for each in drawn)
    seen = two_planes()
    both = seen_by_both(seen.left_disparity, seen.right_disparity)
    both[:, :40] = both[:, -40:] = False
    if off.roll:  # else rows differ by more than a pixel
        both[:, :100] = both[:, 220:] = False
    differs = np.abs(warped(right, disparity).astype(float) - left)[both]
    blind = np.abs(warped(right, seen.left_disparity).astype(float) - left)[both]
    assert np.median(differs) < 0.5 * np.median(blind)
    assert np.abs(disparity - seen.left_disparity).max() >= abs(off.dx)
    assert batch.valid.all()


def test_disparity_beyond_the_search_is_not_valid() -> None:
    for limits in ((-32, 10), (10, 224)):
        batch = draw_pairs(ONE, WHOLE, 1, np.random.default_rng(0), limits)
        inside = (batch.disparity >= limits[0]) & (batch.disparity <= limits[1])
        assert torch.equal(batch.valid, inside)
        assert 0 < batch.valid.float().mean() < 1


def test_guesses_are_mostly_there_and_mostly_right() -> None:
    seen = two_planes()
    known, right = [], []
    for seed in range(30):
        guess, sure = guess_like_user(
            seen.left, seen.right, seen.left_disparity, np.random.default_rng(seed), LIMITS
        )
        assert guess.shape == sure.shape == WHOLE and guess.dtype == np.float32
        known.append(sure.mean())
        if sure.any():
            right.append((np.abs(guess - seen.left_disparity)[sure] < 1).mean())
    assert np.mean(np.array(known) == 0) < 0.2
    assert min(right) > 0.9


def test_where_nothing_may_be_found_nothing_is_guessed() -> None:
    seen, nothing = two_planes(), np.zeros(0, np.float32)
    guess, sure = guess_like_user(seen.left, seen.right, nothing, np.random.default_rng(9), LIMITS)
    assert not sure.any() and not guess.any()


def test_a_guess_at_half_size_has_the_whole_size_and_whole_disparities() -> None:
    seen = two_planes()
    guess, sure = guess_at_half(seen.left, seen.right, FAR_PX - 5, NEAR_PX + 9)
    assert guess.shape == sure.shape == WHOLE
    assert sure.mean() > 0.8
    assert np.percentile(np.abs(guess - seen.left_disparity)[sure], 95) < 1
    odd = guess_at_half(seen.left[:-1, :-1], seen.right[:-1, :-1], FAR_PX - 5, NEAR_PX + 9)
    assert odd[0].shape == odd[1].shape == (239, 319)


@pytest.mark.parametrize("change", ["no second eye", "a guess"])
def test_packs_without_a_second_eye_are_refused(photos, change: str) -> None:
    frame = as_frame(deal(photos, (96, 128), np.random.default_rng(0)))
    bare = replace(frame, planes={}) if change == "no second eye" else replace(frame, exact=False)
    source = PairSource([build_pack([bare], "bare")], photos, 0.0)
    with pytest.raises(DataError, match="without a second eye"):
        draw_pairs(source, SIZE, 1, np.random.default_rng(0), LIMITS)


def batches(source: PairSource, steps: Sequence[int]) -> list[PairBatch]:
    return [draw_pairs(source, SIZE, 1, np.random.default_rng(step), LIMITS) for step in steps]
