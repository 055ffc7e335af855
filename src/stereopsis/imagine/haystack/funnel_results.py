"""The studies of the funnel over several seeds, side by side."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from stereopsis.errors import DataError


def gathered(folder: Path) -> dict[str, Any]:
    """The figures below `folder`/SEED/EYE, and of each eye the means and extremes over seeds.

    Raises:
        DataError: there are none, or a file is damaged.
    """
    paths = sorted(folder.glob("*/*/funnel.json"))
    if not paths:
        raise DataError(f"{folder} holds no SEED/EYE/funnel.json.", "Run runs/funnel.sh first.")
    runs: dict[str, dict[str, Any]] = {}
    for path in paths:
        try:
            figures = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{path} is damaged ({error}).", "Remove it, and run again.") from error
        runs.setdefault(path.parent.name, {})[path.parent.parent.name] = figures
    return {
        "runs": runs,
        "over_seeds": {eye: _over(list(own.values())) for eye, own in runs.items()},
    }


def _over(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean, least and most of each figure of each selection."""
    return {
        key: {
            name: {
                what: _spread([run[key][name][what]["value"] for run in runs])
                for what in ("recall", "precision", "enrichment")
            }
            for name in runs[0][key]
        }
        for key in ("kept", "at_recall")
    }


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "mean": round(float(np.mean(values)), 4),
        "least": round(min(values), 4),
        "most": round(max(values), 4),
    }
