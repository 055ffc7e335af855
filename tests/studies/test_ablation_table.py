from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.studies.ablation_table import (
    FALSE_BOLD,
    Spread,
    draw_bars,
    read_results,
    spread_of,
    to_markdown,
)

ROWS = [
    {"choice": "baseline", "name": "seed 0", "rendered a": "60.0", "measured a": "0.50"},
    {"choice": "baseline", "name": "seed 1", "rendered a": "62.0", "measured a": "0.52"},
    {"choice": "loss", "name": "none", "rendered a": "82.0", "measured a": "0.10"},
]


def test_only_what_luck_hardly_reaches_is_bold() -> None:
    table = to_markdown(ROWS)
    assert "| loss | none | 82 | **0.1** |" in table
    assert "| baseline | seed 0 | 60 | 0.5 |" in table
    assert "chance of up to 10%: of the 2 figures" in table
    assert "luck makes 0.1 bold on average" in table
    assert "**" not in to_markdown([ROWS[0], ROWS[2]])  # one seed tells nothing of luck


@pytest.mark.parametrize("seeds", [2, 3, 8])
def test_a_trial_without_effect_is_seldom_bold(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    drawn = rng.normal(size=(4000, seeds + 1)).tolist()
    bold = np.mean([not Spread(tuple(baseline)).is_luck(trial) for trial, *baseline in drawn])
    assert bold == pytest.approx(FALSE_BOLD, abs=0.012)


@pytest.mark.parametrize(
    ("value", "luck"), [(61, True), (82.9, True), (83.1, False), (38.9, False)]
)
def test_luck_of_two_seeds_reaches_eleven_times_as_far_as_they_are_apart(
    value: float, luck: bool
) -> None:
    assert spread_of(ROWS, "rendered a") == Spread((60, 62))
    assert spread_of(ROWS, "rendered a").is_luck(value) is luck


def test_the_picture_shows_every_trial() -> None:
    def drawn(rows: list[dict[str, str]]) -> np.ndarray:
        return cv2.imdecode(np.frombuffer(draw_bars(rows), np.uint8), cv2.IMREAD_COLOR)

    assert drawn(ROWS).std() > 3
    assert not np.array_equal(drawn(ROWS), drawn(ROWS[:2]))


def test_there_are_no_results_before_the_first(tmp_path: Path) -> None:
    assert read_results(tmp_path / "trials.csv") == []
