import json
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.trunk import build_trunk
from stereopsis.search.budget import Budget, parse_budget
from stereopsis.search.pictures_task import PicturesTask, read_pictures
from stereopsis.search.trials.trial import Outcome, make_trial
from stereopsis.studies.small_search import main, summarise
from stereopsis.studies.small_search_trials import (
    CHANCE,
    FOUND,
    NEAR,
    PUBLISHED,
    SPACE,
    draw_near,
    fit_width,
    list_settings,
    scale_width,
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("pictures") / "pictures.npz"
    labels = np.arange(40) % 10
    images = rng.integers(0, 256, (40, 32, 32, 3), np.uint8)
    np.savez(path, train_x=images, train_y=labels, test_x=images, test_y=labels)
    return path


@pytest.fixture(scope="module")
def task(file: Path) -> PicturesTask:
    return PicturesTask(*read_pictures(file), SPACE)


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("limit", [3e6, 6e6])
def test_published_networks_come_as_near_the_budget_as_widths_allow(
    task: PicturesTask, name: str, limit: float
) -> None:
    fitted = fit_width(task, PUBLISHED[name], Budget(limit, "macs"))
    macs = measure_cost(task.build(build_trunk(fitted)).eval(), *task.example()).flops
    assert 0.85 * limit < macs <= limit
    whole = PUBLISHED[name]
    assert [s.kernel for s in fitted.stages] == [s.kernel for s in whole.stages]
    assert scale_width(whole, 1.0) == whole


def test_no_width_fits_an_impossible_budget(task: PicturesTask) -> None:
    with pytest.raises(OptionError, match="No width"):
        fit_width(task, PUBLISHED["FBNetV2-F1"], parse_budget("1k-macs"))
    with pytest.raises(OptionError, match="costs about"):
        draw_near(task, parse_budget("1k-macs"), 0)


def test_networks_of_chance_use_the_budget_and_differ(task: PicturesTask) -> None:
    budget = parse_budget("6M-macs")
    drawn = [draw_near(task, budget, seed) for seed in range(3)]
    assert len(set(drawn)) == 3 and drawn[0] == draw_near(task, budget, 0)
    for each in drawn:
        macs = measure_cost(task.build(build_trunk(each)).eval(), *task.example()).flops
        assert NEAR * budget.limit <= macs <= budget.limit


def test_other_pictures_in_the_file_are_other_trials(tmp_path: Path) -> None:
    path, keys = tmp_path / "pictures.npz", []
    for held in (b"first", b"first", b"other"):
        path.write_bytes(held)
        settings = list_settings(path, tmp_path, parse_budget("6M-macs"), 1, 5, 10)
        keys.append([make_trial(each).key for each in settings])
    assert keys[0] == keys[1] and not set(keys[0]) & set(keys[2])
    with pytest.raises(DataError, match="There is no file"):
        list_settings(tmp_path / "absent.npz", tmp_path, parse_budget("6M-macs"), 1, 5, 10)


def test_gains_are_counted_seed_by_seed(file: Path) -> None:
    settings = list_settings(file, Path("r"), parse_budget("6M-macs"), 2, 5, 10)
    assert [each["arm"] for each in settings[::2]] == [FOUND, *PUBLISHED, CHANCE]
    outcomes = [
        Outcome(0.6 if each["arm"] == FOUND else 0.5 + 0.2 * each["seed"], {}, (), 1.0, "here")
        for each in settings
    ]
    gains = summarise(settings, outcomes)["found_minus"]
    assert isinstance(gains, dict) and set(gains) == {*PUBLISHED, CHANCE}
    assert gains[CHANCE] == pytest.approx([0.1, -0.1])
    failed = Outcome(None, {}, (), 1.0, "here", "It died.")
    with pytest.raises(DataError, match="trial of found failed: It died"):
        summarise(settings, [failed, *outcomes[1:]])


def test_the_study_writes_figures_and_a_picture(file: Path, tmp_path: Path) -> None:
    main(file, tmp_path / "out", tmp_path / "runs", seeds=1, steps=1, search_steps=10)
    report = json.loads((tmp_path / "out" / "small_search.json").read_text())
    assert set(report["arms"]) == {FOUND, *PUBLISHED, CHANCE}
    for arm, (row,) in report["arms"].items():
        assert 0 < row["macs"] <= 6e6 and 0 <= row["score"] <= 1, arm
    assert {"seconds", "inherited_score"} <= set(report["arms"][FOUND][0])
    assert (tmp_path / "out" / "small_search.png").read_bytes().startswith(b"\x89PNG")
