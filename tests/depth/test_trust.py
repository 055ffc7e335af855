from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stereopsis.depth.dense_evidence import DenseEvidence
from stereopsis.depth.evidence import Evidence
from stereopsis.depth.trust import THRESHOLD, WEIGHTS, looks_swapped, measures, trust

shares = st.floats(0, 1)
evidences = st.builds(
    Evidence,
    reason=st.just("fitted"),
    density=shares,
    coverage=shares,
)
matches = st.builds(
    DenseEvidence,
    sure=shares,
    mono=st.floats(-1, 1),
    sides=st.floats(-0.5, 0.5),
    spread_px=st.floats(0, 1e4),
)


@given(evidences, matches)
def test_trust_is_a_probability_by_measures_that_are_all_weighed(
    evidence: Evidence, dense: DenseEvidence
) -> None:
    assert 0 <= trust(evidence, dense) <= 1
    assert measures(evidence, dense).keys() | {"constant"} == WEIGHTS.keys()
    assert 0 < THRESHOLD < 1


@given(evidences, matches)
def test_no_measure_grows_without_bounds(evidence: Evidence, dense: DenseEvidence) -> None:
    assert max(abs(value) for value in measures(evidence, dense).values()) <= 1


@given(evidences, matches, st.floats(0, 1))
def test_a_pair_that_is_better_in_every_way_is_trusted_no_less(
    evidence: Evidence, dense: DenseEvidence, step: float
) -> None:
    better = replace(
        evidence,
        density=evidence.density + step * (1 - evidence.density),
        coverage=evidence.coverage + step * (1 - evidence.coverage),
    )
    denser = replace(
        dense,
        sure=dense.sure + step * (1 - dense.sure),
        mono=dense.mono + step * (1 - dense.mono),
        sides=dense.sides + step * (0.5 - dense.sides),
    )
    assert trust(better, denser) >= trust(evidence, dense) - 1e-9


def test_a_perfect_pair_is_trusted_and_a_hopeless_one_is_not() -> None:
    good = DenseEvidence(sure=0.97, mono=0.8, sides=0.3, spread_px=20)
    bad = DenseEvidence(sure=0.02, mono=-0.2, sides=-0.1, spread_px=2)
    fitted = Evidence("fitted", density=0.9, coverage=1.0)
    unfitted = Evidence("fitted", density=0.05, coverage=0.1)
    assert trust(fitted, good) > THRESHOLD > trust(unfitted, bad)


@given(matches)
def test_eyes_that_seem_swapped_seem_right_the_other_way_round(dense: DenseEvidence) -> None:
    mirrored = replace(dense, mono=-dense.mono, sides=-dense.sides)
    assert not (looks_swapped(dense) and looks_swapped(mirrored))
    if abs(dense.mono) > 0.2 and (dense.sides <= 0 if dense.mono < 0 else dense.sides >= 0):
        assert looks_swapped(dense) == (dense.mono < 0)


def test_what_the_mono_network_alone_says_is_no_swap() -> None:
    """As of a pair that is upside down: near things then hide far ones as they should."""
    upside_down = DenseEvidence(sure=0.9, mono=-0.57, sides=0.056, spread_px=20)
    assert not looks_swapped(upside_down)
    assert looks_swapped(replace(upside_down, sides=0.0))
