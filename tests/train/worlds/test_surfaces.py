import numpy as np
import pytest

from stereopsis.train.worlds.names import semantic_of_name
from stereopsis.train.worlds.semantic import Semantic
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.surfaces import PAINTERS, Surface, paint_surface
from stereopsis.train.worlds.texture import SIDE


@pytest.mark.parametrize("surface", PAINTERS)
def test_every_surface_is_painted_by_chance_alone(surface: Surface):
    one, same, other = (paint_surface(np.random.default_rng(s), surface) for s in (0, 0, 1))
    assert one.shape == (SIDE, SIDE, 3)
    assert (one == same).all() and (one != other).any()
    assert 5 < one.mean() < 250


def test_walls_are_plain():
    def unrest(surface: Surface) -> float:
        pictures = [paint_surface(np.random.default_rng(s), surface) for s in range(6)]
        return float(np.mean([np.abs(np.diff(p.astype(float), axis=1)).mean() for p in pictures]))

    assert unrest("wall") < 0.3 * unrest("grass")


def test_a_stock_gives_the_surface_asked_for_nearly_always(stock: Stock):
    rng = np.random.default_rng(0)
    given = [stock.surface(rng, "wood", "skin") for _ in range(300)]
    fitting = np.isin(given, stock.surfaces["wood"] + stock.surfaces["skin"])
    assert 0.8 < fitting.mean() < 1


@pytest.mark.parametrize(
    ("name", "semantic"),
    [
        ("stktex_palmTreeBark_a", Semantic.PLANT),
        ("city_asphalt_2", Semantic.ROAD),
        ("moving_water", Semantic.WATER),
        ("fence_house_c", Semantic.FENCE),
        ("cottage_wall3", Semantic.BUILDING),
        ("stk_generic_bedRock_a", Semantic.GROUND),
        ("Chest", Semantic.OBJECT),
    ],
)
def test_names_tell_what_things_are(name: str, semantic: Semantic):
    assert semantic_of_name(name) == semantic
