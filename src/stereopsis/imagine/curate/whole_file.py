"""Large results, written piece by piece, yet whole or not at all."""

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stereopsis.errors import OutputError
from stereopsis.outputs import NO_SPACE


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary place beside `path`, which takes its name when the block ends well.

    Raises:
        OutputError: the file cannot be written.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _refused(path: Path, error: OSError) -> OutputError:
    reason = (error.strerror or errno.errorcode.get(error.errno or 0, str(error))).lower()
    mend = "Choose another folder with -o."
    if error.errno in NO_SPACE:
        mend = "Free some space and run the same command again: what is finished is kept."
    return OutputError(f"{path} cannot be written ({reason}).", mend)
