import json
from pathlib import Path

import pytest

from stereopsis.search.evolve import EvolveConfig
from stereopsis.search.fbnetv3 import JointConfig
from stereopsis.studies import joint
from stereopsis.studies.joint import (
    GOOD_RECIPE,
    any_recipe,
    main,
    search_in_turn,
    search_together,
)
from stereopsis.studies.regret_trials import Problem, infeasible, pose
from stereopsis.studies.tables import HPOLIB_RECIPE, read_hpolib
from tests.search.small_tables import QUICK, write_hpolib

CONFIG = JointConfig(
    batch=6,
    pool=300,
    predictor=QUICK,
    evolution=EvolveConfig(best=5, random=5, children=20, kept=40),
)


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory) -> Problem:
    path = tmp_path_factory.mktemp("table") / "hpolib_x.npz"
    write_hpolib(path)
    return pose(read_hpolib(path), "params")


def test_searches_in_turn_fix_the_recipe_and_then_the_architecture(problem: Problem) -> None:
    found = search_in_turn(problem, 24, 0, CONFIG, GOOD_RECIPE)
    options = [problem.table.space.describe(each) for each in found.candidates]
    assert len(options) == 24
    assert infeasible(problem, found) == 0
    assert all(GOOD_RECIPE.items() <= each.items() for each in options[:12])
    architectures = {
        tuple(value for name, value in each.items() if name not in HPOLIB_RECIPE)
        for each in options[12:]
    }
    assert len(architectures) == 1


def test_searches_together_choose_both(problem: Problem) -> None:
    found = search_together(problem, 24, 0, CONFIG)
    assert len(set(found.candidates)) == 24
    rates = {problem.table.space.describe(each)["rate"] for each in found.candidates}
    assert len(rates) > 1


def test_any_recipe_is_one_of_the_space(problem: Problem) -> None:
    recipes = [any_recipe(problem, seed) for seed in range(5)]
    assert all(set(recipe) == HPOLIB_RECIPE for recipe in recipes)
    assert recipes[0] == any_recipe(problem, 0) != recipes[1]


def test_writes_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_hpolib(tmp_path / "hpolib_x.npz")
    monkeypatch.setattr(joint, "CONFIG", CONFIG)
    main([tmp_path / "hpolib_x.npz"], tmp_path / "out", seeds=2, evaluations=24)
    report = json.loads((tmp_path / "out" / "joint.json").read_text())
    assert report["HPOLib x"]["together"]["excess"] == [0, 0, 0]
    assert (tmp_path / "out" / "joint_x.png").exists()
