import subprocess
import sys
from pathlib import Path

import pytest

from stereopsis.errors import OutputError
from stereopsis.lock import lock, the_only
from tests.full_disk import no_file_longer_than

HOLD = """
import sys
from pathlib import Path
from stereopsis.lock import lock
with lock(Path(sys.argv[1])) as is_ours:
    print(is_ours, flush=True)
    sys.stdin.read()
"""


def test_one_has_the_lock_until_its_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    for _ in range(2):
        with lock(path) as first:
            assert first
            with lock(path) as second, lock(tmp_path / "other") as other:
                assert not second and other


def test_one_work_of_a_kind_goes_on_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with the_only("training", folder), the_only("search", folder):
        with pytest.raises(OutputError, match="Another training is at work in"):
            the_only("training", folder).__enter__()
    with the_only("training", folder):
        pass


def test_a_block_that_fails_leaves_no_lock(tmp_path: Path) -> None:
    with pytest.raises(KeyError), lock(tmp_path / "lock"):
        raise KeyError
    with lock(tmp_path / "lock") as is_ours:
        assert is_ours


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline().strip() == b"True"
        with lock(path) as is_ours:
            assert not is_ours
        holder.kill()
    with lock(path) as is_ours:
        assert is_ours


def test_a_lock_takes_no_room(tmp_path: Path) -> None:
    with no_file_longer_than(0), lock(tmp_path / "lock") as is_ours:
        assert is_ours and [p.name for p in tmp_path.iterdir()] == ["lock"]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"absent/lock cannot be written"):
        lock(tmp_path / "absent" / "lock").__enter__()
    (tmp_path / "text").write_text("no database, and no lock" * 100)
    with pytest.raises(OutputError, match="text cannot be written"):
        lock(tmp_path / "text").__enter__()
