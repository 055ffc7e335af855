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
    try:
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            raise failure(f"{path.name} is a folder.", "Name a file inside it.")
        if not stat.S_ISREG(info.st_mode):
            raise failure(f"{path.name} is not an ordinary file.", "Save its contents to a file.")
        if info.st_size > MAX_FILE_BYTES:
            problem = f"{path.name} has {info.st_size / 1e9:.1f} GB; at most 1 GB is read."
            raise failure(problem, "Save it smaller.")
        data = path.read_bytes()
    except FileNotFoundError:
        raise failure(f"There is no file {path}.", "Check the name and the folder.") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        problem = f"{path.name} cannot be read ({_reason(error)})."
        raise failure(problem, "Check the name and that you may read it.") from error
    if not data:
        raise failure(f"{path.name} is empty (0 bytes).", "Copy it again from where it came from.")
    return data


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error)
