import sys
from pathlib import Path

import pytest

from stereopsis.train.command import run_command
from stereopsis.train.worlds.__main__ import main


def test_a_users_error_ends_in_two_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setattr(sys, "argv", ["worlds", str(tmp_path / "o.npz"), "--photos", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        run_command(main)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "There are no photos" in said and "Give a folder" in said and "Traceback" not in said
