import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.arch import format_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.trunk import build_trunk
from stereopsis.search import joint_task
from stereopsis.search.budget import Budget, parse_budget
from stereopsis.search.evolve import EvolveConfig
from stereopsis.search.fbnetv3 import JointConfig, JointResult, joint_search
from stereopsis.search.joint_task import (
    EPOCHS,
    JointSettings,
    Site,
    check_some_succeeded,
    joint_space,
    search_jointly,
    train_candidate,
)
from stereopsis.search.open_task import OpenedTask
from stereopsis.search.recipe import Recipe
from stereopsis.search.task_cost import TaskCost
from stereopsis.search.trials import InProcess, Outcome, Report, TrialStore
from stereopsis.train.loop import CHECKPOINT
from tests.search.small_tables import QUICK
from tests.search.tasks import TINY_SPACE, task

OPENED = OpenedTask(task, "tests.search.tasks:task")
SETTINGS = JointSettings(trials=16, steps=16, threads=1, workers=InProcess())
BUDGET = parse_budget("40k-macs")


@pytest.fixture(autouse=True)
def small_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that learn sooner, and fewer candidates to ask them about."""
    sizes = JointSettings.config
    evolution = EvolveConfig(best=5, random=5, children=20, kept=40)

    def config(settings: JointSettings) -> JointConfig:
        return replace(sizes(settings), pool=200, predictor=QUICK, evolution=evolution)

    monkeypatch.setattr(JointSettings, "config", config)


def trial(epochs: int = EPOCHS, steps: int = 16) -> dict[str, Any]:
    return {
        "task": OPENED.fingerprint,
        "architecture": format_architecture(TINY_SPACE.smallest()).splitlines(),
        "recipe": asdict(Recipe(learning_rate=0.01)),
        "steps": steps,
        "epochs": epochs,
        "seed": 0,
        "device": "cpu",
    }


def trained(
    folder: Path, settings: Mapping[str, Any], most: int = EPOCHS
) -> tuple[list[float], float]:
    curve: list[float] = []

    def report(score: float) -> bool:
        curve.append(score)
        return len(curve) == most

    return curve, train_candidate(Site(folder, OPENED.name, ()), settings, report)["score"]


def test_a_trial_that_stopped_early_is_trained_on_as_if_it_had_not(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    whole, score = trained(tmp_path / "whole", trial(steps=160))
    assert len(whole) == EPOCHS and whole[-1] == score > -1.1  # by chance -1.39
    early, _ = trained(tmp_path / "parts", trial(3, steps=160))
    later, again = trained(tmp_path / "parts", trial(steps=160))
    assert early == whole[:3] and later == whole and again == score


def test_a_trial_ends_when_it_is_told_to(tmp_path: Path) -> None:
    curve, score = trained(tmp_path, trial(), most=2)
    assert len(curve) == 2 and score == curve[-1]


def test_finds_a_network_and_a_recipe_within_the_budget_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = TaskCost(task)
    lines: list[int] = []
    found = search_jointly(
        OPENED, BUDGET, costs, tmp_path, SETTINGS, lambda s: lines.append(s.finished)
    )
    own = len(TINY_SPACE.space().choices)
    for each in found.result.evaluated:
        assert costs.exact(each.candidate[:own]).flops <= BUDGET.limit
    assert len({each.candidate for each in found.result.evaluated if each.whole}) >= 2
    assert max(lines) == SETTINGS.trials and lines == sorted(lines)

    def forbidden(*_: object) -> None:
        raise AssertionError("trained twice")

    monkeypatch.setattr(joint_task, "train_candidate", forbidden)
    again = search_jointly(OPENED, BUDGET, costs, tmp_path, SETTINGS)
    assert (again.architecture, again.recipe) == (found.architecture, found.recipe)


@pytest.mark.parametrize("trials", [8, 9, 13, 16, 48, 100])
def test_runs_as_many_trials_as_it_is_told(trials: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    config = JointSettings(trials=trials).config()
    assert config.batches * config.batch + config.finalists == trials
    assert config.batch >= 2 and trials // 8 <= config.finalists <= trials // 8 + 3


def test_begins_with_our_recipe_and_tries_no_network_twice_by_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Mapping[str, Any]] = []

    def note(site: Site, trial: Mapping[str, Any], report: Report) -> dict[str, float]:
        tried.append(trial)
        score = float(len(str(trial["architecture"])))
        for _ in range(trial["epochs"]):
            report(score)
        return {"score": score}

    monkeypatch.setattr(joint_task, "train_candidate", note)
    settings = JointSettings(trials=48, steps=8, workers=InProcess())
    search_jointly(OPENED, BUDGET, TaskCost(task), tmp_path, settings)
    assert tried[0]["recipe"] == asdict(Recipe()) and len(tried) == settings.trials
    early = [(str(each["architecture"]), str(each["recipe"]), each["epochs"]) for each in tried]
    assert len(set(early)) == len(early)


def test_a_network_that_failed_early_may_win_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_early(site: Site, trial: Mapping[str, Any], report: Report) -> dict[str, float]:
        if trial["epochs"] == 3:
            raise ValueError("It diverged.")
        score = float(len(str(trial["architecture"])))
        for _ in range(EPOCHS):
            report(score)
        return {"score": score}

    def search(*given: Any) -> JointResult:
        result = joint_search(*given)
        for each in result.evaluated:
            given[2]([each.candidate], 3)
        return result

    monkeypatch.setattr(joint_task, "train_candidate", fails_early)
    monkeypatch.setattr(joint_task, "joint_search", search)
    settings = JointSettings(trials=8, steps=8, workers=InProcess())
    found = search_jointly(OPENED, BUDGET, TaskCost(task), tmp_path, settings)
    lines = format_architecture(found.architecture).splitlines()
    assert float(len(str(lines))) == found.result.best.curve[-1]


def test_a_budget_of_time_that_none_keeps_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stereopsis.search.latency import LatencyModel

    monkeypatch.setattr(joint_task, "measure_network", lambda *_: 7.0)
    costs = TaskCost(task, LatencyModel((0.0,) * 4, 1.0, 0.0))
    with pytest.raises(OptionError, match="trained to the end takes 5ms or less"):
        search_jointly(OPENED, Budget(5.0, "ms"), costs, tmp_path, SETTINGS)


def test_recipes_are_told_from_architectures() -> None:
    space = joint_space(task)
    assert space.recipe == {"learning_rate", "weight_decay", "averaged", "warmup"}
    assert space.choices[: -len(space.recipe)] == TINY_SPACE.space().choices


def test_a_batch_that_failed_altogether_is_told() -> None:
    failed = Outcome(None, {}, (0.9,), 1.0, "here", "It diverged.")
    done = Outcome(0.7, {}, (0.3, 0.7), 1.0, "here")
    check_some_succeeded([done, failed])
    with pytest.raises(DataError, match=r"All 1 trainings .* It diverged"):
        check_some_succeeded([failed])


def test_what_failed_is_not_chosen_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = JointSettings(trials=8, steps=8, threads=1, workers=InProcess())
    tried: list[list[str]] = []

    def fails(site: Site, trial: Mapping[str, Any], report: Report) -> dict[str, float]:
        tried.append(trial["architecture"])
        if trial["architecture"] == tried[0]:
            raise ValueError("It diverged.")
        return train_candidate(site, trial, report)

    def scores() -> list[float | None]:
        with TrialStore(tmp_path / "trials.db") as store:
            return [each.outcome.score for each in store.records() if each.outcome]

    with monkeypatch.context() as patch:
        patch.setattr(joint_task, "train_candidate", fails)
        found = search_jointly(OPENED, BUDGET, TaskCost(task), tmp_path, settings)
    assert format_architecture(found.architecture).splitlines() != tried[0]
    failed, all_of_them = scores().count(None), len(scores())
    assert 0 < failed < all_of_them
    search_jointly(OPENED, BUDGET, TaskCost(task), tmp_path, settings)
    assert None not in scores() and len(scores()) >= all_of_them


def test_a_budget_that_draws_hardly_keep_is_searched_too(tmp_path: Path) -> None:
    costs, settings = TaskCost(task), JointSettings(trials=8, steps=8, workers=InProcess())
    least = measure_cost(task.build(build_trunk(TINY_SPACE.smallest())).eval(), *task.example())
    budget = Budget(1.02 * least.flops, "macs")
    found = search_jointly(OPENED, budget, costs, tmp_path, settings)
    network = task.build(build_trunk(found.architecture)).eval()
    assert measure_cost(network, *task.example()).flops <= budget.limit


def test_refuses_too_few_trials() -> None:
    with pytest.raises(OptionError, match="teach a predictor nothing"):
        JointSettings(trials=4)
    with pytest.raises(OptionError, match="9999 trials are more"):
        JointSettings(trials=9999)
    with pytest.raises(OptionError, match="no seed -1"):
        JointSettings(seed=-1)


def test_scores_are_kept_beside_the_run(tmp_path: Path) -> None:
    trained(tmp_path, trial(2))
    (kept,) = tmp_path.glob("*/scores.json")
    assert len(json.loads(kept.read_text())) == 2
    assert (kept.parent / CHECKPOINT).exists()


def test_of_a_trial_that_ended_the_curve_is_kept_alone(tmp_path: Path) -> None:
    first = trained(tmp_path, trial())
    assert not list(tmp_path.glob(f"*/{CHECKPOINT}"))
    assert trained(tmp_path, trial()) == first
    assert not list(tmp_path.glob(f"*/{CHECKPOINT}"))
