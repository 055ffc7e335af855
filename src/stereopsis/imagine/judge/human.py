"""What people said: votes from a store or from exported lists, counted even when there are none."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stereopsis.errors import DataError
from stereopsis.imagine.votes.lists import Row, at_line, read_list
from stereopsis.imagine.votes.records import Pair, Vote
from stereopsis.imagine.votes.report import Comparison, compare
from stereopsis.imagine.votes.report_text import count_text
from stereopsis.imagine.votes.store import VoteStore

STORES = (".db", ".sqlite")


@dataclass(frozen=True)
class HumanVotes:
    """How many votes people cast on first showings, in words too, and what they come to."""

    votes: int
    counted: str
    comparisons: tuple[Comparison, ...]


NO_VOTES = HumanVotes(0, count_text([]), ())


def read_human_votes(path: Path | None) -> HumanVotes:
    """The votes of people in a store, or in an exported list of votes; none without a path.

    Raises:
        DataError: the file is missing, damaged or holds something else.
    """
    if path is None:
        return NO_VOTES
    if not os.path.isfile(path):
        raise DataError(f"There is no file {path}.", "Name a store of votes, or its export.")
    votes, pairs = _from_store(path) if path.suffix.lower() in STORES else _from_list(path)
    people = [vote for vote in votes if vote.kind == "human"]
    count = sum(vote.showing == "first" for vote in people)
    return HumanVotes(count, count_text(people), tuple(compare(people, pairs)))


def _from_store(path: Path) -> tuple[list[Vote], dict[str, Pair]]:
    with VoteStore(path) as store:
        return store.standing(Vote), store.pairs()


def _from_list(path: Path) -> tuple[list[Vote], dict[str, Pair]]:
    """The latest answer to each subject, and the pairs that stand beside the votes."""
    rows = read_list(path)
    said = []
    pairs: dict[str, Pair] = {}
    for row in rows:
        with at_line(path, row.line):
            vote, pair = Vote(**_of(row, Vote)), Pair(**_of(row, Pair))
            if vote.pair != pair.key:
                raise DataError("The vote is on another pair.", "Export the votes again.")
        said.append(vote)
        pairs[pair.key] = pair
    return _standing(said), pairs


def _of(row: Row, kind: type[Vote] | type[Pair]) -> dict[str, str]:
    names = list(kind.__dataclass_fields__)
    missing = [name for name in names if name not in row.values]
    if missing:
        raise DataError(
            f"The column {missing[0]} is missing.", "Give the list of votes as it was exported."
        )
    return {name: row.values[name] for name in names}


def _standing(votes: Sequence[Vote]) -> list[Vote]:
    ordered = sorted(votes, key=lambda vote: vote.at)
    return list({vote.subject: vote for vote in ordered}.values())
