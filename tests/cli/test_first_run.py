import os
import subprocess
import sys
from pathlib import Path

CODE = """
from stereopsis.cli.first_run import is_compiled
from stereopsis.lift import outline
print(is_compiled(outline))
"""


def is_compiled(cache: Path) -> bool:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", CODE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout == "True\n"


def test_the_cache_of_numba_says_what_was_compiled(tmp_path: Path) -> None:
    assert not is_compiled(tmp_path)
    (folder,) = tmp_path.iterdir()  # numba names it for the folder of the source
    (folder / "other.function-1.nbi").write_bytes(b"")
    assert not is_compiled(tmp_path)
    (folder / "outline.function-1.nbi").write_bytes(b"")
    assert is_compiled(tmp_path)
