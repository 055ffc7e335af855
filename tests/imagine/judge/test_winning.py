import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.imagine.judge.claims import Claim, holm, weigh_claims
from stereopsis.imagine.judge.winning import outcomes_of, win_rate
from stereopsis.imagine.votes.resampling import mean_interval

RANDOM = np.random.default_rng(0)
SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@given(SHARES, st.randoms())
def test_outcomes_of_the_other_side_are_what_is_left(scores: list[float], random: object) -> None:
    ours = np.array(scores)
    theirs = np.roll(ours, 1)
    assert np.array_equal(outcomes_of(ours, theirs), 1 - outcomes_of(theirs, ours))
    assert (outcomes_of(ours, ours) == 0.5).all()


def crossed(prompts: int, seeds: int) -> tuple[list[str], list[int]]:
    pairs = [(str(p), s) for p in range(prompts) for s in range(seeds)]
    return [p for p, _ in pairs], [s for _, s in pairs]


def test_the_rate_counts_a_tie_half() -> None:
    won = win_rate(np.array([1.0, 0.5, 0.0, 1.0]), list("abcd"), [0] * 4)
    assert won.rate == 0.625 and (won.tally.wins, won.tally.ties, won.tally.losses) == (2, 1, 1)
    assert won.interval.low <= won.rate <= won.interval.high


def test_pairs_of_one_prompt_hang_together() -> None:
    prompts, _ = crossed(30, 8)
    by_prompt = np.repeat(RANDOM.integers(0, 2, 30), 8).astype(float)
    unique_seeds = list(range(240))
    together = win_rate(by_prompt, prompts, unique_seeds).interval
    alone = win_rate(by_prompt, [str(i) for i in range(240)], unique_seeds).interval
    assert together.half_width > 2 * alone.half_width


def test_seeds_that_prompts_share_hang_together_too() -> None:
    prompts, seeds = crossed(40, 3)
    by_seed = np.tile([1.0, 0.0, 1.0], 40)
    crossed_width = win_rate(by_seed, prompts, seeds).interval.half_width
    nested_width = win_rate(by_seed, prompts, list(range(120))).interval.half_width
    assert crossed_width > 0.2 and nested_width == 0


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for trial in range(100):
        chances = RANDOM.uniform(0.4, 1.0, 40)
        outcomes = (RANDOM.uniform(size=(40, 4)) < chances[:, None]).astype(float).ravel()
        prompts = [str(p) for p in range(40) for _ in range(4)]
        interval = win_rate(outcomes, prompts, list(range(160)), resample_seed=trial).interval
        covered += interval.low <= 0.7 <= interval.high
    assert covered >= 86


@pytest.mark.parametrize(
    ("prompts", "rate", "of_prompts", "of_tunings", "least", "widest"),
    [
        (40, 0.6, 0.15, 0.08, 0.93, 0.15),
        (120, 0.9, 0.0, 0.045, 0.87, 0.06),  # 0.86 where as many tunings are drawn as there are
    ],
)
def test_the_interval_covers_the_truth_where_few_tunings_differ(
    prompts: int, rate: float, of_prompts: float, of_tunings: float, least: float, widest: float
) -> None:
    random, covered, widths = np.random.default_rng(0), [], []
    names = [str(p) for p in range(prompts) for _ in range(6)]
    tunings = [0, 0, 1, 1, 2, 2] * prompts
    for _ in range(150):
        of_prompt, of_tuning = random.normal(rate, of_prompts, prompts), random.normal(size=3)
        chances = of_prompt[:, None] + of_tunings * np.repeat(of_tuning, 2)
        outcomes = (random.uniform(size=(prompts, 6)) < chances).astype(float).ravel()
        interval = mean_interval(outcomes, names, tunings)
        covered.append(interval.low <= rate <= interval.high)
        widths.append(interval.half_width)
    assert np.mean(covered) >= least and np.mean(widths) < widest


def test_no_difference_at_all_is_no_proof_of_none() -> None:
    few, more = (mean_interval(np.zeros(n), *crossed(n, 1), (-1.0, 1.0)) for n in (5, 50))
    assert few.low < more.low < 0 < more.high < few.high
    alone = mean_interval(np.zeros(5), ["a"] * 5, list(range(5)), (-1.0, 1.0))
    assert (alone.low, alone.high) == (-1.0, 1.0)


def test_one_prompt_says_nothing_of_others() -> None:
    won = win_rate(np.ones(5), ["a"] * 5, list(range(5)))
    assert (won.interval.low, won.interval.high, won.p) == (0.0, 1.0, 1.0)


def test_a_clean_sweep_leaves_a_doubt_that_more_prompts_make_smaller() -> None:
    few, more = (win_rate(np.ones(n), *crossed(n, 1)) for n in (5, 50))
    assert few.interval.low < more.interval.low < 1 == more.interval.high
    assert more.p < few.p == pytest.approx(2 / 32)
    assert win_rate(np.zeros(5), *crossed(5, 1)).p == few.p
    tied = win_rate(np.full(9, 0.5), *crossed(9, 1))
    assert tied.p == 1 and tied.interval.low < 0.5 < tied.interval.high


def test_p_is_small_only_where_the_rate_differs() -> None:
    prompts, seeds = crossed(60, 1)
    clear = win_rate(np.r_[np.ones(50), np.zeros(10)], prompts, seeds)
    even = win_rate(np.tile([1.0, 0.0], 30), prompts, seeds)
    assert clear.p < 0.01 < 0.5 < even.p
    assert win_rate(np.r_[np.ones(50), np.zeros(10)], prompts, seeds, against=0.83).p > 0.5


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_only_raises_and_keeps_the_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    pairs = sorted(zip(p_values, corrected, strict=True))
    assert all(p <= more <= 1 for p, more in pairs)
    assert [more for _, more in pairs] == sorted(corrected)
    assert min(corrected) == pytest.approx(min(1, len(p_values) * min(p_values)))


def test_a_claim_needs_rate_interval_and_significance() -> None:
    prompts, seeds = crossed(80, 1)
    clear = win_rate(np.r_[np.ones(72), np.zeros(8)], prompts, seeds)
    even = win_rate(np.tile([1.0, 0.0], 40), prompts, seeds)
    claims = [Claim("a", "b", 0.85, 0.75), Claim("a", "c", 0.95), Claim("a", "d")]
    found = weigh_claims(claims, [clear, clear, even])
    assert [each.holds for each in found] == [True, False, False]
    assert found[0].p >= clear.p
