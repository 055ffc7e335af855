"""One server for each store, whose lock ends with its process, however that ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stereopsis.errors import OutputError
from stereopsis.lock import lock, not_written


@contextmanager
def serving(store: Path, address: str) -> Iterator[None]:
    """A block in which no other server may open the store at this path.

    The lock lies beside the store, and another file that says who holds it.

    Raises:
        OutputError: another server serves the store, or the files cannot be written.
    """
    place = store.resolve()
    locked, note = (place.with_name(f"{place.name}-{ending}") for ending in ("lock", "serving"))
    with lock(locked) as is_ours:
        if not is_ours:
            raise _served_already(store, note)
        try:
            note.write_text(address, encoding="utf-8")
        except OSError as error:
            raise not_written(note, (error.strerror or str(error)).lower()) from error
        yield


def _served_already(store: Path, note: Path) -> OutputError:
    try:
        holder = note.read_text(encoding="utf-8", errors="replace")
    except OSError:
        holder = ""
    return OutputError(
        f"{store} is being served already, by {holder or 'another process'}.",
        "Open that address in as many browsers as you like, or stop that server first.",
    )
