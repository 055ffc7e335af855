import cv2
import numpy as np
import pytest

from stereopsis.errors import OutputError
from stereopsis.train.curve import append_row, draw_curve, drop_rows_after, mean_figures, read_rows
from tests.full_disk import no_file_longer_than


def test_reads_back_the_rows_it_appends(tmp_path):
    path = tmp_path / "curve.csv"
    assert read_rows(path) == []
    rows = [{"step": 1.0, "loss": 0.5}, {"step": 2.0, "loss": 0.25}, {"step": 3.0}]
    for row in rows:
        append_row(path, row)
    assert read_rows(path) == rows


def test_drops_the_rows_of_later_steps(tmp_path):
    path = tmp_path / "curve.csv"
    for step in range(5):
        append_row(path, {"step": step, "loss": 1 / (1 + step)})
    drop_rows_after(path, 2)
    assert [row["step"] for row in read_rows(path)] == [0, 1, 2]


def test_rows_are_dropped_whole_or_not_at_all(tmp_path):
    path = tmp_path / "curve.csv"
    for step in range(5):
        append_row(path, {"step": step, "loss": 1 / (1 + step)})
    before, place = path.read_bytes(), path.stat().st_ino
    drop_rows_after(path, 4)
    assert path.stat().st_ino == place  # nothing to drop, nothing written
    with pytest.raises(OutputError, match="cannot be written"), no_file_longer_than(20):
        drop_rows_after(path, 3)
    assert path.read_bytes() == before
    drop_rows_after(path, -1)
    assert not path.exists()


def test_figures_are_averaged_over_the_steps_that_report_them():
    assert mean_figures([{"a": 1, "b": 5}, {"a": 3}]) == {"a": 2, "b": 5}


def test_the_picture_changes_with_the_figures():
    def picture(loss):
        png = draw_curve([{"step": 1, "loss": 1}, {"step": 2, "loss": loss}])
        return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)

    assert picture(0.5).std() > 1
    assert (picture(0.5) != picture(2.0)).any()


def test_an_empty_curve_can_be_drawn():
    assert draw_curve([]).startswith(b"\x89PNG")
