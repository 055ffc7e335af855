"""The quality of a shot: every fault lowers it, and a perfect one is a needle."""

from dataclasses import replace

import numpy as np
import pytest

from stereopsis.imagine.haystack.annotators import GENERALIST, SPECIALIST, share_of_keeps
from stereopsis.imagine.haystack.shot import NEEDLE_Q, WEIGHTS, Shot, heads, quality

GOOD = Shot(
    subject_x=1 / 3, subject_y=0.58, size=0.5, tilt_deg=0, side_deg=70, exposure_ev=0, fill=0.9,
    saturation=1.1, contrast=1.1, difference=1.0, clutter=0, far_blur=0.03, pattern=0.3, gloss=1.0,
    blur=0, grain=0,
)  # fmt: skip
FAULTS = {
    "composition": ({"subject_x": 0.5}, {"subject_x": 0.02}, {"size": 0.15}, {"tilt_deg": 12}),
    "lighting": ({"side_deg": 0}, {"exposure_ev": 2}, {"exposure_ev": -2}, {"fill": 4}),
    "color": ({"saturation": 0.1}, {"saturation": 2}, {"contrast": 0.4}, {"difference": 0.1}),
    "background": ({"clutter": 3}, {"far_blur": 0}),
    "detail": ({"gloss": 0.1}, {"blur": 0.02}, {"grain": 0.1}),
}


def test_a_perfect_shot_is_perfect() -> None:
    assert quality(GOOD) == pytest.approx(1)
    assert sum(WEIGHTS.values()) == pytest.approx(1)


@pytest.mark.parametrize("head", FAULTS)
def test_a_fault_lowers_its_own_head_alone(head: str) -> None:
    for fault in FAULTS[head]:
        bad = replace(GOOD, **fault)
        lowered = {name for name, value in heads(bad).items() if value < heads(GOOD)[name] - 0.05}
        assert lowered == {head}, fault
        assert 0 <= quality(bad) < quality(GOOD)


def test_generalists_lose_few_needles_and_specialists_keep_little_hay() -> None:
    random = np.random.default_rng(0)
    needles = [share_of_keeps(GENERALIST, NEEDLE_Q + 0.03, False, 3, random) for _ in range(400)]
    hay = [share_of_keeps(SPECIALIST, 0.75, False, 3, random) for _ in range(400)]
    marred = [share_of_keeps(SPECIALIST, 1.0, True, 3, random) for _ in range(400)]
    assert np.mean(np.array(needles) > 0.3) > 0.98
    assert np.mean(np.array(hay) > 0.6) < 0.02 and np.mean(np.array(marred) > 0.6) < 0.02
