"""Exports: all that people said, and what it comes to, as files that can be imported again."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, fields

from stereopsis.imagine.votes.importing import PAIR_COLUMNS
from stereopsis.imagine.votes.lists import to_csv, to_jsonl
from stereopsis.imagine.votes.records import Candidate, Keep, Pair, Review, Vote
from stereopsis.imagine.votes.store import VoteStore

Table = tuple[list[str], list[dict[str, str]]]  # columns and rows


def export_all(store: VoteStore) -> dict[str, bytes]:
    """Every file by its name: pairs, pictures, votes, keeps, reviews and taken, each twice.

    Votes, keeps and reviews hold every answer, those too that the voter replaced later; beside a
    vote stands its pair. `taken` is what the specialists chose, with captions.
    """
    pairs = store.pairs()
    tables = {
        "pairs": _table(Pair, list(pairs.values())),
        "pictures": _table(Candidate, list(store.candidates().values())),
        "votes": _votes(store.history(Vote), pairs),
        "keeps": _table(Keep, store.history(Keep)),
        "reviews": _table(Review, store.history(Review)),
        "taken": _table(Candidate, taken(store)),
    }
    files = {}
    for name, (columns, rows) in tables.items():
        files[f"{name}.csv"] = to_csv(rows, columns)
        files[f"{name}.jsonl"] = to_jsonl(rows)
    return files


def taken(store: VoteStore) -> list[Candidate]:
    """The pictures that more specialists take than leave, each with its caption.

    Only people count. The caption is the latest that one who takes the picture has written, else
    the one that the picture came with.
    """
    reviews = defaultdict(list)
    for review in store.standing(Review):
        if review.kind == "human":
            reviews[review.image].append(review)
    chosen = []
    for path, candidate in store.candidates().items():
        takes = [review for review in reviews[path] if review.verdict == "take"]
        if 2 * len(takes) > len(reviews[path]):
            written = sorted((r.at, r.caption) for r in takes if r.caption)
            caption = written[-1][1] if written else candidate.caption
            chosen.append(Candidate(path, caption))
    return chosen


def _table(
    kind: type, records: Sequence[Pair] | Sequence[Candidate] | Sequence[Keep] | Sequence[Review]
) -> Table:
    return [field.name for field in fields(kind)], [asdict(record) for record in records]


def _votes(votes: Sequence[Vote], pairs: dict[str, Pair]) -> Table:
    columns = [*(field.name for field in fields(Vote)), *PAIR_COLUMNS]
    return columns, [asdict(vote) | asdict(pairs[vote.pair]) for vote in votes]
