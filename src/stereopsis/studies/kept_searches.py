"""Searches that a study has finished, in a file: a study that was stopped goes on where it was."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from stereopsis.errors import DataError
from stereopsis.outputs import write_all
from stereopsis.studies.rivals import Search


class KeptSearches:
    """Searches by name, as long as the study has not ended.

    Raises:
        DataError: the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._searches = _read(path) if path.exists() else {}

    def get(self, name: str, search: Callable[[], Search]) -> Search:
        """The search of this name; it is run, and kept, if it has not been."""
        if name not in self._searches:
            self._searches[name] = search()
            plain = {key: asdict(value) for key, value in self._searches.items()}
            write_all({self._path: json.dumps(plain).encode()})
        return self._searches[name]

    def remove(self) -> None:
        """Forgets them: the study has ended."""
        self._path.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Search]:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        return {name: _search(**search) for name, search in plain.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} holds no finished searches.", "Remove it to begin the study anew."
        ) from error


def _search(candidates: list[list[int]], scores: list[float], refused: int) -> Search:
    return Search(tuple(map(tuple, candidates)), tuple(scores), refused)
