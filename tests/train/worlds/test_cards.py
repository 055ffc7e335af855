import numpy as np
import pytest

from stereopsis.train.worlds import cards
from stereopsis.train.worlds.cards import MOST_PX, ExactPair, deal
from tests.train.exactness import unlike

SIZE = 96, 128


@pytest.mark.parametrize("seed", range(12))
def test_each_eye_sees_what_the_other_sees_at_the_disparity(photos, seed: int) -> None:
    pair = deal(photos, SIZE, np.random.default_rng(seed))
    assert unlike(pair.left, pair.right, pair.left_disparity, pair.right_disparity) < 4
    mirrored = (array[:, ::-1] for array in (pair.right, pair.left, pair.right_disparity,
                                             pair.left_disparity))  # fmt: skip
    assert unlike(*mirrored) < 4


def test_the_same_holds_where_every_card_is_curved(photos, monkeypatch) -> None:
    bumps = cards._bumps(SIZE, 3.0, np.random.default_rng(9))
    assert np.abs(np.diff(bumps, axis=1)).max() <= 0.4 + 1e-5
    assert np.ptp(bumps) > 1
    dealt = cards._card

    def bumpy(*given: object) -> cards._Card:
        card = dealt(*given)
        return cards._Card(card.texture, card.T_left_from_texture, card.disparity, bumps)

    monkeypatch.setattr(cards, "_card", bumpy)
    for seed in range(4):
        pair = deal(photos, SIZE, np.random.default_rng(seed))
        assert unlike(pair.left, pair.right, pair.left_disparity, pair.right_disparity) < 6


def test_what_is_wrong_with_the_disparity_shows(photos) -> None:
    pair = deal(photos, SIZE, np.random.default_rng(3))
    right = unlike(pair.left, pair.right, pair.left_disparity, pair.right_disparity)
    wrong = unlike(pair.left, pair.right, pair.left_disparity + 4, pair.right_disparity + 4)
    assert wrong > 4 * right


def all_of(pair: ExactPair) -> tuple[np.ndarray, ...]:
    return pair.left, pair.right, pair.left_disparity, pair.right_disparity


def test_a_pair_repeats_with_its_seed_and_differs_from_others(photos) -> None:
    first, again, other = (deal(photos, SIZE, np.random.default_rng(seed)) for seed in (5, 5, 6))
    for one, two in zip(all_of(first), all_of(again), strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first.left, other.left)
    assert not np.array_equal(first.left_disparity, other.left_disparity)


@pytest.mark.parametrize("size", [(32, 96), (96, 32), (65, 47)])
def test_any_size_is_filled_with_known_disparity(photos, size: tuple[int, int]) -> None:
    pair = deal(photos, size, np.random.default_rng(1))
    for image, disparity in (
        (pair.left, pair.left_disparity),
        (pair.right, pair.right_disparity),
    ):
        assert image.shape == (*size, 3) and image.dtype == np.uint8
        assert disparity.shape == size and disparity.dtype == np.float32
        assert np.isfinite(disparity).all()


def test_nearest_cards_are_of_every_size(photos) -> None:
    nearest = [
        float(deal(photos, (48, 64), np.random.default_rng(seed)).left_disparity.max())
        for seed in range(20)
    ]
    assert min(nearest) < 2 * MOST_PX[0] < 0.4 * MOST_PX[1] < max(nearest)


@pytest.mark.parametrize("seed", range(12))
def test_outlines_hardly_touch_the_texture_s_rim(seed: int) -> None:
    cover = cards._outline(np.random.default_rng(seed))
    assert cover.shape == (cards.SIDE, cards.SIDE)
    rim = np.concatenate([cover[0], cover[-1], cover[:, 0], cover[:, -1]])
    assert (rim > 0).mean() < 0.1
    assert 0.005 < (cover > 128).mean() < 0.95
