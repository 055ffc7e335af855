from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.imagine.votes.agreement import (
    count_answers,
    fleiss_kappa,
    krippendorff_alpha,
    most_common_size,
)

ANSWERS = st.sampled_from(["a", "b", "tie"])
ITEMS = st.lists(st.lists(ANSWERS, max_size=5), min_size=1, max_size=12)
EVEN = st.lists(st.lists(ANSWERS, min_size=3, max_size=3), min_size=1, max_size=12)

KRIPPENDORFF = (  # Computing Krippendorff's Alpha-Reliability (2011), part C: four observers
    "123321412...",
    "12332241 25.3".replace(" ", ""),
    ".33323422 51.".replace(" ", ""),
    "12332441 251.".replace(" ", ""),
)
FLEISS = [  # the worked example of many textbooks: ten items, fourteen raters, five answers
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def test_published_examples() -> None:
    units = [[a for a in unit if a != "."] for unit in zip(*KRIPPENDORFF, strict=True)]
    assert krippendorff_alpha(count_answers(units)) == pytest.approx(0.743, abs=5e-4)
    assert fleiss_kappa(np.array(FLEISS)) == pytest.approx(0.210, abs=5e-4)


@given(ITEMS)
def test_alpha_is_what_its_definition_says(items: list[list[str]]) -> None:
    """Disagreement inside items over that among all pairable votes, pair by pair."""
    paired = [item for item in items if len(item) >= 2]
    every = [answer for item in paired for answer in item]
    inside = sum(
        sum(one != other for one, other in permutations(item, 2)) / (len(item) - 1)
        for item in paired
    )
    among = sum(one != other for one, other in permutations(every, 2))
    alpha = krippendorff_alpha(count_answers(items))
    if among == 0:
        assert alpha is None
    else:
        assert alpha == pytest.approx(
            1 - (inside / len(every)) / (among / len(every) / (len(every) - 1))
        )


@given(EVEN)
def test_alpha_and_kappa_differ_by_the_size_of_the_sample(items: list[list[str]]) -> None:
    counts = count_answers(items)
    kappa, alpha, votes = fleiss_kappa(counts), krippendorff_alpha(counts), counts.sum()
    assert (kappa is None) == (alpha is None)
    if kappa is not None and alpha is not None:
        assert 1 - alpha == pytest.approx((1 - kappa) * (votes - 1) / votes)


@given(ITEMS, st.permutations(["a", "b", "tie"]), st.randoms())
def test_names_and_orders_do_not_matter(items, names, random) -> None:
    renamed = [[names[["a", "b", "tie"].index(answer)] for answer in item] for item in items]
    random.shuffle(renamed)
    for item in renamed:
        random.shuffle(item)
    before = krippendorff_alpha(count_answers(items))
    after = krippendorff_alpha(count_answers(renamed))
    assert after == (None if before is None else pytest.approx(before))


@given(ITEMS)
def test_items_of_one_vote_say_nothing(items: list[list[str]]) -> None:
    before = krippendorff_alpha(count_answers(items))
    after = krippendorff_alpha(count_answers([*items, ["a"], []]))
    assert after == (None if before is None else pytest.approx(before))


def test_full_agreement_is_one_and_one_answer_says_nothing() -> None:
    agreed = count_answers([["a"] * 3, ["b"] * 3])
    assert fleiss_kappa(agreed) == krippendorff_alpha(agreed) == 1
    same = count_answers([["a"] * 3, ["a"] * 3])
    assert fleiss_kappa(same) is krippendorff_alpha(same) is None
    assert fleiss_kappa(count_answers([])) is krippendorff_alpha(count_answers([])) is None
    assert fleiss_kappa(count_answers([["a"], ["b"]])) is None


def test_guesses_agree_as_chance_has_it() -> None:
    guesses = np.random.default_rng(0).choice(["a", "b", "tie"], (4000, 3)).tolist()
    assert fleiss_kappa(count_answers(guesses)) == pytest.approx(0, abs=0.03)


def test_kappa_refuses_uneven_items_and_they_are_sorted_out() -> None:
    counts = count_answers([["a", "b"], ["a", "a"], ["b", "b", "b"], ["a"], ["b"], ["b"]])
    with pytest.raises(AssertionError, match="equally many"):
        fleiss_kappa(counts)
    assert most_common_size(counts).tolist() == [[1, 1], [2, 0]]
    assert len(most_common_size(count_answers([["a"]]))) == 0
