import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import OptionError
from stereopsis.search.trials.trial import KEY_DIGITS, make_trial

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.text() | numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
settings = st.dictionaries(st.text(), values, max_size=5)


@given(settings)
def test_gives_back_the_settings(given_settings: dict[str, Any]) -> None:
    assert make_trial(given_settings).settings == given_settings


@given(settings, st.randoms())
def test_the_order_of_names_does_not_matter(given_settings: dict[str, Any], random: Any) -> None:
    names = list(given_settings)
    random.shuffle(names)
    trial = make_trial({name: given_settings[name] for name in names})
    assert trial == make_trial(given_settings)
    assert trial.key == make_trial(given_settings).key


@given(settings, settings)
def test_other_settings_have_other_keys(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (make_trial(one).key == make_trial(other).key) == same


def test_keys_are_those_of_earlier_versions() -> None:
    trial = make_trial({"rate": 0.1, "arch": "ir_k3_s2_e6_c24"})
    assert trial.key == "4950085afda89f977810"
    assert len(trial.key) == KEY_DIGITS


def test_changes_of_what_was_given_do_not_reach_the_trial() -> None:
    stages = ["ir_k3_s2_e6_c24"]
    trial = make_trial({"stages": stages})
    stages.clear()
    trial.settings.clear()
    assert trial.settings == {"stages": ["ir_k3_s2_e6_c24"]}
    assert make_trial({"stages": ("ir_k3_s2_e6_c24",)}) == trial


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ({"rate": float("nan")}, "setting rate cannot be stored: nan"),
        ({"rate": [0.1, float("inf")]}, "setting rate cannot be stored: inf"),
        ({"width": np.int64(8)}, "setting width cannot be stored"),
        ({"net": {"kernel": {3}}}, "setting kernel cannot be stored"),
        ({3: "x"}, "settings name 3, no text"),
        ({"net": {3: "x"}}, "setting net name"),
    ],
)
def test_refuses_what_json_would_change(bad: dict[Any, Any], problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        make_trial(bad)
