"""What runs have measured: the JSON files of runs/results."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent.parent / "runs" / "results"


def results(name: str) -> Any:
    """What a run has measured."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        raise SystemExit(f"{name}.json is missing from runs/results. Run its runs/*.sh.")
    return json.loads(path.read_text())
