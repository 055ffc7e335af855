from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.studies.ablation_table import (
    Spread,
    draw_bars,
    read_results,
    spread_of,
    to_markdown,
)

ROWS = [
    {"choice": "baseline", "name": "seed 0", "rendered a": "60.0", "measured a": "0.50"},
    {"choice": "baseline", "name": "seed 1", "rendered a": "62.0", "measured a": "0.52"},
    {"choice": "loss", "name": "none", "rendered a": "62.9", "measured a": "0.40"},
]


def test_only_what_lies_beyond_the_spread_is_bold() -> None:
    table = to_markdown(ROWS)
    assert "| loss | none | 62.9 | **0.4** |" in table
    assert "| baseline | seed 0 | 60 | 0.5 |" in table


@pytest.mark.parametrize(("value", "luck"), [(61, True), (59, True), (63, True), (58.9, False)])
def test_luck_reaches_as_far_as_the_seeds_are_apart(value: float, luck: bool) -> None:
    assert spread_of(ROWS, "rendered a") == Spread(60, 62)
    assert spread_of(ROWS, "rendered a").is_luck(value) is luck


def test_the_picture_shows_every_trial() -> None:
    def drawn(rows: list[dict[str, str]]) -> np.ndarray:
        return cv2.imdecode(np.frombuffer(draw_bars(rows), np.uint8), cv2.IMREAD_COLOR)

    assert drawn(ROWS).std() > 3
    assert not np.array_equal(drawn(ROWS), drawn(ROWS[:2]))


def test_there_are_no_results_before_the_first(tmp_path: Path) -> None:
    assert read_results(tmp_path / "trials.csv") == []
