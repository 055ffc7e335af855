"""One server for each store: a lock that ends with its process, however that ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stereopsis.errors import OutputError


@contextmanager
def serving(store: Path, address: str) -> Iterator[None]:
    """A block in which no other server may open the store at this path.

    The kernel holds the lock, on a file beside the store, and drops it with the process; the file
    stays and only says who holds it.

    Raises:
        OutputError: another server serves the store, or the file cannot be written.
    """
    place = store.resolve()
    lock = place.with_name(f"{place.name}-serving")
    try:
        file = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        problem = f"{lock} cannot be written ({reason})."
        raise OutputError(problem, "See that its folder exists and can be written.") from error
    try:
        _take(file, store)
        os.ftruncate(file, 0)
        os.write(file, address.encode())
        yield
    finally:
        os.close(file)


def _take(file: int, store: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(file, 200).decode(errors="replace") or "another process"
        raise OutputError(
            f"{store} is being served already, by {holder}.",
            "Open that address in as many browsers as you like, or stop that server first.",
        ) from None
