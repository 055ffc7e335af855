"""Faithfulness, diversity, memory and hand-made statistics, each on pictures of known answers."""

import math
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import DataError
from stereopsis.imagine.judge.backbone import BackboneConfig
from stereopsis.imagine.judge.disturb import blur, recompress
from stereopsis.imagine.judge.faithfulness import Choices, retrieved
from stereopsis.imagine.judge.matcher import MatcherConfig, fit_matcher, fit_on_features, open_clip
from stereopsis.imagine.judge.matcher_file import matcher_to_bytes, open_matcher, read_matcher
from stereopsis.imagine.judge.memory import memorised_share, remember
from stereopsis.imagine.judge.photography import colourfulness, mean_photography, photography_of
from stereopsis.imagine.judge.subject import subject_mask
from stereopsis.imagine.judge.variety import diversity
from tests.imagine.curate.test_fitted import tiny_clip
from tests.imagine.judge.worlds import SIDE, disc, discs

COLORS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 40, 220), "black": (9, 9, 9)}
RANDOM = np.random.default_rng(0)


def colored(name: str, seed: int) -> np.ndarray:
    mask = subject_mask(disc(seed, False))[..., None]
    return np.where(mask, np.array(COLORS[name], np.uint8), np.uint8(255))


def many(seeds: range) -> tuple[np.ndarray, list[str]]:
    names = [list(COLORS)[seed % 4] for seed in seeds]
    return np.stack([colored(n, s) for n, s in zip(names, seeds, strict=True)]), names


def test_a_fitted_matcher_finds_the_right_colour(tmp_path: Path) -> None:
    pictures, names = many(range(80))
    config = MatcherConfig(BackboneConfig("grid", SIDE), "words")
    matcher = fit_matcher(pictures, [f"a {name} disc" for name in names], config)
    others, wanted = many(range(200, 240))
    texts = [f"a {name} disc" for name in wanted]
    choices = Choices(tuple(f"a {name} disc" for name in COLORS))
    assert retrieved(matcher, others, texts, choices).mean() > 0.9
    wrong = texts[1:] + texts[:1]
    assert retrieved(matcher, others, wrong, choices).mean() < 0.1
    (tmp_path / "m.npz").write_bytes(matcher_to_bytes(matcher))
    again = open_matcher(str(tmp_path / "m.npz"))
    kept = [each.match(others, texts[:4]) for each in (matcher, again)]
    assert np.allclose(*kept, atol=0.01)


def test_candidates_are_drawn_once_for_all() -> None:
    pictures, names = many(range(40))
    matcher = fit_matcher(pictures, names, MatcherConfig(BackboneConfig("grid", SIDE), "words"))
    choices = Choices((*COLORS, *map(str, range(40))), among=5)
    first = retrieved(matcher, pictures, names, choices)
    assert np.array_equal(first, retrieved(matcher, pictures, names, choices))
    half = retrieved(matcher, pictures[:20], names[:20], choices)
    assert np.array_equal(first[:20], half)
    with pytest.raises(DataError, match="to choose from"):
        Choices(("a", "a"))


def test_a_matcher_needs_pictures_and_its_own_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There are 3 captioned"):
        fit_on_features(np.ones((3, 4)), np.ones((3, 5)), MatcherConfig())
    (tmp_path / "m.npz").write_bytes(b"no")
    with pytest.raises(DataError, match="is no matcher"):
        read_matcher(tmp_path / "m.npz")
    with pytest.raises(DataError, match="There is no file"):
        open_matcher(str(tmp_path / "none.npz"))


def test_a_clip_matches_pictures_one_by_one(tmp_path: Path) -> None:
    matcher = open_clip(str(tiny_clip(tmp_path / "clip")))
    pictures = discs(range(3), True)
    fits = matcher.match(pictures, ["a dog", "a cat"])
    assert fits.shape == (3, 2) and (np.abs(fits) <= 1.001).all()
    assert np.allclose(fits[1:2], matcher.match(pictures[1:2], ["a dog", "a cat"]), atol=1e-5)


def test_matchers_of_clips_kind_are_told_apart_by_weights_and_not_by_name(tmp_path: Path) -> None:
    first, other = (open_clip(str(tiny_clip(tmp_path / name, i))) for i, name in enumerate("ab"))
    (tmp_path / "a").rename(tmp_path / "c")
    assert open_clip(str(tmp_path / "c")).digest == first.digest != other.digest


def test_equal_pictures_have_no_diversity() -> None:
    same = np.repeat(RANDOM.standard_normal((3, 4)), 2, axis=0).astype(np.float32)
    prompts = ["a", "a", "b", "b", "c", "c"]
    assert diversity(same, prompts) == pytest.approx(0, abs=1e-6)
    apart = same + np.tile([[0.0], [2.0]], (3, 4)).astype(np.float32)
    assert diversity(apart, prompts) == pytest.approx(4.0, rel=1e-5)
    assert math.isnan(diversity(same[:3], ["a", "b", "c"]))


@pytest.mark.parametrize("count", [10, 300])
def test_copies_of_learned_pictures_are_found_and_new_ones_are_not(count: int) -> None:
    """However many were learned, with noise, blurred or recompressed; not variants of them."""
    learned = np.concatenate([discs(range(count // 2), True), discs(range(count // 2), False)])
    memory = remember(np.concatenate([learned, learned[:5]]))
    assert len(memory.averages) == count
    noise = RANDOM.integers(-4, 5, learned.shape)
    for copies in (
        learned,
        np.clip(learned + noise, 0, 255).astype(np.uint8),
        np.stack([blur(each, 0.7) for each in learned]),
        np.stack([recompress(each, 60) for each in learned]),
    ):
        assert memorised_share(copies, memory) > 0.97
    assert memorised_share(discs(range(1000, 1200), True), memory) < 0.05
    plain = np.full_like(learned[:3], 255)
    assert memorised_share(plain, memory) == 0
    with pytest.raises(DataError, match="different pictures"):
        remember(np.repeat(learned[:2], 9, axis=0))


def test_statistics_know_plain_pictures() -> None:
    white = np.full((30, 30, 3), 255, np.uint8)
    assert photography_of(white).clipped == 1 and colourfulness(white) == 0
    red = np.full((30, 30, 3), (255, 0, 0), np.uint8)
    assert colourfulness(red) > 80 and photography_of(red).clipped == 0
    noise = RANDOM.integers(0, 256, (30, 30, 3), np.uint8)
    assert photography_of(noise).clutter > 0.8 > 0.1 > photography_of(disc(1, True)).clutter


def test_a_subject_on_a_third_is_on_a_third() -> None:
    picture = np.full((60, 60, 3), 255, np.uint8)
    picture[15:25, 15:25] = (200, 0, 0)
    found = photography_of(picture)
    assert found.thirds < 0.02 and found.subject == pytest.approx(100 / 3600)
    centred = np.roll(picture, (10, 10), (0, 1))
    assert photography_of(centred).thirds > found.thirds + 0.1
    both = mean_photography(np.stack([picture, centred]))
    assert found.thirds < both.thirds < photography_of(centred).thirds
