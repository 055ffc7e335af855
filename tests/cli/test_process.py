import os
import pty
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from stereopsis.show.gltf import read_glb
from tests.cli.running import save_photo


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "stereopsis", *map(str, arguments)]


def test_version_and_help() -> None:
    version = subprocess.run(command("--version"), capture_output=True, text=True, check=True)
    assert version.stdout.startswith("stereopsis 0.")
    usage = subprocess.run(command("photo", "--help"), capture_output=True, text=True, check=True)
    assert "--depth" in usage.stdout and len(usage.stdout.splitlines()) < 50


def test_help_does_not_wait_for_the_pipeline() -> None:
    code = "import sys, stereopsis.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numba", "onnxruntime", "cv2", "numpy"} & set(done.stdout.split())


def test_on_a_terminal_bars_come_and_go(dog: Path, tmp_path: Path) -> None:
    """What stays on the screen is the line for each photo; standard output stays clean."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command("photo", dog, tmp_path / "absent.jpg", "--format", "glb,gif"),
        stderr=theirs,
        stdout=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # how a terminal says that nobody writes any more
        while block := os.read(ours, 4096):
            shown += block
    os.close(ours)
    assert process.communicate(timeout=60)[0] == b""
    assert process.returncode == 1
    text = shown.decode()
    assert "film" in text and "dog.jpg: dog.glb" in text and "There is no file" in text
    assert text.endswith("\x1b[2K")  # the bars' own lines are erased at last


def test_ctrl_c_leaves_whole_files_only(tmp_path: Path) -> None:
    photos = [save_photo(tmp_path / f"{number}.jpg") for number in range(100)]
    (tmp_path / "out").mkdir()
    process = subprocess.Popen(
        command("photo", *photos, "-o", tmp_path / "out", "--format", "glb"),
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    deadline = time.monotonic() + 120
    while not any((tmp_path / "out").glob("*.glb")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    written = list((tmp_path / "out").iterdir())
    assert 0 < len(written) < len(photos)
    for path in written:
        assert path.suffix == ".glb"
        assert len(read_glb(path.read_bytes()).faces) > 2


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
def test_json_that_nobody_can_read_stops_no_work(
    dog: Path, tmp_path: Path, redirection: str
) -> None:
    other = save_photo(tmp_path / "other.jpg")
    line = f"{shlex.join(command('depth', dog, other, '--json'))} {redirection}"
    done = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr.count("--json cannot be written") == 1
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr
    assert (tmp_path / "dog_depth.png").exists() and (tmp_path / "other_depth.png").exists()
