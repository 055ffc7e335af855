import numpy as np
import pytest

from stereopsis.depth.semiglobal import match_semiglobally
from tests.depth.two_planes import grain

HEIGHT, WIDTH = 80, 160
REACH = 48  # px


def shifted(disparity: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """What both eyes see of a wall at this disparity."""
    wall = grain(seed, HEIGHT, WIDTH + 2 * REACH, 128)
    left, right = (wall[:, REACH + shift :][:, :WIDTH].copy() for shift in (0, disparity))
    return left, right


@pytest.mark.parametrize("disparity", [-40, -7, 0, 1, 13, 40])
@pytest.mark.parametrize("search", [(-48, 48), (-41, 41)])
def test_a_shift_of_any_sign_is_found(disparity: int, search: tuple[int, int]) -> None:
    found, sure = match_semiglobally(*shifted(disparity), *search)
    column = np.arange(WIDTH) - disparity
    inside = (column >= 0) & (column < WIDTH)
    assert sure[:, inside].mean() > 0.85
    off = np.abs(found[sure] - disparity)
    assert off.max() <= 1 and np.percentile(off, 99) < 0.5
    assert (found[~sure] == 0).all()


@pytest.mark.parametrize("disparity", [-40, 0, 40])
def test_nothing_is_sure_that_the_other_picture_does_not_show(disparity: int) -> None:
    found, sure = match_semiglobally(*shifted(disparity), -48, 48)
    column = np.arange(WIDTH) - found
    assert (column[sure] >= 0).all() and (column[sure] <= WIDTH - 1).all()
    seen = np.flatnonzero(sure.any(axis=0))
    first, last = max(disparity, 0), WIDTH - 1 + min(disparity, 0)
    assert abs(seen[0] - first) < 8 and abs(seen[-1] - last) < 8


def test_little_is_sure_of_pictures_that_have_nothing_in_common() -> None:
    left, right = (grain(seed, HEIGHT, WIDTH, 128) for seed in (1, 2))
    assert match_semiglobally(left, right, -16, 48)[1].mean() < 0.1
