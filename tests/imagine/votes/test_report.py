from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.imagine.votes.records import CHOICES, Pair
from stereopsis.imagine.votes.report import compare
from stereopsis.imagine.votes.report_text import to_text
from tests.imagine.votes.world import vote_on

PAIRS = {
    pair.key: pair
    for place in range(6)
    for pair in [
        Pair(f"prompt {place % 3}", f"t{place}", f"b{place}", "tuned", "base", str(place))
        if place % 2
        else Pair(f"prompt {place % 3}", f"b{place}", f"t{place}", "base", "tuned", str(place))
    ]
}
CAST = st.lists(
    st.tuples(
        st.sampled_from(sorted(PAIRS)),
        st.sampled_from(["ann", "bob", "cyd"]),
        st.sampled_from(CHOICES["faithfulness"]),
    ),
    min_size=1,
    unique_by=lambda cast: cast[:2],
)


def faithful(cast):
    return [vote_on(PAIRS[p], choice, voter, question="faithfulness") for p, voter, choice in cast]


@given(CAST)
def test_arms_are_counted_whichever_side_of_the_pair_they_are(cast) -> None:
    (told,) = compare(faithful(cast), PAIRS)
    counts = Counter(
        {"a": PAIRS[p].arm_a, "b": PAIRS[p].arm_b}.get(choice, choice) for p, _, choice in cast
    )
    assert told.arms == ("base", "tuned")
    assert (told.tally.wins, told.tally.losses) == (counts["base"], counts["tuned"])
    assert told.tally.ties == counts["both"] + counts["neither"] == sum(told.ties.values())
    assert told.tally.votes == len(cast)
    assert 0 <= told.plain.low <= told.tally.win_rate <= told.plain.high <= 1


@given(CAST)
def test_repeats_and_simulated_votes_change_no_persons_tally(cast) -> None:
    votes = faithful(cast)
    (alone,) = compare(votes, PAIRS)
    again = [
        vote_on(PAIRS[p], "a", v, question="faithfulness", showing="repeat") for p, v, _ in cast
    ]
    made_up = [vote_on(PAIRS[p], "a", f"robot {v}", kind="simulated") for p, v, _ in cast]
    human, simulated = compare([*votes, *again, *made_up], PAIRS)
    assert (human.tally, human.clustered, human.left) == (alone.tally, alone.clustered, alone.left)
    assert human.agreement.repeats == len(cast)
    assert human.agreement.same == sum(choice == "a" for _, _, choice in cast)
    assert simulated.kind == "simulated" and simulated.tally.votes == len(cast)


def test_says_how_many_people_voted_also_if_none() -> None:
    assert to_text([], compare([], PAIRS), 0.05) == "0 human votes\n"
    pair = next(iter(PAIRS.values()))
    simulated = [vote_on(pair, "a", kind="simulated")]
    text = to_text(simulated, compare(simulated, PAIRS), 0.05)
    assert text.startswith("0 human votes\n")
    assert "Visual appeal" not in text and "no person's" in text
    human = [vote_on(pair, "a")]
    text = to_text(human, compare(human, PAIRS), 0.05)
    assert text.startswith("1 human vote by 1 person")
    assert "Visual appeal: base against tuned" in text


def test_agreement_is_of_voters_on_the_same_pairs() -> None:
    pairs = list(PAIRS.values())
    votes = [vote_on(pair, "a" if place % 2 else "b", voter)
             for place, pair in enumerate(pairs) for voter in ("ann", "bob")]  # fmt: skip
    (told,) = compare(votes, PAIRS)
    assert told.agreement.fleiss is None, "arm a always: all agree on one answer"
    votes[0] = vote_on(pairs[0], "tie", "ann")
    (told,) = compare(votes, PAIRS)
    assert told.agreement.fleiss_pairs == 6
    assert told.agreement.alpha == pytest.approx(1 - (1 - told.agreement.fleiss) * 11 / 12)
    assert told.voters == 2 and told.prompts == 3
