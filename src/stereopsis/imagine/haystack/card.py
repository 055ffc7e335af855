"""The card of a haystack: what it was made from, under which licences, and how many of what."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True)
class Source:
    """Where pictures or words come from; `name` as a person would look for it."""

    what: str
    name: str
    licence: str


@dataclass
class Counts:
    """How many rows passed, by file and the columns that are counted."""

    columns: Sequence[str]
    found: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)

    def counted(self, rows: Iterable[Row], file: str) -> Iterator[Row]:
        """The same rows, each counted as it passes."""
        of = self.found.setdefault(file, {name: Counter() for name in ("rows", *self.columns)})
        for row in rows:
            of["rows"]["all"] += 1
            for name in self.columns:
                of[name][str(getattr(row, name)) or "none"] += 1
            yield row

    def plain(self) -> dict[str, Any]:
        """The counts for JSON."""
        return {
            file: {
                name: counter["all"] if name == "rows" else dict(sorted(counter.items()))
                for name, counter in counters.items()
            }
            for file, counters in self.found.items()
        }


def card(track: str, config: Any, sources: Sequence[Source], counts: Mapping[str, Any]) -> bytes:
    """The card as a JSON file; `config` is the dataclass that the track was made with."""
    told = {
        "track": track,
        "settings": asdict(config),
        "sources": [asdict(source) for source in sources],
        "counts": counts,
    }
    return f"{json.dumps(told, indent=2, ensure_ascii=False)}\n".encode()
