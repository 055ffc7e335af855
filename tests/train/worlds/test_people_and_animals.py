import numpy as np
import pytest

from stereopsis.train.worlds.animals import animal, bird
from stereopsis.train.worlds.people import bust, person
from stereopsis.train.worlds.semantic import Semantic
from stereopsis.train.worlds.stock import Stock

SEEDS = range(4)


@pytest.mark.parametrize("seed", SEEDS)
def test_who_stands_is_as_tall_as_asked_and_has_feet_on_the_ground(seed: int, stock: Stock):
    made = person(np.random.default_rng(seed), stock, 1.8, "standing")
    height = -made.vertices[:, 1]
    assert height.min() == pytest.approx(0, abs=1e-4)
    assert 1.6 < height.max() < 2.5  # an arm may be raised
    assert (made.semantic == Semantic.PERSON).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_who_sits_is_lower_and_reaches_forward(seed: int, stock: Stock):
    rng = np.random.default_rng(seed)
    seated, standing = (person(rng, stock, 1.8, p).vertices for p in ("sitting", "standing"))
    head = np.percentile(-seated[:, 1], 90)
    assert head < 0.85 * np.percentile(-standing[:, 1], 90)
    thighs = seated[(-seated[:, 1] > 0.3) & (-seated[:, 1] < 0.6)]
    assert thighs[:, 2].max() > 0.3


def test_a_walker_takes_a_stride(stock: Stock):
    rng = np.random.default_rng(0)
    feet = []
    for posture in ("walking", "standing"):
        made = person(rng, stock, 1.8, posture).vertices
        feet.append(np.ptp(made[-made[:, 1] < 0.15][:, 2]))
    assert feet[0] > 1.5 * feet[1]


def test_a_bust_has_its_height(stock: Stock):
    made = bust(np.random.default_rng(1), stock, 0.6)
    assert -made.vertices[:, 1].min() == pytest.approx(0.6, abs=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_an_animal_is_as_long_as_asked_and_stands_on_the_ground(seed: int, stock: Stock):
    made = animal(np.random.default_rng(seed), stock, 0.9)
    assert np.ptp(made.vertices, axis=0).max() == pytest.approx(0.9, abs=1e-4)
    assert made.vertices[:, 1].max() == pytest.approx(0, abs=1e-4)
    assert (made.semantic == Semantic.ANIMAL).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bird_looks_ahead(seed: int, stock: Stock):
    made = bird(np.random.default_rng(seed), stock, 0.4)
    assert (made.semantic == Semantic.ANIMAL).all()
    upper = made.vertices[made.vertices[:, 1] < np.percentile(made.vertices[:, 1], 10)]
    assert upper[:, 2].mean() > made.vertices[:, 2].mean()
