import numpy as np
import pytest

from stereopsis.lift.inpaint import inpaint
from stereopsis.train.holes import lift
from stereopsis.train.inserted import OUTLINES, insert
from stereopsis.train.pack import Frame

MAGENTA, GREEN = (255, 0, 255), (0, 255, 0)


def picture() -> Frame:
    rng = np.random.default_rng(0)
    image = rng.integers(60, 200, (144, 192, 3), dtype=np.uint8)
    slope = np.linspace(0.2, 0.5, 144, dtype=np.float32)[:, None] * np.ones((1, 192), np.float32)
    return Frame(image, slope, np.ones((144, 192), bool), exact=True)


@pytest.mark.parametrize("name", OUTLINES)
def test_what_is_inserted_is_in_front_and_all_else_stays(name: str) -> None:
    frame = picture()
    outline = OUTLINES[name](144, 192, np.random.default_rng(1))
    inserted = insert(frame, outline, MAGENTA)
    front = inserted.front
    assert 0.02 < front.mean() < 0.5
    assert inserted.frame.inverse_depth[front].min() > frame.inverse_depth.max()
    assert (inserted.frame.inverse_depth[~front] == frame.inverse_depth[~front]).all()
    untouched = inserted.coverage == 0
    assert (inserted.frame.image[untouched] == frame.image[untouched]).all()
    assert (inserted.frame.image[inserted.coverage > 0.999] == MAGENTA).all()
    edge = np.r_[front[0], front[-1], front[:, 0], front[:, -1]]
    assert not edge.any()


@pytest.mark.parametrize("name", ["disc", "fence"])
def test_nothing_of_its_colour_gets_into_what_it_hides(name: str) -> None:
    outline = OUTLINES[name](144, 192, np.random.default_rng(1))
    painted = []
    for color in (MAGENTA, GREEN):
        inserted = insert(picture(), outline, color)
        lifted = lift(inserted.frame, 0.1)
        painted.append(inpaint(lifted.layers, lifted.parallax_px))
    hidden = painted[0].hidden
    assert hidden.sum() > 500
    colors = [layers.color[hidden].astype(int) for layers in painted]
    assert np.abs(colors[0] - colors[1]).max() <= 8
