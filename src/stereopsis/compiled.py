"""Where compiled code is kept between starts; numba refuses to begin where it finds no place."""

import atexit
import os
import shutil
import tempfile
import warnings
from pathlib import Path

PLACE = "NUMBA_CACHE_DIR"


def keep_compiled() -> None:
    """Nothing, if numba will find a place; else it gets one that lasts as long as this process.

    It looks beside the source, then in the folder for caches. A container's user may be able to
    write neither. A lasting place in a folder for all users would be no help: what lies there is
    run.
    """
    if os.environ.get(PLACE) or os.access(Path(__file__).parent, os.W_OK) or _has_cache_folder():
        return
    place = tempfile.mkdtemp(prefix="stereopsis-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    os.environ[PLACE] = place
    warnings.warn(
        "Neither the installed package nor a folder for caches can be written, so every start "
        f"compiles anew, for a minute. Set {PLACE} to a folder of your own.",
        stacklevel=2,
    )


def _has_cache_folder() -> bool:
    """Whether this user's folder for caches is there, or can be made."""
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        return False
    return os.access(folder, os.W_OK)
