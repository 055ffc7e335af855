import sys

import contact_sheet
import pytest


def test_an_absent_photo_ends_in_two_sentences(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["contact_sheet.py", str(tmp_path / "nope.jpg")])
    with pytest.raises(SystemExit) as ended:
        contact_sheet.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "nope.jpg" in said and said.count(".\n") == 1
