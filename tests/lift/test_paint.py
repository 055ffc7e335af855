from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from stereopsis.errors import WeightsError
from stereopsis.lift.continued import Continued
from stereopsis.lift.inpaint import inpaint
from stereopsis.lift.paint import INPUTS, OUTPUTS, network_painter, paint
from stereopsis.lift.unfold import unfold
from stereopsis.runtime.network import Network, open_network
from stereopsis.runtime.weights import find_weights
from tests.lift import scenes


def leave(shown: Continued) -> tuple[np.ndarray, np.ndarray]:
    return shown.color, shown.parallax


def blue(shown: Continued) -> tuple[np.ndarray, np.ndarray]:
    """Paints everything blue and raises it by 3 px, what is known too."""
    color = np.broadcast_to(np.float32((0, 0, 300)), shown.color.shape)
    return np.ascontiguousarray(color), shown.parallax + 3


def test_only_what_is_hidden_is_painted() -> None:
    guessed = inpaint(scenes.grown_disk(), scenes.PARALLAX_PX)
    painted = paint(guessed, scenes.PARALLAX_PX, blue)
    shown = slice(0, guessed.visible_count)
    assert (painted.color[shown] == guessed.color[shown]).all()
    assert (painted.inverse_depth[shown] == guessed.inverse_depth[shown]).all()
    assert (painted.color[guessed.hidden] == (0, 0, 255)).all()
    painted.check()


def test_surfaces_go_on_as_planes_and_stay_behind() -> None:
    guessed = inpaint(scenes.grown_disk(), scenes.PARALLAX_PX)
    level, raised = (paint(guessed, scenes.PARALLAX_PX, each) for each in (leave, blue))
    slope = scenes.FAR + 0.1 * guessed.y / (scenes.HEIGHT - 1)
    behind = guessed.hidden & (guessed.inverse_depth < 0.6)
    assert np.abs(level.inverse_depth - slope)[behind].max() * scenes.PARALLAX_PX < 0.1
    gap = (raised.inverse_depth - level.inverse_depth)[behind] * scenes.PARALLAX_PX
    assert 2.5 < np.median(gap) <= 3.01
    (hidden,) = np.nonzero(behind)
    x, y = guessed.x[hidden], guessed.y[hidden]
    inside = (x >= 0) & (x < guessed.width) & (y >= 0) & (y < guessed.height)
    front = guessed.inverse_depth[y[inside] * guessed.width + x[inside]]
    assert (raised.inverse_depth[hidden[inside]] < front).all()


@pytest.mark.parametrize("off_px", [-1000.0, 1000.0])
def test_no_painter_puts_a_surface_behind_the_camera_or_far_off(off_px: float) -> None:
    guessed = inpaint(scenes.grown_disk(), scenes.PARALLAX_PX)
    wrong = paint(guessed, scenes.PARALLAX_PX, lambda shown: (shown.color, shown.parallax + off_px))
    start = guessed.inverse_depth[guessed.home]
    assert (wrong.inverse_depth != guessed.inverse_depth).any()
    assert (start / 2 <= wrong.inverse_depth).all() and (wrong.inverse_depth <= 2 * start).all()
    wrong.check()


class Recorder:
    """Stands in for a network: raises what it is shown by 3 px, and remembers the sizes."""

    manifest = SimpleNamespace(name="recorder", multiple=32, inputs=INPUTS, outputs=OUTPUTS)

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, color: np.ndarray, parallax: np.ndarray, *_: np.ndarray) -> list[np.ndarray]:
        self.shapes.append(color.shape)
        return [color, parallax + 3]


def test_a_network_sees_all_that_is_shown_and_little_else() -> None:
    guessed = inpaint(scenes.grown_disk(), scenes.PARALLAX_PX)
    recorder = Recorder()
    painted = paint(guessed, scenes.PARALLAX_PX, network_painter(cast(Network, recorder)))
    raised = paint(guessed, scenes.PARALLAX_PX, lambda shown: (shown.color, shown.parallax + 3))
    np.testing.assert_array_equal(painted.inverse_depth, raised.inverse_depth)
    patches = unfold(guessed)
    sizes = np.array(recorder.shapes)
    assert sizes[:, 0].sum() == len(patches) and (sizes[:, 1:3] % 32 == 0).all()
    assert (sizes[:, :3].prod(1)).sum() < 0.8 * patches.pixels.size


def test_a_network_for_something_else_is_refused() -> None:
    with pytest.raises(WeightsError, match="mono paints no hidden surfaces"):
        network_painter(open_network(find_weights("mono")))


def test_nothing_hidden_nothing_painted() -> None:
    layers = scenes.cut_disk()
    assert paint(layers, scenes.PARALLAX_PX, blue) is layers


def test_what_a_second_eye_saw_is_known_and_stays() -> None:
    guessed = inpaint(scenes.grown_disk(), scenes.PARALLAX_PX)
    seen = guessed.hidden & (guessed.x % 2 == 0)
    holes = []

    def painter(shown: Continued) -> tuple[np.ndarray, np.ndarray]:
        holes.append(int(shown.hole.sum()))
        assert not (shown.hole & shown.known).any()
        return blue(shown)

    painted = paint(replace(guessed, seen=seen), scenes.PARALLAX_PX, painter)
    assert (painted.color[seen] == guessed.color[seen]).all()
    assert (painted.color[guessed.hidden & ~seen] == (0, 0, 255)).all()
    paint(guessed, scenes.PARALLAX_PX, painter)
    assert holes[0] < 0.6 * holes[1]
