"""Framing takes the place and the size of a drawing away."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.imagine.haystack.frame import FILLED, framed, read_drawing
from tests.imagine.haystack.packages_folder import SVG


def drawing(left: int, top: int, zoom: int) -> np.ndarray:
    """A red block with a dark corner, twice as wide as high, on nothing."""
    rgba = np.zeros((256, 256, 4), np.uint8)
    cv2.rectangle(rgba, (left, top), (left + 40 * zoom, top + 20 * zoom), (200, 30, 30, 255), -1)
    cv2.rectangle(rgba, (left, top), (left + 10 * zoom, top + 5 * zoom), (20, 30, 30, 255), -1)
    return rgba


def test_place_and_size_do_not_matter() -> None:
    one, other = framed(drawing(10, 20, 2), 64), framed(drawing(60, 80, 4), 64)
    assert one is not None and other is not None
    assert np.abs(one.astype(int) - other).mean() < 3


def test_the_longer_side_fills_its_share() -> None:
    picture = framed(drawing(3, 5, 3), 64)
    assert picture is not None
    columns = np.flatnonzero((picture.min(2) < 200).any(0))
    assert np.ptp(columns) + 1 == pytest.approx(FILLED * 64, abs=1)
    assert (picture[[0, -1]] == 255).all()


def test_nothing_drawn_is_no_picture() -> None:
    assert framed(np.zeros((8, 8, 4), np.uint8), 64) is None
    assert framed(np.full((8, 8, 4), 255, np.uint8), 64) is None


def test_svg_is_drawn_and_damaged_svg_is_not(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.svg", tmp_path / "bad.svg"
    good.write_text(SVG.format(x=2, color="#ff0000"))
    bad.write_text("<svg")
    drawn = read_drawing(good)
    assert drawn is not None and drawn[128, 80].tolist() == [255, 0, 0, 255]
    assert drawn[0, 0, 3] == 0
    assert read_drawing(bad) is None
