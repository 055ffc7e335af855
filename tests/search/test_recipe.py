from itertools import product
from pathlib import Path

import pytest

from stereopsis.errors import OptionError
from stereopsis.search.recipe import RECIPES, Recipe, format_recipe, read_recipe, to_recipe


def test_a_recipe_survives_its_file(tmp_path: Path) -> None:
    for options in product(*(choice.options for choice in RECIPES)):
        names = [choice.name for choice in RECIPES]
        recipe = to_recipe({**dict(zip(names, options, strict=True)), "0.channels": 8})
        (tmp_path / "recipe.json").write_text(format_recipe(recipe))
        assert read_recipe(tmp_path / "recipe.json") == recipe
        assert recipe.learning_rate == options[0]


@pytest.mark.parametrize("steps", [1, 10, 3000])
def test_shares_are_of_the_steps(steps: int) -> None:
    config = Recipe().config(steps, seed=3, device="cpu")
    assert config.loop.steps == steps and config.seed == 3
    assert 0 <= config.loop.average < 1 and 1 <= config.loop.warmup <= max(1, steps)
    if steps == 3000:
        assert config.loop.average == pytest.approx(0.995) and config.loop.warmup == 100


def test_what_a_file_leaves_out_is_ours(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text('{"learning_rate": 0.004}')
    assert read_recipe(path) == Recipe(learning_rate=0.004)


@pytest.mark.parametrize(
    "text",
    ["no", "[]", '{"rate": 1}', '{"averaged": null}', '{"averaged": true}', '{"averaged": "1"}'],
)
def test_refuses_what_is_no_recipe(tmp_path: Path, text: str) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(text)
    with pytest.raises(OptionError, match="holds no recipe"):
        read_recipe(path)


@pytest.mark.parametrize(
    "wrong", [{"learning_rate": 0.0}, {"averaged": 2.0}, {"warmup": 1.0}, {"learning_rate": 1e30}]
)
def test_refuses_a_recipe_that_trains_nothing(wrong: dict[str, float]) -> None:
    with pytest.raises(OptionError, match="Nothing can be trained"):
        Recipe(**wrong)
