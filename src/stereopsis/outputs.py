"""Results on disk: each file whole or not at all, and never in the place of an input."""

import errno
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from stereopsis.errors import OutputError

ANOTHER_FOLDER = "Choose another folder with -o."
NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # the last where a user's files are limited


def write_all(files: Mapping[Path, bytes], inputs: Iterable[Path] = ()) -> None:
    """Writes all the files, or, where it shows before the last step that one cannot be, none.

    Each is first written in full beside its place, under a temporary name, and only when all are
    there do they take their names; files of those names are replaced. Missing folders are made.
    Whatever stops the work (a full disk, Ctrl-C), no temporary and no half-written file is left.

    Raises:
        OutputError: a place is that of one of the `inputs`, a folder, or cannot be written.
    """
    check_places(files, inputs)
    written: dict[Path, Path] = {}
    try:
        for path, data in files.items():
            _write_beside(path, data, written)
        for path in list(written):
            os.replace(written[path], path)
            del written[path]
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        _remove(written)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary place beside `path`, which takes its name when the block ends well.

    For what is too large to be held as bytes for write_all(). Missing folders are made.

    Raises:
        OutputError: the file cannot be written. Nothing of it is left.
    """
    temporary = _part_beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        _remove({path: temporary})


def check_places(paths: Iterable[Path], inputs: Iterable[Path] = ()) -> None:
    """Nothing, if files of these names could be written, for all that their names tell.

    Raises:
        OutputError: a place is that of one of the `inputs`, or a folder.
    """
    given = list(inputs)  # an iterator would be used up by the first path
    for path in paths:
        _check_place(path, given)


def prepare_folder(folder: Path) -> None:
    """Makes the folder if it is missing, and proves with an empty file that it takes results.

    Raises:
        OutputError: it cannot be made, or cannot be written.
    """
    written: dict[Path, Path] = {}
    try:
        _write_beside(folder / "result", b"", written)
    except OSError as error:
        raise _refused(folder, error) from error
    finally:
        _remove(written)


def _check_place(path: Path, inputs: Iterable[Path]) -> None:
    if any(_is_same_file(path, given) for given in inputs):
        problem = f"Writing {path} would replace an input."
        raise OutputError(problem, ANOTHER_FOLDER)
    if os.path.isdir(path):
        raise OutputError(f"{path} is a folder.", "Choose another folder with -o, or remove it.")
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        pass  # as it should be, or told better when its folder is made
    except OSError as error:  # the name is too long, say
        raise _refused(path, error) from error


def _is_same_file(path: Path, given: Path) -> bool:
    try:
        return os.path.samefile(path, given)
    except OSError:  # one of them is not there
        return False


def _write_beside(path: Path, data: bytes, written: dict[Path, Path]) -> None:
    """Writes a temporary file next to `path`, noted in `written` before its first byte."""
    written[path] = temporary = _part_beside(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary.open("xb") as file:
        file.write(data)


def _part_beside(path: Path) -> Path:
    return path.with_name(f".{secrets.token_hex(8)}.part")


def _remove(written: Mapping[Path, Path]) -> None:
    for temporary in written.values():
        with suppress(OSError):
            temporary.unlink()


def _refused(path: Path, error: OSError) -> OutputError:
    """What stands in the way of writing `path`, a file or a folder."""
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        for place in (path, *path.parents):
            if os.path.lexists(place) and not os.path.isdir(place):
                return OutputError(f"{place} is a file, not a folder.", ANOTHER_FOLDER)
    reason = (error.strerror or str(error)).lower()
    mend = ANOTHER_FOLDER
    if error.errno in NO_SPACE:
        mend = "Free some space, or choose another folder with -o."
    if error.errno == errno.ENAMETOOLONG:
        mend = "Use a shorter name."
    place = path if path.name else path.absolute()  # the current folder has a name as well
    return OutputError(f"{place} cannot be written ({reason}).", mend)
