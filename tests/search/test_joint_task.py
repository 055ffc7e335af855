import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.arch import format_architecture
from stereopsis.search.budget import Budget, parse_budget
from stereopsis.search.joint_task import (
    EPOCHS,
    JointSettings,
    fill_failures,
    joint_space,
    search_jointly,
    train_candidate,
)
from stereopsis.search.recipe import Recipe
from stereopsis.search.task_cost import TaskCost
from stereopsis.search.trials.trial import Outcome
from stereopsis.search.trials.workers import InProcess
from tests.search.tasks import TINY_SPACE, task

NAME = "tests.search.tasks:task"
SETTINGS = JointSettings(trials=16, steps=16, threads=1, workers=InProcess())
BUDGET = parse_budget("40k-macs")


def trial(folder: Path, epochs: int = EPOCHS, steps: int = 16) -> dict[str, Any]:
    return {
        "task": NAME,
        "data": [],
        "folder": str(folder),
        "architecture": format_architecture(TINY_SPACE.smallest()).splitlines(),
        "recipe": asdict(Recipe(learning_rate=0.01)),
        "steps": steps,
        "epochs": epochs,
        "seed": 0,
        "device": "cpu",
    }


def trained(settings: Mapping[str, Any], most: int = EPOCHS) -> tuple[list[float], float]:
    curve: list[float] = []

    def report(score: float) -> bool:
        curve.append(score)
        return len(curve) == most

    return curve, train_candidate(settings, report)["score"]


def test_a_trial_that_stopped_early_is_trained_on_as_if_it_had_not(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    whole, score = trained(trial(tmp_path / "whole", steps=160))
    assert len(whole) == EPOCHS and whole[-1] == score > 0.5  # by chance .25
    early, _ = trained(trial(tmp_path / "parts", 3, steps=160))
    later, again = trained(trial(tmp_path / "parts", steps=160))
    assert early == whole[:3] and later == whole and again == score


def test_a_trial_ends_when_it_is_told_to(tmp_path: Path) -> None:
    curve, score = trained(trial(tmp_path), most=2)
    assert len(curve) == 2 and score == curve[-1]


def test_finds_a_network_and_a_recipe_within_the_budget_and_goes_on(tmp_path: Path) -> None:
    costs = TaskCost(task)
    lines: list[int] = []
    found = search_jointly(
        (NAME, []), BUDGET, costs, tmp_path, SETTINGS, lambda s: lines.append(s.finished)
    )
    own = len(TINY_SPACE.space().choices)
    for each in found.result.evaluated:
        assert costs.exact(each.candidate[:own]).flops <= BUDGET.limit
    assert len({each.candidate for each in found.result.evaluated if each.whole}) >= 2
    runs = sorted((tmp_path / "trials").glob("*/scores.json"))
    times = [path.stat().st_mtime_ns for path in runs]
    again = search_jointly((NAME, []), BUDGET, costs, tmp_path, SETTINGS)
    assert (again.architecture, again.recipe) == (found.architecture, found.recipe)
    assert [path.stat().st_mtime_ns for path in runs] == times  # nothing was trained twice
    assert lines


def test_a_budget_of_time_that_none_keeps_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stereopsis.search import joint_task
    from stereopsis.search.latency import LatencyModel

    monkeypatch.setattr(joint_task, "measure_network", lambda *_: 7.0)
    costs = TaskCost(task, LatencyModel((0.0,) * 4, 1.0, 0.0))
    with pytest.raises(OptionError, match="trained to the end takes 5 ms or less"):
        search_jointly((NAME, []), Budget(5.0, "ms"), costs, tmp_path, SETTINGS)


def test_recipes_are_told_from_architectures() -> None:
    space = joint_space(task)
    assert space.recipe == {"learning_rate", "weight_decay", "averaged", "warmup"}
    assert space.choices[: -len(space.recipe)] == TINY_SPACE.space().choices


def test_a_training_that_failed_is_as_bad_as_the_worst(tmp_path: Path) -> None:
    def ended(*curve: float) -> Outcome:
        return Outcome(curve[-1], {}, curve, 1.0, "here")

    failed = Outcome(None, {}, (0.9,), 1.0, "here", "It diverged.")
    assert fill_failures([ended(0.3, 0.7), failed, ended(0.4, 0.6)], 2)[1] == (0.3, 0.6)
    with pytest.raises(DataError, match=r"All 1 trainings .* It diverged"):
        fill_failures([failed], 2)


def test_refuses_too_few_trials() -> None:
    with pytest.raises(OptionError, match="teach a predictor nothing"):
        JointSettings(trials=4)


def test_scores_are_kept_beside_the_run(tmp_path: Path) -> None:
    trained(trial(tmp_path, 2))
    (kept,) = tmp_path.glob("*/scores.json")
    assert len(json.loads(kept.read_text())) == 2
