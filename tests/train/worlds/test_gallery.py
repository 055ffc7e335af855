from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.errors import OptionError
from stereopsis.train.worlds import gallery
from stereopsis.train.worlds.boards import boards
from stereopsis.train.worlds.gallery import CELL, contact_sheet, main
from stereopsis.train.worlds.stock import Stock


def test_a_sheet_has_a_picture_and_its_depth_for_each_column(stock: Stock):
    sheet = contact_sheet(stock, [boards, boards], columns=2, seed=3)
    assert sheet.shape == (4 * CELL[1], 2 * CELL[0], 3)
    assert (sheet[: 2 * CELL[1]] == sheet[2 * CELL[1] :]).all()
    with pytest.raises(OptionError, match="empty"):
        contact_sheet(stock, [boards], columns=0, seed=3)


def test_the_command_writes_a_picture(
    tmp_path: Path, photos: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
):
    cv2.imwrite(str(tmp_path / "photo.jpg"), photos[0])
    monkeypatch.setattr(gallery, "MAKERS", ((boards, 1.0),))
    main(tmp_path / "new" / "sheet.png", tmp_path, columns=1)
    assert cv2.imread(str(tmp_path / "new" / "sheet.png")).shape == (2 * CELL[1], CELL[0], 3)
