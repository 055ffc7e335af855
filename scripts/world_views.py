"""Rendered worlds as both eyes and other places around them see them, for judging new views."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from novel_view import MeasuredPair

from stereopsis.scene.arrays import ColorImage, InverseDepth, Mask
from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.__main__ import build_stock
from stereopsis.train.worlds.factory import (
    MAKERS,
    Maker,
    has_contrast,
    shows_something,
)
from stereopsis.train.worlds.lens import Lens
from stereopsis.train.worlds.raster import rasterise
from stereopsis.train.worlds.stage import (
    Conditions,
    Drawing,
    Stage,
    cast_shadows,
    draw,
    set_stage,
)
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.tracks import track_view

SIZE = (640, 480)
NEAR_SHARE = 0.06  # of the width, that what is near moves from eye to eye
SAME_DEPTH = 0.02  # share of inverse depth, within which two places see the same

Place = tuple[float, float]  # from the left eye, in baselines to the right and down
RIGHT_EYE: Place = (1.0, 0.0)


@dataclass(frozen=True)
class View:
    """The true picture from a place; which of its pixels the left eye, and both, do not see."""

    place: Place
    picture: ColorImage
    hidden: Mask
    hidden_from_both: Mask


@dataclass(frozen=True)
class World:
    """A pair with its true disparity, and true views from other places."""

    pair: MeasuredPair
    views: tuple[View, ...]


def render_worlds(count: int, photos: Path, places: tuple[Place, ...]) -> Iterator[World]:
    """So many worlds, painted with a folder's photos, each by the next of the factory's makers.

    Raises:
        DataError: the folder holds no photos.
    """
    stock = build_stock(0, photos, None)
    makers = [maker for maker, _ in MAKERS if maker != track_view]
    for number in range(count):
        maker = makers[number % len(makers)]
        rng = np.random.default_rng(number)
        stage, camera = _set_up(maker, stock, rng)
        yield _look_around(f"{maker.__name__} {number}", stage, camera, places, rng)


def _set_up(maker: Maker, stock: Stock, rng: np.random.Generator) -> tuple[Stage, Camera]:
    """A stage by this maker that shows something, and the left eye's camera."""
    while True:
        view = maker(rng, stock)
        camera = view.camera(*SIZE)
        stage = set_stage(view, stock.texels, Conditions.sampled(rng, view))
        if shows_something(rasterise(stage.solid, stock.texels, camera), view.outdoors):
            stage = cast_shadows(stage, view)
            if has_contrast(draw(stage, camera).image):
                return stage, camera


def _look_around(
    name: str,
    stage: Stage,
    camera: Camera,
    places: tuple[Place, ...],
    rng: np.random.Generator,
) -> World:
    """What is seen of the stage, by a lens that neither blurs nor adds noise."""
    left = draw(stage, camera)
    lens = Lens.sampled(rng, left.image, left.inverse_depth).without_blur_and_noise()
    near = float(np.quantile(left.inverse_depth, 0.98))
    px = NEAR_SHARE * camera.width / near  # that a unit of inverse depth moves from eye to eye
    baseline = px / camera.focal_px

    def seen_from(place: Place) -> Drawing:
        return draw(stage, camera.moved((place[0] * baseline, place[1] * baseline, 0.0)))

    def photo(drawing: Drawing) -> ColorImage:
        return lens.take(drawing.image, drawing.inverse_depth, rng)

    right = seen_from(RIGHT_EYE)
    views = []
    for place in places:
        drawing = seen_from(place)
        to_right = (RIGHT_EYE[0] - place[0], RIGHT_EYE[1] - place[1])
        hidden = ~_sees(left.inverse_depth, drawing.inverse_depth, (-place[0], -place[1]), px)
        missed = ~_sees(right.inverse_depth, drawing.inverse_depth, to_right, px)
        views.append(View(place, photo(drawing), hidden, hidden & missed))
    known = np.ones(left.inverse_depth.shape, np.bool_)
    pair = MeasuredPair(name, photo(left), photo(right), px * left.inverse_depth, known)
    return World(pair, tuple(views))


def _sees(eye: InverseDepth, view: InverseDepth, to_eye: Place, px: float) -> Mask:
    """Which of a view's pixels an eye sees that stands `to_eye` (baselines) of it."""
    height, width = view.shape
    rows, columns = np.indices(view.shape)
    column = np.rint(columns - to_eye[0] * px * view).astype(np.int64)
    row = np.rint(rows - to_eye[1] * px * view).astype(np.int64)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    found = eye[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return np.asarray(inside & (found <= view * (1 + SAME_DEPTH) + 1e-6))
