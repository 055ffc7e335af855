"""The Pareto front as one self-contained web page, which shows a trial under the pointer.

The page fetches nothing, and its content security policy forbids it to.
"""

import html
import json
import re
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from stereopsis.search.trials.pareto import Point, is_wide, points_of
from stereopsis.search.trials.store import Record
from stereopsis.show.policy import content_policy

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


def to_html(records: Sequence[Record], cost: str, title: str = "Trials") -> str:
    """A page with every trial that is done, by cost and score, the front, and a table of it.

    Raises:
        OptionError: no trial has a cost of this name.
    """
    points = points_of(records, cost)
    style, script = _page_file("pareto.css"), _page_file("pareto.js")
    data = {"cost": cost, "wide": is_wide(points), "points": [_shown(p) for p in points]}
    parts = {
        "title": html.escape(title),
        "summary": html.escape(_summary(records, points)),
        "policy": content_policy(style, script),
        "style": style,
        "script": script,
        "data": _in_script(data),
    }
    return _PLACEHOLDER.sub(lambda place: parts[place[1]], _page_file("pareto.html"))


def _shown(point: Point) -> dict[str, Any]:
    """What the page knows of a trial."""
    return {
        "key": point.trial.key,
        "cost": point.cost,
        "score": point.score,
        "best": point.is_best,
        "settings": {name: _text(value) for name, value in point.trial.settings.items()},
        "costs": dict(point.outcome.costs),
        "curve": list(point.outcome.curve),
        "seconds": point.outcome.seconds,
        "worker": point.outcome.worker,
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _summary(records: Sequence[Record], points: Sequence[Point]) -> str:
    counts = Counter(record.state for record in records)
    states = ", ".join(f"{counts[state]} {state}" for state in sorted(counts))
    return f"{states or 'no trials'}; {sum(point.is_best for point in points)} on the front"


def _in_script(data: object) -> str:
    """The JSON, such that no text in it can end the script element that holds it."""
    return json.dumps(data).replace("<", "\\u003c")


def _page_file(name: str) -> str:
    return (files("stereopsis.search.trials") / "page" / name).read_text(encoding="utf-8")
