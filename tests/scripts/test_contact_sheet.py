import sys

import contact_sheet
import numpy as np
import pytest
from PIL import Image


def test_an_absent_photo_ends_in_two_sentences(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["contact_sheet.py", str(tmp_path / "nope.jpg")])
    with pytest.raises(SystemExit) as ended:
        contact_sheet.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "nope.jpg" in said and said.count(".\n") == 1


def drawn(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    """Draws a sheet of two photos whose rows are 4 x 30 and 4 x 20 pixels of red."""
    rows = {"a.jpg": 30, "b.jpg": 20}
    monkeypatch.setattr(
        contact_sheet, "row", lambda path: np.full((4, rows[path.name], 3), (200, 0, 0), np.uint8)
    )
    monkeypatch.setattr(sys, "argv", ["contact_sheet.py", "a.jpg", "b.jpg", *map(str, arguments)])
    contact_sheet.main()


def test_rows_stand_one_below_the_other(tmp_path, monkeypatch):
    drawn(monkeypatch, "-o", tmp_path / "new" / "sheet.png")
    sheet = np.asarray(Image.open(tmp_path / "new" / "sheet.png"))
    assert sheet.shape == (20, 30, 3)
    assert (sheet[:4] == (200, 0, 0)).all() and (sheet[10:14, :20] == (200, 0, 0)).all()
    assert not sheet[10:14, 20:].any()


def test_a_sheet_that_cannot_be_written_ends_in_two_sentences(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit) as ended:
        drawn(monkeypatch, "-o", tmp_path)
    assert ended.value.code == 2
    assert "is a folder" in capsys.readouterr().err
