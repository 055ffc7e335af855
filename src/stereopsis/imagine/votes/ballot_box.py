"""Ballots in the store: dealt once to each voter, then handed out in their order.

A person and a program of one name have the same ballots, which each kind of voter answers apart.
"""

from dataclasses import astuple, replace
from typing import Any

import numpy as np

from stereopsis.imagine.votes.ballot import REPEATS, Ballot, deal
from stereopsis.imagine.votes.records import Question
from stereopsis.imagine.votes.store import VoteStore

MINE = "voter = ? AND question = ?"
ANSWERED = """EXISTS (SELECT 1 FROM votes WHERE votes.voter = ballots.voter
    AND votes.question = ballots.question AND votes.pair = ballots.pair
    AND votes.showing = ballots.showing AND votes.kind = ?)"""


def deal_missing(
    store: VoteStore,
    voter: str,
    kind: str,
    question: Question,
    generator: np.random.Generator,
    repeats: float = REPEATS,
) -> None:
    """Sees to it that the voter has a ballot for every pair; those dealt before stay as they are.

    A pair that the voter has answered elsewhere, in votes that were imported, is not asked again.
    """
    missing = f"""SELECT key FROM pairs WHERE NOT EXISTS
        (SELECT 1 FROM ballots WHERE {MINE} AND pair = pairs.key) AND NOT EXISTS
        (SELECT 1 FROM votes WHERE {MINE} AND kind = ? AND pair = pairs.key) ORDER BY rowid"""
    whose = (voter, question)
    if not store.rows(f"{missing} LIMIT 1", *whose, *whose, kind):
        return
    with store.change() as file:
        keys = [key for (key,) in file.execute(missing, (*whose, *whose, kind))]
        query = f"SELECT 1 + coalesce(max(place), -1) FROM ballots WHERE {MINE}"
        (start,) = file.execute(query, whose).fetchone()
        for ballot in deal(voter, question, keys, generator, repeats):
            row = astuple(replace(ballot, place=start + ballot.place))
            file.execute("INSERT INTO ballots VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def find_ballot(store: VoteStore, token: str) -> Ballot | None:
    """The ballot of this name, if there is one."""
    return _first(store, "token = ?", token)


def next_ballots(
    store: VoteStore, voter: str, kind: str, question: Question, count: int
) -> list[Ballot]:
    """The first ballots that the voter has not answered, at most so many."""
    query = f"SELECT * FROM ballots WHERE {MINE} AND NOT {ANSWERED} ORDER BY place LIMIT ?"
    return [Ballot(*row) for row in store.rows(query, voter, question, kind, count)]


def ballot_before(
    store: VoteStore, voter: str, kind: str, question: Question, place: int | None
) -> Ballot | None:
    """The ballot dealt before this place (None: the last that was answered), if there is one."""
    if place is None:
        answered = f"{MINE} AND {ANSWERED} ORDER BY place DESC"
        return _first(store, answered, voter, question, kind)
    return _first(store, f"{MINE} AND place < ? ORDER BY place DESC", voter, question, place)


def count_ballots(store: VoteStore, voter: str, kind: str, question: Question) -> tuple[int, int]:
    """How many ballots the voter has answered, and how many were dealt."""
    query = f"SELECT coalesce(sum({ANSWERED}), 0), count(*) FROM ballots WHERE {MINE}"
    ((done, dealt),) = store.rows(query, kind, voter, question)
    return done, dealt


def _first(store: VoteStore, where: str, *values: Any) -> Ballot | None:
    rows = store.rows(f"SELECT * FROM ballots WHERE {where} LIMIT 1", *values)
    return Ballot(*rows[0]) if rows else None
