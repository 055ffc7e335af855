import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import PhotoError
from stereopsis.imagine.curate.row import Row
from stereopsis.imagine.curate.sample import Sample
from stereopsis.imagine.square import square, square_of
from tests.imagine.judge.worlds import png

sides = st.integers(1, 40)


def test_squares_are_cut_from_the_middle() -> None:
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 200
    assert (square(wide, 10) == 200).all()
    assert (square(wide, 5) == 200).all() and (square(wide, 40)[20, 20] == 200).all()


@given(sides, sides, sides)
def test_a_square_is_its_own_square(height: int, width: int, side: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    cut = square(picture, side)
    assert cut.shape == (side, side, 3) and np.array_equal(square(cut, side), cut)


def test_a_large_square_keeps_the_pixels_that_it_needs() -> None:
    # Stripes of a pixel, which anything smaller would lose.
    picture = np.zeros((1100, 1300, 3), np.uint8)
    picture[::2] = 255
    assert np.array_equal(square_of(Row(0, png(picture), ""), 1100), picture[:, 100:1200])


def test_what_is_no_picture_is_said() -> None:
    for image, why in ((None, "there is no picture"), (b"no", "is not a picture")):
        with pytest.raises(PhotoError, match=why):
            square_of(Row(0, image, ""), 32)


def test_pictures_of_judges_are_those_that_filters_see() -> None:
    # Hashes in judge files were made so.
    random = np.random.default_rng(0)
    for height, width in ((900, 1200), (300, 900), (40, 40)):
        row = Row(0, png(random.integers(0, 256, (height, width, 3), np.uint8)), "")
        assert np.array_equal(square_of(row, 64), square(Sample(row).pixels, 64))
