import numpy as np

from stereopsis.scene.layers import LayeredImage
from stereopsis.studies.planes import HALF_PX, continues_plane, find_planes

HEIGHT, WIDTH = 60, 80


def plane(across: float, down: float) -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray(5 + across * x + down * y)


def test_a_slope_is_a_plane_but_at_the_border() -> None:
    found = find_planes(plane(0.2, -0.1), np.ones((HEIGHT, WIDTH), bool))
    inner = np.zeros((HEIGHT, WIDTH), bool)
    inner[HALF_PX:-HALF_PX, HALF_PX:-HALF_PX] = True
    assert (found.is_plane == inner).all()
    assert np.allclose(found.across[inner], 0.2) and np.allclose(found.down[inner], -0.1)


def test_a_step_is_no_plane_nor_is_what_is_not_known() -> None:
    px = plane(0.2, 0.0)
    px[:, 40:] += 3
    valid = np.ones((HEIGHT, WIDTH), bool)
    valid[30, 20] = False
    found = find_planes(px, valid)
    assert not found.is_plane[30, 40 - HALF_PX // 2 : 40 + HALF_PX // 2].any()
    assert not found.is_plane[30 - HALF_PX : 30 + HALF_PX, 20 - HALF_PX : 20 + HALF_PX].any()
    assert found.is_plane[HALF_PX, 60]


def test_a_plane_goes_on_from_its_own_pixels_only() -> None:
    px = plane(0.2, 0.0)
    px[:, 40:] += 3  # another plane
    planes = find_planes(px, np.ones((HEIGHT, WIDTH), bool))
    x = np.tile(np.arange(WIDTH, dtype=np.int32), HEIGHT)
    y = np.repeat(np.arange(HEIGHT, dtype=np.int32), WIDTH)
    x = np.append(x, np.full(3, 15, np.int32))
    y = np.append(y, np.full(3, 30, np.int32))
    layers = LayeredImage(
        color=np.zeros((len(x), 3), np.uint8),
        inverse_depth=np.ones(len(x), np.float32),
        x=x,
        y=y,
        links=np.full((len(x), 4), -1, np.int32),
        home=np.zeros(len(x), np.int32),
        height=HEIGHT,
        width=WIDTH,
    )
    anchor = np.append(np.arange(HEIGHT * WIDTH), [30 * WIDTH + 25, 30 * WIDTH + 60, -1])
    found = continues_plane(layers, planes, anchor)
    assert found[-3:].tolist() == [True, False, False]
