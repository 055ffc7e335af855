"""Input files as bytes, with the everyday ways of failing told apart."""

import stat
from pathlib import Path

from stereopsis.errors import StereopsisError

MAX_FILE_BYTES = 1 << 30  # 50 megapixels of 16-bit RGBA are 400 MB


def read_input(path: str | Path, failure: type[StereopsisError]) -> bytes:
    """Everything in the file.

    Raises:
        StereopsisError: of the kind `failure`, if there is no such file, it is a folder, a device,
            empty, larger than MAX_FILE_BYTES, or may not be read.
    """
    path = Path(path)
    if check_input(path, failure) > MAX_FILE_BYTES:
        problem = f"{path} has {path.stat().st_size / 1e9:.1f} GB; at most 1 GB is read."
        raise failure(problem, "Save it smaller.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, failure, error) from error
    if not data:
        raise _empty(path, failure)
    return data


def check_input(path: Path, failure: type[StereopsisError]) -> int:
    """The bytes of a file that is there, for readers that need not have all of it at once.

    Raises:
        StereopsisError: of the kind `failure`, if there is no such file, or it is a folder, a
            device, or empty.
    """
    try:
        info = path.stat()
    except FileNotFoundError:
        raise failure(f"There is no file {path}.", "Check the name and the folder.") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise _unreadable(path, failure, error) from error
    if stat.S_ISDIR(info.st_mode):
        raise failure(f"{path} is a folder.", "Name a file inside it.")
    if not stat.S_ISREG(info.st_mode):
        raise failure(f"{path} is not an ordinary file.", "Save its contents to a file.")
    if not info.st_size:
        raise _empty(path, failure)
    return info.st_size


def _empty(path: Path, failure: type[StereopsisError]) -> StereopsisError:
    return failure(f"{path} is empty (0 bytes).", "Copy it again from where it came from.")


def _unreadable(
    path: Path, failure: type[StereopsisError], error: OSError | ValueError
) -> StereopsisError:
    problem = f"{path} cannot be read ({_reason(error)})."
    return failure(problem, "Check the name and that you may read it.")


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error)
