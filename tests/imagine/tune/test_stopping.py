import math
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stereopsis.imagine.tune.config import StopConfig
from stereopsis.imagine.tune.stopping import Measures, broken, decide

SHARE = st.floats(0, 1)
ROWS = st.lists(st.tuples(SHARE, SHARE, SHARE), min_size=1, max_size=12)
STOP = StopConfig(faithfulness_margin=0.1, most_memorised=0.2, breaks=2, patience=3, gain=0.02)


def measured(*rows: tuple[float, float, float]) -> list[Measures]:
    """Look, faithfulness and memorised share at steps 0, 10, 20, ..."""
    return [Measures(10 * i, row[0], row[1], 0.5, row[2]) for i, row in enumerate(rows)]


@given(ROWS)
def test_what_is_kept_obeys_the_limits_and_looks_best(
    rows: list[tuple[float, float, float]],
) -> None:
    found = measured(*rows)
    best = next(each for each in found if each.step == decide(found, STOP).best)
    assert best.step == 0 or not broken(best, found[0], STOP)
    others = [each for each in found[1:] if not broken(each, found[0], STOP)]
    assert all(best.look >= other.look for other in others) and best.look >= found[0].look


@given(ROWS, SHARE)
def test_what_comes_before_is_judged_the_same_whatever_follows(
    rows: list[tuple[float, float, float]], extra: float
) -> None:
    found = measured(*rows)
    later = measured(*rows, (extra, extra, extra))
    assert decide(found, STOP) == decide(later[: len(found)], STOP)


def test_a_limit_must_be_broken_twice_in_a_row() -> None:
    good, bad = (0.5, 0.8, 0.0), (0.9, 0.6, 0.0)
    assert not decide(measured(good, good, bad), STOP).ends
    assert not decide(measured(good, bad, good, bad), STOP).ends
    verdict = decide(measured(good, (0.7, 0.75, 0.0), bad, bad), STOP)
    assert verdict.ends and verdict.best == 10 and "faithfulness fell below 0.7" in verdict.reason


def test_memory_is_a_limit_too() -> None:
    verdict = decide(measured((0.1, 0.8, 0.0), (0.9, 0.8, 0.5), (0.9, 0.9, 0.3)), STOP)
    assert verdict.ends and verdict.best == 0 and "repeat tuning pictures" in verdict.reason


def test_diversity_is_a_limit_but_where_it_is_not_known() -> None:
    wide, narrow = (Measures(step, look, 0.8, diversity, 0.0) for step, look, diversity in
                    ((10, 0.6, 0.8), (20, 0.9, 0.6)))  # fmt: skip
    before = Measures(0, 0.3, 0.8, 1.0, 0.0)
    verdict = decide([before, wide, narrow, replace(narrow, step=30)], STOP)
    assert verdict.ends and verdict.best == 10 and "diversity fell below 0.700" in verdict.reason
    single = [replace(each, diversity=math.nan) for each in (before, wide, narrow)]
    assert decide(single, STOP).best == 20


def test_it_ends_when_the_look_has_settled_and_goes_on_while_it_gains() -> None:
    rising = [(0.1 * i, 0.8, 0.0) for i in range(8)]
    assert not decide(measured(*rising), STOP).ends
    settled = [*rising, *[(0.71, 0.8, 0.0)] * 3]
    verdict = decide(measured(*settled), STOP)
    assert verdict.ends and "gained less than 0.02" in verdict.reason and verdict.best == 80


def test_the_look_of_what_broke_a_limit_is_no_gain() -> None:
    good, bad = (0.5, 0.8, 0.0), (0.9, 0.8, 0.5)
    verdict = decide(measured(good, good, good, bad, good), STOP)
    assert verdict.ends and "gained less" in verdict.reason
    assert not decide(measured(good, bad, good, (0.6, 0.8, 0.0), bad), STOP).ends


def test_only_the_pretrained_model_is_measured_at_first() -> None:
    verdict = decide(measured((0.4, 0.8, 0.0)), STOP)
    assert (verdict.best, verdict.ends) == (0, False)
