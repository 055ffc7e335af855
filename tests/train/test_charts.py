import cv2
import numpy as np
import pytest

from stereopsis.train.charts import CAPTION_PX, CELL, bar_chart, contact_sheet, depth_colors


def decoded(png: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]


def test_near_is_bright_and_far_is_dark():
    colors = depth_colors(np.linspace(0, 1, 200, dtype=np.float32).reshape(10, 20))
    brightness = colors.sum(-1).ravel().astype(int)
    assert (np.diff(brightness) >= -3).all() and brightness[-1] > brightness[0] + 300
    assert depth_colors(np.zeros((4, 4), np.float32)).shape == (4, 4, 3)


def test_a_sheet_has_a_cell_for_everything():
    red = np.full((60, 80, 3), [255, 0, 0], np.uint8)
    depth = np.linspace(0, 1, 4800, dtype=np.float32).reshape(60, 80)
    sheet = decoded(contact_sheet(["picture", "truth"], [[red, depth]] * 3, ["a", "b", "c"]))
    width, height = CELL
    assert sheet.shape == (CAPTION_PX + 3 * (CAPTION_PX + height), 2 * width, 3)
    assert (sheet[2 * CAPTION_PX + height // 2, width // 2] == [255, 0, 0]).all()


def test_tall_pictures_keep_their_shape():
    tall = np.full((100, 10, 3), 255, np.uint8)
    sheet = decoded(contact_sheet(["picture"], [[tall]], ["a"]))[2 * CAPTION_PX :]
    white = (sheet > 200).all(-1)
    assert white.any(1).sum() / white.any(0).sum() == pytest.approx(10, rel=0.1)


def test_a_bar_chart_is_a_picture():
    values = {"ours": {"all": 0.5, "lab": 0.7}, "theirs": {"all": 0.1, "lab": 0.2}}
    assert decoded(bar_chart("abs_rel", values)).std() > 5


def test_what_cannot_be_measured_is_not_drawn_as_nothing():
    def chart(value: float) -> np.ndarray:
        return decoded(bar_chart("halo_px", {"ours": {"all": 0.5, "lab": value}}))

    assert (chart(np.nan) != chart(0.0)).any()
    assert decoded(bar_chart("halo_px", {"ours": {"all": np.nan}})).std() > 5
