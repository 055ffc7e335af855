"""The data factory: worlds drawn by lot, seen through a lens, as frames with exact depth."""

from collections.abc import Callable

import cv2
import numpy as np

from stereopsis.train.pack import Frame
from stereopsis.train.worlds.boards import boards
from stereopsis.train.worlds.distortion import Distortion
from stereopsis.train.worlds.outdoors import meadow
from stereopsis.train.worlds.packed import as_frame
from stereopsis.train.worlds.portraits import portrait
from stereopsis.train.worlds.rendering import PICTURE_ALONE, Rendering, Wanted, render
from stereopsis.train.worlds.rooms import room
from stereopsis.train.worlds.stage import Conditions, Drawing, draw, set_stage
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.streets import square, street
from stereopsis.train.worlds.tabletops import tabletop
from stereopsis.train.worlds.tracks import track_view
from stereopsis.train.worlds.view import View

SIZES = ((384, 288), (384, 288), (384, 256), (288, 384), (320, 320))  # (width, height)
MAKERS: tuple[tuple[Callable[[np.random.Generator, Stock], View], float], ...] = (
    (room, 0.27),
    (tabletop, 0.14),
    (boards, 0.05),
    (portrait, 0.16),
    (meadow, 0.12),
    (street, 0.08),
    (square, 0.06),
    (track_view, 0.12),
)
TRIES = 50
DISTORTED = 0.15  # share of pictures


def make_frame(stock: Stock, rng: np.random.Generator) -> Frame:
    """A picture of a random world with its exact inverse depth (1/metres, 0 is sky)."""
    return as_frame(make_rendering(stock, rng), PICTURE_ALONE)


def make_rendering(
    stock: Stock, rng: np.random.Generator, wanted: Wanted = PICTURE_ALONE
) -> Rendering:
    """A picture of a random world with what is wanted beside it.

    Lenses that bend straight lines are used only where nothing else is wanted: a second eye has
    to share the first one's rows.
    """
    for _ in range(TRIES):
        view = _sample_view(rng, stock)
        camera = view.camera(*SIZES[rng.integers(len(SIZES))])
        stage = set_stage(view, stock.texels, Conditions.sampled(rng, view))
        distorts = rng.random() < DISTORTED and not wanted.needs_pinhole
        drawing = draw(stage, camera, Distortion.sampled(rng) if distorts else None)
        if is_worth_learning(drawing, view.outdoors):
            return render(stage, camera, drawing, wanted, rng)
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
