import errno
import os
import re
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

import stereopsis
from stereopsis.errors import OutputError
from stereopsis.outputs import prepare_folder, whole_file, write_all
from tests.full_disk import no_file_longer_than


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*")}


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    files = {
        tmp_path / "a.glb": b"one",
        tmp_path / "new" / "folder" / "b.html": b"",
        tmp_path / "c": b"3",
    }
    write_all(files)
    assert {path: path.read_bytes() for path in files} == files
    assert names(tmp_path) == {"a.glb", "b.html", "c", "new", "folder"}


def test_files_have_ordinary_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_all({tmp_path / "ours": b""})
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "ours")]
    assert modes[0] == modes[1]


def test_earlier_results_are_replaced(tmp_path: Path) -> None:
    write_all({tmp_path / "a": b"old and long"})
    write_all({tmp_path / "a": b"new"})
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_large_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a"
    with whole_file(path) as temporary:
        temporary.write_bytes(b"old")
        assert not path.exists()
    with pytest.raises(ZeroDivisionError), whole_file(path) as temporary:
        temporary.write_bytes(b"half")
        raise ZeroDivisionError
    full = pytest.raises(OutputError, match="Free some space")
    with no_file_longer_than(100), full, whole_file(path) as temporary:
        temporary.write_bytes(b"long" * 100)
    assert path.read_bytes() == b"old" and names(tmp_path) == {"new", "a"}
    under_file = pytest.raises(OutputError, match="a is a file, not a folder")
    with under_file, whole_file(path / "b") as temporary:
        temporary.write_bytes(b"")


def test_no_part_of_the_package_writes_a_result_in_its_place() -> None:
    direct = re.compile(r"\.write_(?:text|bytes)\(|torch\.save\(.*\bout\b|open\(\"w")
    package = Path(stereopsis.__file__).parent
    found = {
        str(path.relative_to(package)): lines
        for path in package.rglob("*.py")
        if (lines := [line for line in path.read_text().splitlines() if direct.search(line)])
    }
    del found["__init__.py"]  # an example of its use
    del found["imagine/votes/serving.py"]  # an address, for as long as the server runs
    assert not [line for lines in found.values() for line in lines if "whole_file(" not in line]


def test_an_input_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "dog.gif").write_bytes(b"photo")
    (tmp_path / "link.gif").symlink_to(tmp_path / "dog.gif")
    (tmp_path / "hard.gif").hardlink_to(tmp_path / "dog.gif")
    for name in ("dog.gif", "link.gif", "hard.gif", "../" + tmp_path.name + "/dog.gif"):
        with pytest.raises(OutputError, match="replace an input"):
            write_all({tmp_path / "other": b"", tmp_path / name: b"result"}, [tmp_path / "dog.gif"])
    with pytest.raises(OutputError, match="replace an input"):
        write_all(
            {tmp_path / "other": b"", tmp_path / "dog.gif": b""}, iter([tmp_path / "dog.gif"])
        )
    assert (tmp_path / "dog.gif").read_bytes() == b"photo"
    assert names(tmp_path) == {"dog.gif", "link.gif", "hard.gif"}


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"old")
    files = {tmp_path / "a": b"short", tmp_path / "b": b"long" * 10_000}
    with no_file_longer_than(8192), pytest.raises(OutputError, match="cannot be written") as caught:
        write_all(files)
    assert "space" in caught.value.mend
    assert names(tmp_path) == {"b"}
    assert (tmp_path / "b").read_bytes() == b"old"


def test_folders_that_may_not_be_written(tmp_path: Path) -> None:
    """Permissions stop no administrator, but the kernel's own folders take no files from anyone."""
    for place in (Path("/proc/dog.glb"), Path("/proc/new/dog.glb")):
        with pytest.raises(OutputError, match="cannot be written"):
            write_all({tmp_path / "a": b"fine", place: b"not"})
        assert names(tmp_path) == set()


def test_a_file_in_the_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"file")
    for files in ("dog.glb", "new/dog.glb"):
        with pytest.raises(OutputError, match="out is a file, not a folder"):
            write_all({tmp_path / "out" / files: b""})
    with pytest.raises(OutputError, match="out is a file, not a folder"):
        prepare_folder(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"file"


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "dog.glb").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_all({tmp_path / "a": b"", tmp_path / "dog.glb": b""})
    assert names(tmp_path) == {"dog.glb"}


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written") as caught:
        write_all({tmp_path / ("dog" * 100): b""})
    assert caught.value.mend == "Use a shorter name."
    assert names(tmp_path) == set()


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    """The signal arrives between the files, as they are handed over one by one."""

    class Pressing(dict[Path, bytes]):
        def items(self) -> Iterator[tuple[Path, bytes]]:  # type: ignore[override]
            yield tmp_path / "a", b"first"
            assert len(names(tmp_path)) == 1
            os.kill(os.getpid(), signal.SIGINT)
            yield tmp_path / "b", b"second"

    with pytest.raises(KeyboardInterrupt):
        write_all(Pressing())
    assert names(tmp_path) == set()


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (errno.ENOSPC, "space"),
        (errno.EDQUOT, "space"),
        (errno.EACCES, "another folder"),
        (errno.EROFS, "another folder"),
        (errno.EIO, "another folder"),
    ],
)
def test_the_mend_fits_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, word: str
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OutputError, match=os.strerror(number).lower()) as caught:
        write_all({tmp_path / "a": b""})
    assert word in caught.value.mend
    assert ("space" in caught.value.mend) == (word == "space")
    assert names(tmp_path) == set()


def test_a_prepared_folder_is_there_and_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_folder(tmp_path / "new" / "out")
    prepare_folder(tmp_path / "new" / "out")
    assert names(tmp_path) == {"new", "out"}
    with pytest.raises(OutputError, match="/proc cannot be written"):
        prepare_folder(Path("/proc"))
    monkeypatch.chdir("/proc")
    with pytest.raises(OutputError, match="/proc cannot be written"):
        prepare_folder(Path())
