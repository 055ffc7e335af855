"""The data factory: worlds drawn by lot, seen through a lens, as frames with exact depth."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from jaxtyping import Float32

from stereopsis.train.pack import Frame
from stereopsis.train.worlds.boards import boards
from stereopsis.train.worlds.distortion import Distortion
from stereopsis.train.worlds.outdoors import meadow
from stereopsis.train.worlds.packed import as_frame
from stereopsis.train.worlds.portraits import portrait
from stereopsis.train.worlds.raster import Hits, rasterise
from stereopsis.train.worlds.rendering import PICTURE_ALONE, Rendering, Wanted, render
from stereopsis.train.worlds.rooms import room
from stereopsis.train.worlds.stage import Conditions, cast_shadows, draw, set_stage
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.streets import square, street
from stereopsis.train.worlds.tabletops import tabletop
from stereopsis.train.worlds.tracks import track_view
from stereopsis.train.worlds.view import View

SIZES = ((384, 288), (384, 288), (384, 256), (288, 384), (320, 320))  # (width, height)
Maker = Callable[[np.random.Generator, Stock], View]
MAKERS: tuple[tuple[Maker, float], ...] = (
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
GLANCE = 3  # times smaller is the picture by which a world is judged
DISTORTED = 0.15  # share of pictures


def make_frame(stock: Stock, rng: np.random.Generator) -> Frame:
    """A picture of a random world with its exact inverse depth (1/metres, 0 is sky)."""
    return as_frame(make_rendering(stock, rng), PICTURE_ALONE)


def make_rendering(
    stock: Stock,
    rng: np.random.Generator,
    wanted: Wanted = PICTURE_ALONE,
    makers: Sequence[tuple[Maker, float]] = MAKERS,
    sizes: Sequence[tuple[int, int]] = SIZES,
) -> Rendering:
    """A picture of a random world by one of the makers, with what is wanted beside it.

    Lenses that bend straight lines are used only where nothing else is wanted: a second eye has
    to share the first one's rows.
    """
    for _ in range(TRIES):
        view = _sample_view(rng, stock, makers)
        camera = view.camera(*sizes[int(rng.integers(len(sizes)))])
        stage = set_stage(view, stock.texels, Conditions.sampled(rng, view))
        glance = camera.resized(camera.width // GLANCE, camera.height // GLANCE)
        if not shows_something(rasterise(stage.solid, stock.texels, glance), view.outdoors):
            continue
        stage = cast_shadows(stage, view)
        distorts = rng.random() < DISTORTED and not wanted.needs_pinhole
        drawing = draw(stage, camera, Distortion.sampled(rng) if distorts else None)
        if has_contrast(drawing.image):
            return render(stage, camera, drawing, wanted, rng)
    raise AssertionError("no world came out well; the makers are broken")


def shows_something(hits: Hits, outdoors: bool) -> bool:
    """Whether the camera sees a world: not blocked, not empty, not flat, not a few faces."""
    middle, near = np.percentile(hits.inverse_depth, [50, 98])
    seen = (hits.face >= 0).mean()
    return bool(
        1.15 * middle < near < 8
        and seen > (0.35 if outdoors else 0.97)
        and len(np.unique(hits.face)) > 12
    )


def has_contrast(image: Float32[np.ndarray, "h w 3"]) -> bool:
    """Whether a picture is neither even nor dark."""
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return bool(gray.std() > 12 and gray.mean() > 25)


def _sample_view(
    rng: np.random.Generator, stock: Stock, makers: Sequence[tuple[Maker, float]]
) -> View:
    """A view by one of the makers, chosen by weight; tracks only if the stock has some."""
    able = [(maker, weight) for maker, weight in makers if stock.tracks or maker != track_view]
    weights = np.array([weight for _, weight in able])
    return able[rng.choice(len(able), p=weights / weights.sum())][0](rng, stock)
