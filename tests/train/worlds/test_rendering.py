from typing import Any

import numpy as np
import pytest

from stereopsis.scene.camera import Camera
from stereopsis.train.worlds import rendering
from stereopsis.train.worlds.factory import make_rendering
from stereopsis.train.worlds.model import Model, join
from stereopsis.train.worlds.occlusion import occlusion
from stereopsis.train.worlds.raster import Hits, rasterise
from stereopsis.train.worlds.rendering import PICTURE_ALONE, Rendering, Wanted, render
from stereopsis.train.worlds.semantic import Finish, Semantic
from stereopsis.train.worlds.shade import shade
from stereopsis.train.worlds.shapes import box, ellipsoid, rectangle
from stereopsis.train.worlds.stage import Conditions, cast_shadows, draw, set_stage
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.view import View

EVERYTHING = Wanted(semantic=True, second_eye=True, hidden_layers=2)
FLOOR = rectangle(np.array([-20, 1, 0]), np.array([40, 0, 0]), np.array([0, 0, 20]), 0, 10)
WALL = rectangle(np.array([-20, -20, 8]), np.array([40, 0, 0]), np.array([0, 21, 0]), 1, 10)


def scene() -> View:
    """A floor, a wall, a ball and a box, each of its own class."""
    things = join(
        [
            ellipsoid(np.ones(3), 2).placed([-0.6, 1, 3]).labelled(Semantic.ANIMAL),
            box([1, 1, 1], (3, 4, 5)).placed([0.8, 1, 4]).labelled(Semantic.FURNITURE),
        ]
    )
    shell = join([FLOOR.labelled(Semantic.FLOOR, Finish.GLOSSY), WALL.labelled(Semantic.WALL)])
    return View(things, shell, np.zeros(3), 0.0, 0.0, 0.0, np.radians(70), outdoors=False)


def rendered(stock: Stock, wanted: Wanted, seed: int = 0) -> Rendering:
    rng = np.random.default_rng(seed)
    view = scene()
    camera = view.camera(120, 90)
    stage = cast_shadows(set_stage(view, stock.texels, Conditions.sampled(rng, view)), view)
    return render(stage, camera, draw(stage, camera), wanted, rng)


@pytest.mark.parametrize("seed", range(6))
def test_one_eyes_pixels_are_found_in_the_other_by_their_disparity(stock: Stock, seed: int):
    first = rendered(stock, EVERYTHING, seed)
    second = first.second_eye
    assert second is not None and second.baseline_m > 0
    disparity = first.focal_px * second.baseline_m * first.inverse_depth
    rows, columns = np.indices(disparity.shape)
    there = np.rint(columns - disparity).astype(int)
    inside = (there >= 0) & (there < disparity.shape[1])
    found = second.inverse_depth[rows[inside], there[inside]]
    error_px = (found / first.inverse_depth[inside] - 1) * disparity[inside]
    assert (np.abs(error_px) < 0.6).mean() > 0.85  # the rest is hidden from the second eye
    assert (error_px > -0.6).mean() > 0.985  # by what is nearer, but for rounding at edges
    assert 0.005 < disparity.max() / disparity.shape[1] < 0.3


@pytest.mark.parametrize("seed", range(3))
def test_the_eyes_see_the_same_colours(stock: Stock, seed: int):
    first = rendered(stock, EVERYTHING, seed)
    assert first.second_eye is not None
    means = [image.mean((0, 1)) for image in (first.image, first.second_eye.image)]
    assert means[0] == pytest.approx(means[1], abs=12)


def test_classes_are_those_of_the_faces(stock: Stock):
    view = scene()
    camera = view.camera(120, 90)
    model = join([view.shell, view.things])
    face = rasterise(model, stock.texels, camera).face
    rendering = rendered(stock, PICTURE_ALONE)
    assert (rendering.semantic == model.semantic[face]).all()
    assert set(np.unique(rendering.semantic)) == {
        Semantic.FLOOR,
        Semantic.WALL,
        Semantic.ANIMAL,
        Semantic.FURNITURE,
    }


def test_hidden_layers_show_what_is_behind(stock: Stock):
    rendering = rendered(stock, EVERYTHING)
    first, second = rendering.hidden
    on_things = np.isin(rendering.semantic, [Semantic.ANIMAL, Semantic.FURNITURE])
    assert first.valid[on_things].mean() > 0.98
    assert (first.inverse_depth[first.valid] < rendering.inverse_depth[first.valid]).all()
    assert (second.inverse_depth[second.valid] < first.inverse_depth[second.valid]).all()
    assert not (second.valid & ~first.valid).any()
    for layer in rendering.hidden:
        assert ((layer.inverse_depth > 0) == layer.valid).all()
        assert (layer.image[~layer.valid] == 0).all()
    assert first.image[first.valid].mean() > 10


def test_hidden_corners_are_as_dark_as_seen_ones(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They get the light that is left between what stands there, as the picture's surfaces do."""
    lit = list[np.ndarray]()

    def listening(hits: Hits, model: Model, texels: np.ndarray, camera: Camera, lighting: Any):
        expected = occlusion(hits, model, camera)
        np.testing.assert_array_equal(lighting[-1], expected)
        lit.append(lighting[-1])
        return shade(hits, model, texels, camera, lighting)

    monkeypatch.setattr(rendering, "shade", listening)
    rendered(stock, EVERYTHING)
    assert len(lit) == 2 and min(each.min() for each in lit) < 1


def test_nothing_is_paid_for_what_is_not_wanted(stock: Stock):
    rendering = rendered(stock, PICTURE_ALONE)
    assert rendering.second_eye is None and rendering.hidden == ()


def test_the_picture_does_not_depend_on_what_is_wanted_beside_it(stock: Stock):
    alone, full = rendered(stock, PICTURE_ALONE), rendered(stock, EVERYTHING)
    assert (alone.image == full.image).all()
    assert (alone.inverse_depth == full.inverse_depth).all()


def test_lenses_bend_no_lines_where_a_second_eye_is_wanted(stock: Stock):
    assert EVERYTHING.needs_pinhole and Wanted(second_eye=True).needs_pinhole
    assert not Wanted(semantic=True).needs_pinhole
    rendering = make_rendering(stock, np.random.default_rng(1), EVERYTHING, sizes=((64, 48),))
    assert rendering.second_eye is not None and len(rendering.hidden) == 2
