import json
from pathlib import Path

import numpy as np
import pytest

from stereopsis.depth.trust import THRESHOLD, WEIGHTS
from stereopsis.errors import DataError
from stereopsis.studies.decision import (
    fit,
    held_out_scores,
    main,
    to_json,
    verdict,
)
from stereopsis.studies.decision_trials import Trial
from stereopsis.train.ranking import area_under_curve
from tests.train.pair_folders import write_pair

NAMES = list(WEIGHTS)[1:]


def make_trial(
    condition: str = "drift 0",
    scene: str = "set/a",
    stereo_px: float | None = 1.0,
    sure: float = 0.9,
    swapped: bool = False,
    trust: float = 0.9,
) -> Trial:
    measured = dict.fromkeys(NAMES, 0.5) | {"sure": sure}
    problem = None if trust >= THRESHOLD else "it is no good"
    found = measured if stereo_px is not None else {}
    return Trial(scene, scene, condition, 2.0, stereo_px, found, swapped, trust, problem)


def test_a_fit_finds_which_way_a_measure_speaks() -> None:
    rng = np.random.default_rng(0)
    measured = rng.standard_normal((2000, 3))
    chance = 1 / (1 + np.exp(-(0.5 + 2 * measured[:, 0] - measured[:, 1])))
    weights = fit(measured, rng.random(2000) < chance)
    assert weights == pytest.approx([0.5, 2, -1, 0], abs=0.6)


def test_the_better_of_both_loses_nothing() -> None:
    trials = [make_trial(), make_trial(stereo_px=4.0, trust=0.1)]
    found = verdict(trials, np.array([t.trust for t in trials]), THRESHOLD)
    assert found.loss_percent == 0 and found.auc == 1 and found.right_percent == 100
    assert found.always_stereo_loss_percent == pytest.approx(50)
    assert found.always_mono_loss_percent == pytest.approx(50)


def test_pairs_that_are_none_count_when_stereo_is_used_on_them() -> None:
    trials = [make_trial(), make_trial("foreign"), make_trial("swapped", trust=0.2)]
    found = verdict(trials, np.array([t.trust for t in trials]), THRESHOLD)
    assert (found.accepted_no_pairs, found.no_pairs) == (1, 2)
    assert not trials[1].stereo_is_better


def test_what_a_fault_ruled_out_scores_below_everything() -> None:
    rng = np.random.default_rng(1)
    trials = [
        make_trial(
            scene=f"set/{k % 5}",
            stereo_px=1.0 if (good := rng.random() < 0.5) else 5.0,
            sure=0.9 if good else 0.3,
        )
        for k in range(40)
    ]
    trials += [make_trial("foreign", stereo_px=None), make_trial("swapped", swapped=True)]
    scores = held_out_scores(trials)
    assert np.isneginf(scores[-2:]).all() and np.isfinite(scores[:-2]).all()
    better = np.array([t.stereo_is_better for t in trials])
    assert area_under_curve(scores, better) > 0.99


def test_the_report_holds_every_condition(tmp_path: Path) -> None:
    trials = [make_trial(), make_trial("foreign", stereo_px=None, trust=0.0)]
    found = verdict(trials, np.array([t.trust for t in trials]), THRESHOLD)
    report = json.loads(to_json(trials, found, found, np.zeros(len(WEIGHTS))))
    assert report["conditions"]["foreign"]["stereo_px"] is None
    assert report["conditions"]["drift 0"]["stereo_used"] == 1
    assert set(report["weights"]) == set(WEIGHTS)


def test_pairs_of_one_scene_alone_are_refused(tmp_path: Path) -> None:
    for name in ("Piano", "PianoL"):
        write_pair(tmp_path / "truth" / "stereo" / "middlebury2014Q" / name)
    with pytest.raises(DataError, match="shows one scene only"):
        main(tmp_path / "truth", tmp_path / "out")
