import json
from pathlib import Path

import pytest

from stereopsis.nets.arch import parse_architecture
from stereopsis.search.depth_task import DepthTask
from stereopsis.search.open_task import OpenedTask
from stereopsis.search.recipe import Recipe
from stereopsis.studies.depth_recipe import FOUND, OURS, summarise, train_by
from stereopsis.train.mono import MonoRecipe
from tests.studies.test_depth_search import KNOWN, SPACE, pack


def test_recipes_are_judged_by_the_same_steps_from_the_same_seeds(tmp_path: Path) -> None:
    task = DepthTask([pack()], SPACE, MonoRecipe(batch=2, sizes=((32, 64),)), KNOWN)
    architecture = parse_architecture("conv_k3_s2_c8\nir_k3_s2_e2_c12\nir_k3_s2_e2_c16")
    recipes = {FOUND: Recipe(learning_rate=1e-3), OURS: Recipe()}
    opened = OpenedTask(task, "tiny")
    scores = train_by(recipes, opened, architecture, tmp_path, (2, 2))
    assert {name: len(each) for name, each in scores.items()} == {FOUND: 2, OURS: 2}
    report = json.loads((tmp_path / "found-recipe-1" / "report.json").read_text())
    assert report["score"] == scores[FOUND][1] and report["recipe"]["learning_rate"] == 1e-3


def test_gains_are_by_seed() -> None:
    told = summarise({FOUND: [-1.0, -2.0], OURS: [-1.5, -1.0]})
    assert told["found_minus_ours"] == pytest.approx([0.5, -1.0])
