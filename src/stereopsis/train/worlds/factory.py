"""The data factory: worlds drawn by lot, seen through a lens, as frames with exact depth."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from stereopsis.train.pack import Frame
from stereopsis.train.worlds.boards import boards
from stereopsis.train.worlds.lens import through_lens
from stereopsis.train.worlds.outdoors import meadow, street
from stereopsis.train.worlds.rooms import room
from stereopsis.train.worlds.shade import Light
from stereopsis.train.worlds.sky import Sky
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.tabletops import tabletop
from stereopsis.train.worlds.tracks import track_view
from stereopsis.train.worlds.view import Drawing, View, draw

SIZES = ((384, 288), (384, 288), (384, 256), (288, 384), (320, 320))  # (width, height)
MAKERS: tuple[tuple[Callable[[np.random.Generator, Stock], View], float], ...] = (
    (room, 0.22),
    (tabletop, 0.23),
    (boards, 0.1),
    (meadow, 0.13),
    (street, 0.07),
    (track_view, 0.25),
)
TRIES = 50


def make_frames(stock: Stock, seed: int, count: int) -> Iterator[Frame]:
    """So many frames; frame k depends on the stock, the seed and k alone."""
    for index in range(count):
        yield make_frame(stock, np.random.default_rng([seed, index]))


def make_frame(stock: Stock, rng: np.random.Generator) -> Frame:
    """A picture of a random world with its exact inverse depth (1/metres, 0 is sky)."""
    for _ in range(TRIES):
        view = _sample_view(rng, stock)
        size = SIZES[rng.integers(len(SIZES))]
        sky = Sky.sampled(rng)
        light = Light.sampled(rng, sky.horizon, view.outdoors)
        drawing = draw(view, stock.texels, size, light, sky, shadows=bool(rng.random() < 0.7))
        if is_worth_learning(drawing, view.outdoors):
            image = through_lens(drawing.image, drawing.inverse_depth, rng)
            known = np.ones(drawing.face.shape, np.bool_)
            return Frame(image, drawing.inverse_depth, known, exact=True)
    raise AssertionError("no world came out well; the makers are broken")


def is_worth_learning(drawing: Drawing, outdoors: bool) -> bool:
    """Whether the picture shows something: not blocked, not empty, not flat, not dark."""
    inverse_depth = drawing.inverse_depth
    middle, near = np.percentile(inverse_depth, [50, 98])
    seen = (drawing.face >= 0).mean()
    gray = cv2.cvtColor(drawing.image, cv2.COLOR_RGB2GRAY)
    return bool(
        1.15 * middle < near < 8
        and seen > (0.35 if outdoors else 0.97)
        and gray.std() > 16
        and gray.mean() > 25
        and len(np.unique(drawing.face)) > 12
    )


def _sample_view(rng: np.random.Generator, stock: Stock) -> View:
    """A view by one of the makers; tracks only if the stock has some."""
    makers = [(maker, weight) for maker, weight in MAKERS if stock.tracks or maker != track_view]
    weights = np.array([weight for _, weight in makers])
    maker = makers[rng.choice(len(makers), p=weights / weights.sum())][0]
    return maker(rng, stock)
