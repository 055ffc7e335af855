import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.train.worlds.distortion import Distortion
from stereopsis.train.worlds.light import Light
from stereopsis.train.worlds.mirror import Ripples
from stereopsis.train.worlds.model import join
from stereopsis.train.worlds.shapes import rectangle
from stereopsis.train.worlds.sky import Sky
from stereopsis.train.worlds.stage import Conditions, draw, set_stage
from stereopsis.train.worlds.texture import TextureBank
from stereopsis.train.worlds.view import View

bends = st.floats(-0.3, 0.1)
sizes = st.tuples(st.integers(20, 90), st.integers(20, 90))


def test_no_bend_leaves_every_pixel_where_it_is():
    y, x = np.mgrid[0.5:48, 0.5:64]
    assert Distortion(0.0).positions((64, 48)) == pytest.approx(np.stack([x, y], -1), abs=1e-4)


@given(bends, sizes)
def test_all_that_is_shown_lies_within_the_undistorted_picture(bend: float, size: tuple[int, int]):
    positions = Distortion(bend).positions(size)
    assert positions.min() >= -1e-3
    assert (positions <= np.array(size) + 1e-3).all()


@given(bends, sizes)
def test_order_is_kept(bend: float, size: tuple[int, int]):
    positions = Distortion(bend).positions(size)
    assert (np.diff(positions[..., 0], axis=1) > 0).all()
    assert (np.diff(positions[..., 1], axis=0) > 0).all()


def test_barrels_enlarge_the_middle():
    step = np.diff(Distortion(-0.2).positions((64, 48))[24, :, 0])
    assert step[32] < step[0]
    assert step[32] == pytest.approx(0.8, abs=0.01)


@given(bends, sizes)
def test_the_middle_is_enlarged_as_stated(bend: float, size: tuple[int, int]):
    even = (2 * size[0], 2 * size[1])  # so that pixels lie on both sides of the middle
    row = Distortion(bend).positions(even)[size[1], size[0] - 1 : size[0] + 1, 0]
    assert 1 / np.diff(row).item() == pytest.approx(Distortion(bend).enlargement(even), rel=0.01)


def test_picture_and_depth_are_bent_alike():
    bank = TextureBank()
    black, white = (bank.add(np.full((4, 4, 4), [v, v, v, 255], np.uint8)) for v in (0, 255))
    far = rectangle(np.array([-90, -90, 10]), np.array([180, 0, 0]), np.array([0, 180, 0]), black)
    near = rectangle(np.array([1.4, -9, 2]), np.array([9, 0, 0]), np.array([0, 18, 0]), white)
    up = np.array([0.0, -1.0, 0.0])
    light = Light(up, np.zeros(3), np.ones(3), 0.0, np.zeros(3), up, softness=0.0)
    sky = Sky(np.zeros(3), np.zeros(3), 1.0, 0.0, 0)
    ripples = Ripples(np.zeros((0, 5)))
    view = View(join([near, far]), join([]), np.zeros(3), 0.0, 0.0, 0.0, np.radians(90), True)
    stage = set_stage(view, bank.stacked(), Conditions(light, sky, ripples, False, False))
    camera, bent = view.camera(96, 72), Distortion(-0.25)
    drawing = draw(stage, camera, bent)
    assert drawing.focal_px == pytest.approx(camera.focal_px * bent.enlargement((96, 72)))
    edge = (drawing.image[..., 0] > 200).sum(1)
    assert np.ptp(edge) > 2  # the straight edge is bent
    clear = np.abs(drawing.image[..., 0] - 127) > 120
    assert clear.mean() > 0.9
    assert ((drawing.image[..., 0] > 127) == (drawing.inverse_depth > 0.3))[clear].all()
