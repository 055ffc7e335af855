import json
import math

from stereopsis.train.report_json import report_json


def test_what_is_not_finite_is_null_and_all_else_as_it_is():
    report = {
        "a": [1.5, math.nan, (math.inf,)],
        "b": {"c": -math.inf, "d": None, "e": "NaN"},
        "f": 2,
    }
    told = json.loads(report_json(report), parse_constant=lambda name: f"no JSON: {name}")
    assert told == {"a": [1.5, None, [None]], "b": {"c": None, "d": None, "e": "NaN"}, "f": 2}
