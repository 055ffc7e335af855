"""Reports as JSON, which knows no numbers but finite ones."""

import json
import math
from collections.abc import Mapping


def report_json(report: object) -> str:
    """The report as indented JSON, with null for each number that is not finite."""
    return json.dumps(_with_nulls(report), indent=2, allow_nan=False) + "\n"


def _with_nulls(report: object) -> object:
    if isinstance(report, Mapping):
        return {key: _with_nulls(value) for key, value in report.items()}
    if isinstance(report, list | tuple):
        return [_with_nulls(value) for value in report]
    return None if isinstance(report, float) and not math.isfinite(report) else report
