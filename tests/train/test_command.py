import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stereopsis.errors import OutputError
from stereopsis.train import label, mono, relabel, release, release_stereo, stereo
from stereopsis.train.command import prepare_file, run_command
from stereopsis.train.worlds import __main__ as worlds
from stereopsis.train.worlds import gallery

ABSENT = Path("absent")  # an input that none of the commands may come to
WRITERS_OF_FILES: dict[str, Callable[[Path], None]] = {
    "label": lambda out: label.main(ABSENT, out, [ABSENT]),
    "relabel": lambda out: relabel.main(ABSENT, ABSENT, out),
    "worlds": lambda out: worlds.main(out, ABSENT),
    "gallery": lambda out: gallery.main(out, ABSENT),
}
WRITERS_OF_FOLDERS: dict[str, Callable[[Path], None]] = {
    "release": lambda out: release.main(ABSENT, [ABSENT], out, "1", "abc"),
    "mono": lambda out: mono.main([ABSENT], out),
    "release_stereo": lambda out: release_stereo.main(ABSENT, [ABSENT], out, ABSENT, "abc"),
    "stereo": lambda out: stereo.main([ABSENT], out, ABSENT),
}


def test_a_users_error_ends_in_two_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setattr(sys, "argv", ["worlds", str(tmp_path / "o.npz"), "--photos", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        run_command(worlds.main)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "There are no photos" in said and "Give a folder" in said and "Traceback" not in said


def test_a_missing_folder_is_made_and_nothing_is_left_in_it(tmp_path: Path):
    prepare_file(tmp_path / "new" / "deep" / "out.npz", ".npz")
    assert list((tmp_path / "new" / "deep").iterdir()) == []


@pytest.mark.parametrize("command", WRITERS_OF_FILES)
def test_a_result_that_cannot_be_written_is_refused_before_the_work(command: str, tmp_path: Path):
    (tmp_path / "file").touch()
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "folder.jpg").mkdir()
    ending = ".jpg" if command == "gallery" else ".npz"
    for name, problem in (
        ("out", f"does not end in {ending}"),
        (f"folder{ending}", "is a folder"),
        (f"file/out{ending}", "is a file, not a folder"),
    ):
        with pytest.raises(OutputError, match=problem) as refused:
            WRITERS_OF_FILES[command](tmp_path / name)
        assert "Name a file" in refused.value.mend


@pytest.mark.parametrize("command", WRITERS_OF_FOLDERS)
def test_a_file_in_the_place_of_a_folder_is_refused_before_the_work(command: str, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a file, not a folder"):
        WRITERS_OF_FOLDERS[command](tmp_path / "file")
