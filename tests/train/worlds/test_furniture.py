from collections.abc import Callable

import numpy as np
import pytest

from stereopsis.train.worlds import barriers, furniture, props, seats, trees, walls
from stereopsis.train.worlds.model import Model
from stereopsis.train.worlds.stock import Stock

PIECES = [
    seats.chair,
    seats.sofa,
    seats.bed,
    seats.bench,
    furniture.shelf,
    furniture.cupboard,
    furniture.kitchen,
    furniture.desk,
    furniture.media_bench,
    furniture.lamp,
    furniture.big_plant,
    furniture.radiator,
    furniture.any_furniture,
    walls.closed_door,
    barriers.car,
    barriers.bicycle,
]
SIZED = [
    props.any_prop,
    props.crate,
    props.vessel,
    props.ball,
    props.bust,
    props.person,
    props.animal,
    props.plant,
    props.pedestal,
    props.stone,
    props.bird,
    trees.tree,
    trees.bush,
]


@pytest.mark.parametrize("make", PIECES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_furniture_stands_on_the_floor(
    make: Callable[[np.random.Generator, Stock], Model], seed: int, stock: Stock
):
    height = -make(np.random.default_rng(seed), stock).vertices[:, 1]
    assert height.min() == pytest.approx(0, abs=0.02)
    assert 0.3 < height.max() < 3.5


@pytest.mark.parametrize("make", SIZED)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_props_have_about_the_size_asked_for(
    make: Callable[[np.random.Generator, Stock, float], Model], seed: int, stock: Stock
):
    small = make(np.random.default_rng(seed), stock, 1.0).vertices
    large = make(np.random.default_rng(seed), stock, 3.0).vertices
    assert np.ptp(large, axis=0) == pytest.approx(3 * np.ptp(small, axis=0), rel=0.1)
    assert 0.2 < np.ptp(small, axis=0).max() < 2.2


def test_a_table_has_its_measures(stock: Stock):
    for seed in range(6):
        made = furniture.table(np.random.default_rng(seed), stock, 1.6, 0.7, 0.9)
        assert np.ptp(made.vertices, axis=0) == pytest.approx([1.6, 0.7, 0.9], abs=1e-5)


def test_fences_and_columns_have_their_measures(stock: Stock):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        assert np.ptp(props.fence(rng, stock, 9.0, 1.5).vertices, axis=0)[:2] == pytest.approx(
            [9, 1.5]
        )
        row = props.columns(rng, stock, 5, 4.0)
        assert -row.vertices[:, 1].min() == pytest.approx(4.6)
        assert row.vertices[:, 1].max() == pytest.approx(0)
