from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from stereopsis.errors import DataError, OptionError
from stereopsis.search.encoding import encode_part
from stereopsis.search.predictor import Predictor, Scale, fit, pretrain
from stereopsis.search.predictor_net import Linears
from stereopsis.search.space import Candidate, Choice, Space
from tests.search.small_tables import ALL, QUICK, score, table

STATISTICS = table().statistics
ORDER = np.random.default_rng(0).permutation(len(ALL))
LABELLED, ASKED = ([ALL[i] for i in part] for part in np.split(ORDER, [40]))


@pytest.fixture(scope="module")
def start() -> Predictor:
    return pretrain(table().space, ALL, STATISTICS, 0, QUICK)


def scores(candidates: list[Candidate]) -> np.ndarray:
    return np.array([score(candidate) for candidate in candidates])


def test_ranks_what_it_has_not_seen(start: Predictor) -> None:
    predicted = fit(start, LABELLED, scores(LABELLED)).predict(ASKED)
    assert kendalltau(predicted, scores(ASKED)).statistic > 0.75


def test_pre_training_teaches_the_proxy_head_what_can_be_counted(start: Predictor) -> None:
    untaught = pretrain(table().space, ALL, STATISTICS, 0, replace(QUICK, pretrain_steps=0))

    def agreement(predictor: Predictor) -> float:
        rows = torch.from_numpy(encode_part(predictor.space, ALL, "architecture"))
        guessed = predictor.net.statistics(predictor.net.embed(rows))[0, :, 0].detach().numpy()
        return float(np.corrcoef(guessed, STATISTICS[:, 0])[0, 1])

    assert agreement(start) > 0.95 > agreement(untaught)


def test_the_recipe_is_told_to_the_accuracy_head_alone(start: Predictor) -> None:
    fitted = fit(start, LABELLED, scores(LABELLED))
    by_rate = [(*LABELLED[0][:5], rate) for rate in range(3)]
    assert len(set(fitted.predict(by_rate).tolist())) == 3


@settings(max_examples=5)
@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_predictions_follow_the_scale_of_the_scores(
    start: Predictor, gain: float, offset: float
) -> None:
    truth = scores(LABELLED[:12])
    plain = fit(start, LABELLED[:12], truth).predict(ASKED[:20])
    moved = fit(start, LABELLED[:12], gain * truth + offset).predict(ASKED[:20])
    np.testing.assert_allclose(moved, gain * plain + offset, rtol=0.01, atol=0.02 * gain)


def test_how_bad_a_failed_training_is_does_not_matter(start: Predictor) -> None:
    truth = scores(LABELLED)
    truth[0] = -1e3
    bad = fit(start, LABELLED, truth).votes(ASKED)
    truth[0] = -1e6
    assert np.array_equal(bad, fit(start, LABELLED, truth).votes(ASKED))


def test_a_scale_goes_both_ways_and_beyond_its_ends() -> None:
    scores = np.array([70.2, 10.0, 70.1, 70.1, 65.0])
    scale = Scale.of(scores)
    places = scale.place(scores)
    np.testing.assert_allclose(scale.score(places), scores)
    assert places[2] == places[3] and np.argmax(places) == 0
    assert places[0] - places[2] > 0.2 * (places[4] - places[1])  # the top is not squeezed
    rising = scale.score(np.linspace(-4, 4, 100))
    assert (np.diff(rising) > 0).all() and rising[0] < 10 and rising[-1] > 70.2
    same = Scale.of(np.ones(3))
    assert same.place(np.ones(3)).tolist() == [0, 0, 0] and same.score(np.zeros(1)) == 1


def test_is_the_same_for_the_same_seed_and_leaves_its_start_alone(start: Predictor) -> None:
    again = pretrain(table().space, ALL, STATISTICS, 0, QUICK)
    first = fit(start, LABELLED, scores(LABELLED)).predict(ASKED)
    assert np.array_equal(first, fit(again, LABELLED, scores(LABELLED)).predict(ASKED))
    assert np.array_equal(first, fit(start, LABELLED, scores(LABELLED)).predict(ASKED))
    other = pretrain(table().space, ALL, STATISTICS, 1, QUICK)
    assert not np.array_equal(first, fit(other, LABELLED, scores(LABELLED)).predict(ASKED))


def test_predicts_the_score_of_its_mean_vote(start: Predictor) -> None:
    fitted = fit(start, LABELLED, scores(LABELLED))
    votes = fitted.votes(ASKED)
    assert votes.shape == (2, len(ASKED))
    np.testing.assert_allclose(fitted.scale.score(votes.mean(0)), fitted.predict(ASKED))


def test_equal_scores_are_predicted_as_finite(start: Predictor) -> None:
    predicted = fit(start, LABELLED[:3], np.ones(3)).predict(ASKED)
    assert np.isfinite(predicted).all()


def test_members_do_not_mix() -> None:
    layer = Linears(3, 4, 5, 1.0, torch.Generator().manual_seed(0))
    x = torch.randn(3, 7, 4, generator=torch.Generator().manual_seed(1))
    changed = x.clone()
    changed[1] += 1
    same = (layer(x) == layer(changed)).flatten(1).all(1)
    assert same.tolist() == [True, False, True]


def test_refuses_scores_that_are_no_numbers(start: Predictor) -> None:
    with pytest.raises(DataError, match="2 of the scores are no finite numbers"):
        fit(start, LABELLED[:3], np.array([1.0, np.nan, np.inf]))
    with pytest.raises(DataError, match="2 candidates but scores of 3"):
        fit(start, LABELLED[:2], np.ones(3))
    with pytest.raises(OptionError, match="cannot learn from 1"):
        fit(start, LABELLED[:1], np.ones(1))


def test_refuses_to_be_pre_trained_on_nothing() -> None:
    with pytest.raises(DataError, match="of the statistics are no finite"):
        pretrain(table().space, ALL, STATISTICS * np.nan, 0, QUICK)
    recipes = Space((Choice("rate", (0.1, 0.2)),), frozenset({"rate"}))
    with pytest.raises(OptionError, match="recipes only"):
        pretrain(recipes, [(0,), (1,)], np.ones((2, 1)), 0, QUICK)
