import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stereopsis.errors import DataError, OutputError
from stereopsis.imagine.votes.ballot_box import (
    ballot_before,
    count_ballots,
    deal_missing,
    find_ballot,
    next_ballots,
)
from stereopsis.imagine.votes.importing import import_list
from stereopsis.imagine.votes.records import Keep, Said, Vote
from stereopsis.imagine.votes.store import VoteStore
from stereopsis.imagine.votes.store_file import APPLICATION, SCHEMA
from tests.imagine.votes.world import KEEP, REVIEW, VOTE, draw, fill, vote_on


def test_an_answer_that_comes_twice_counts_once(store: VoteStore) -> None:
    pairs = fill(store)
    vote = vote_on(pairs[0], "a")
    assert store.record([vote, vote]) == 1
    assert store.record([vote]) == 0
    assert store.record([replace(vote, choice="b")]) == 0, "under one key, the first counts"
    assert store.history(Vote) == [vote]


def test_of_several_answers_the_latest_stands_and_all_are_kept(store: VoteStore) -> None:
    pairs = fill(store)
    early = vote_on(pairs[0], "a")
    late = replace(early, key="later", choice="tie", at="2024-02-29T12:00:01.000Z")
    other = vote_on(pairs[0], "b", voter="bob")
    store.record([late, early, other])
    assert set(store.standing(Vote)) == {late, other}
    assert store.standing_of(Vote, "ann") == [late]
    assert len(store.history(Vote)) == 3


@pytest.mark.parametrize("said", [VOTE, KEEP, REVIEW], ids=lambda s: type(s).__name__)
def test_a_program_replaces_no_persons_answer(store: VoteStore, said: Said) -> None:
    pairs = fill(store)
    person = replace(said, pair=pairs[0].key) if isinstance(said, Vote) else said
    program = replace(person, key="later", kind="simulated", at="2024-02-29T12:00:01.000Z")
    store.record([person, program])
    assert store.standing(type(said)) == store.standing_of(type(said), "ann") == [person, program]


def test_a_person_is_asked_what_a_program_of_the_same_name_has_answered(store: VoteStore) -> None:
    pairs = fill(store, 2)
    elsewhere = vote_on(pairs[0], "a", kind="simulated")
    store.record([elsewhere])  # imported: no ballot of it was dealt here
    deal_missing(store, "ann", "simulated", "appeal", np.random.default_rng(0))
    (ballot,) = next_ballots(store, "ann", "simulated", "appeal", 9)
    assert ballot.pair == pairs[1].key
    store.record([replace(elsewhere, key="here", pair=ballot.pair, left=ballot.left)])
    deal_missing(store, "ann", "human", "appeal", np.random.default_rng(0))
    asked = next_ballots(store, "ann", "human", "appeal", 9)
    assert {each.pair for each in asked} == {pair.key for pair in pairs} and asked[0] == ballot
    assert count_ballots(store, "ann", "human", "appeal") == (0, 2)
    assert ballot_before(store, "ann", "human", "appeal", None) is None
    assert next_ballots(store, "ann", "simulated", "appeal", 9) == []
    assert ballot_before(store, "ann", "simulated", "appeal", None) is not None


def test_nothing_is_kept_of_answers_of_which_one_is_about_nothing(store: VoteStore) -> None:
    pairs = fill(store)
    with pytest.raises(DataError, match=r"not there\. Import the list of its pairs"):
        store.record([vote_on(pairs[0], "a"), replace(vote_on(pairs[1], "a"), pair="0" * 16)])
    with pytest.raises(DataError, match=r"not there\. Import the list of its pictures"):
        store.record([KEEP, replace(REVIEW, image="elsewhere.png")])
    assert store.history(Vote) == store.history(Keep) == []


def test_a_picture_that_changes_under_its_name_is_refused(store: VoteStore) -> None:
    fill(store)
    draw(store.folder / "tuned_0.png", (1, 2, 3), 77)
    with pytest.raises(DataError, match="imported before with other contents"):
        import_list(store, store.folder / "pairs.jsonl")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["a", "b", "tie"]), max_size=12), st.integers(0, 10**6))
def test_ballots_are_handed_out_in_order_each_once(tmp_path_factory, choices, seed) -> None:
    with VoteStore(tmp_path_factory.mktemp("box") / "votes.db") as store:
        fill(store, 8)
        for _ in range(2):  # dealing again deals nothing
            deal_missing(store, "ann", "human", "appeal", np.random.default_rng(seed), 0.25)
        dealt = next_ballots(store, "ann", "human", "appeal", 99)
        assert len(dealt) == 10 and [b.place for b in dealt] == list(range(10))
        for place, choice in enumerate(choices[:10]):
            (ballot,) = next_ballots(store, "ann", "human", "appeal", 1)
            assert ballot == dealt[place] == find_ballot(store, ballot.token)
            before = ballot_before(store, "ann", "human", "appeal", ballot.place)
            assert before == (dealt[place - 1] if place else None)
            store.record([Vote(f"k{place}", "ann", "human", "appeal", ballot.pair, ballot.showing,
                               ballot.left, choice, KEEP.at)])  # fmt: skip
        assert count_ballots(store, "ann", "human", "appeal") == (min(10, len(choices)), 10)


def test_pairs_that_come_later_are_dealt_after_the_others(store: VoteStore) -> None:
    fill(store, 3)
    deal_missing(store, "ann", "human", "appeal", np.random.default_rng(0))
    before = next_ballots(store, "ann", "human", "appeal", 99)
    fill(store, 5)
    deal_missing(store, "ann", "human", "appeal", np.random.default_rng(0))
    after = next_ballots(store, "ann", "human", "appeal", 99)
    assert after[:3] == before
    assert [ballot.place for ballot in after] == list(range(5))


def test_two_voters_at_once_lose_nothing(store: VoteStore) -> None:
    pairs = fill(store)

    def cast(voter: str) -> None:
        with VoteStore(store.path) as own:
            for place in range(25):
                own.record([vote_on(pairs[place % 3], "a", voter, key=f"{voter}{place}")])
                store.record([vote_on(pairs[place % 3], "b", voter, key=f"shared {voter}{place}")])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(cast, ["ann", "bob"]))
    assert len(store.history(Vote)) == 100
    assert len(store.standing(Vote)) == 6


def test_every_answer_is_on_the_disk(store: VoteStore) -> None:
    assert store.rows("PRAGMA journal_mode") == [("wal",)]
    assert store.rows("PRAGMA synchronous") == [(2,)], "FULL"


def test_refuses_what_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "votes.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(DataError, match=r"damaged, or no store of votes .*Move it away"):
        VoteStore(path)
    path.unlink()
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE x (y)")
    file.close()
    with pytest.raises(DataError, match="another program"):
        VoteStore(path)
    path.unlink()
    VoteStore(path).close()
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
        file.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    file.close()
    with pytest.raises(DataError, match="of schema 2; this version reads 1"):
        VoteStore(path)
    with pytest.raises(OutputError, match="cannot be written"):
        VoteStore(tmp_path / "missing" / "votes.db")


def test_notices_damage_inside(store: VoteStore) -> None:
    fill(store)
    store.close()
    data = bytearray(store.path.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    store.path.write_bytes(data)
    with pytest.raises(DataError, match="damaged"):
        VoteStore(store.path)
