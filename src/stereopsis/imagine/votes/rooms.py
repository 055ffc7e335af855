"""What each page shows next to a voter, and what is left to do; nothing here tells of arms."""

import hashlib
from collections import defaultdict
from dataclasses import asdict
from itertools import islice
from typing import Any

import numpy as np

from stereopsis.errors import DataError, PhotoError
from stereopsis.imagine.votes.ballot import REPEATS, Ballot
from stereopsis.imagine.votes.ballot_box import (
    ballot_before,
    count_ballots,
    deal_missing,
    find_ballot,
    next_ballots,
)
from stereopsis.imagine.votes.picture import imported_file
from stereopsis.imagine.votes.records import CHOICES, Question, Review
from stereopsis.imagine.votes.store import StoredImage, VoteStore
from stereopsis.imagine.votes.tally import votes_for

GRID = 15  # pictures on a page of the generalists

Shown = dict[str, Any]  # what goes to the browser as JSON


def grid(store: VoteStore, voter: str, kind: str, page: int | None) -> Shown:
    """A page of pictures with the verdicts given so far; without a number, the next to judge."""
    images = _in_own_order(store.candidate_images(), voter, "keep")
    query = "SELECT image, verdict FROM keeps WHERE voter = ? AND kind = ? ORDER BY at, rowid"
    verdicts = dict(store.rows(query, voter, kind))
    done = [image.path in verdicts for image in images]
    pages = -(-len(images) // GRID)
    if page is None:
        page = pages if all(done) else done.index(False) // GRID
    shown = images[max(page, 0) * GRID :][:GRID]
    return {
        "page": page,
        "pages": pages,
        "images": [{"id": i.token, "verdict": verdicts.get(i.path)} for i in shown],
        "done": sum(done),
        "total": len(images),
    }


def review(store: VoteStore, voter: str, kind: str, before: str | None) -> Shown:
    """A picture to review, with the review that the voter gave it before, if any.

    Without `before` the next; else the one that was reviewed before that picture.
    """
    images = {image.path: image for image in _reviewed_images(store, voter, kind)}
    own = (each for each in store.standing_of(Review, voter) if each.kind == kind)
    mine = {each.image: each for each in own if each.image in images}
    if before is None:
        path = next((path for path in images if path not in mine), None)
    else:
        path = _reviewed_before(list(mine), images, before)
    shown: Shown = {"image": None, "done": len(mine), "total": len(images)}
    if path is not None:
        given = asdict(mine[path]) if path in mine else {}
        caption = given.get("caption", store.candidates()[path].caption)
        shown |= {"image": images[path].token, "caption": caption}
        shown["earlier"] = {name: given[name] for name in given if name not in HIDDEN}
    return shown


HIDDEN = ("key", "voter", "kind", "image", "at")  # fields of a review that its page does not need


def ballot(
    store: VoteStore,
    voter: str,
    kind: str,
    question: Question,
    before: str | None,
    repeats: float = REPEATS,
) -> Shown:
    """A ballot: its token, and the prompt where the question is about it; else no word of it.

    Without `before` the next; with a token the one before that ballot; with "" the last answered.
    The next is never one of a picture that is gone or has changed: nobody could answer it.
    """
    deal_missing(store, voter, kind, question, np.random.default_rng(), repeats)
    done, total = count_ballots(store, voter, kind, question)
    unanswered = next_ballots(store, voter, kind, question, total - done)
    ahead = list(islice((each for each in unanswered if _can_be_shown(store, each)), 2))
    found = ahead.pop(0) if ahead else None
    if before is not None:
        current = find_ballot(store, before)
        place = current.place if current and current.voter == voter else None
        found = ballot_before(store, voter, kind, question, place)
    return {
        "ballot": found.token if found else None,
        "prompt": _prompt(store, found) if found and question == "faithfulness" else None,
        "ahead": ahead[0].token if ahead else None,
        "done": done,
        "total": total,
    }


def progress(
    store: VoteStore, voter: str, kind: str, repeats: float = REPEATS
) -> dict[str, tuple[int, int]]:
    """How much the voter has done on each page, and how much there is."""
    counts = {}
    pages = {"keep": grid(store, voter, kind, 0), "review": review(store, voter, kind, None)}
    for name, shown in pages.items():
        counts[name] = (shown["done"], shown["total"])
    for question in CHOICES:
        deal_missing(store, voter, kind, question, np.random.default_rng(), repeats)
        counts[question] = count_ballots(store, voter, kind, question)
    return counts


def votes_left(store: VoteStore, question: Question, kind: str, half_width: float) -> int:
    """How many more votes of all voters bring every comparison within the half-width.

    The rate is taken for one half, where most votes are needed: the number tells nothing of it.
    """
    rows = store.rows(
        "SELECT min(arm_a, arm_b), max(arm_a, arm_b), count(DISTINCT voter || char(10) || pair)"
        " FROM pairs LEFT JOIN votes ON pair = pairs.key AND question = ? AND kind = ?"
        " AND showing = 'first' GROUP BY 1, 2",
        question,
        kind,
    )
    return sum(max(0, votes_for(half_width) - count) for _, _, count in rows)


def _can_be_shown(store: VoteStore, ballot: Ballot) -> bool:
    """Whether both pictures are still as they were imported."""
    images = [store.image_of_pair(ballot.pair, picture) for picture in ("a", "b")]
    try:
        for image in images:
            imported_file(store.folder, image.path, image.sha256)
    except (PhotoError, DataError):
        return False
    return True


def _prompt(store: VoteStore, ballot: Ballot) -> str:
    ((prompt,),) = store.rows("SELECT prompt FROM pairs WHERE key = ?", ballot.pair)
    return str(prompt)


def _reviewed_images(store: VoteStore, voter: str, kind: str) -> list[StoredImage]:
    """What specialists see: first what a generalist has kept, then what none has seen yet.

    What all generalists who saw it have dropped is not shown. Only their own kind counts: what a
    program drops is not kept from people.
    """
    query = "SELECT voter, image, verdict FROM keeps WHERE kind = ? ORDER BY at, rowid"
    rows = store.rows(query, kind)
    latest = {(who, image): verdict for who, image, verdict in rows}
    verdicts = defaultdict(set)
    for (_, image), verdict in latest.items():
        verdicts[image].add(verdict)
    images = _in_own_order(store.candidate_images(), voter, "review")
    images = [image for image in images if verdicts[image.path] != {"drop"}]
    return sorted(images, key=lambda image: "keep" not in verdicts[image.path])


def _reviewed_before(mine: list[str], images: dict[str, StoredImage], token: str) -> str | None:
    """The path that was reviewed before the one of this token; the latest if that was not yet."""
    tokens = [images[path].token for path in mine]
    place = tokens.index(token) if token in tokens else len(mine)
    return mine[place - 1] if place > 0 else None


def _in_own_order(images: list[StoredImage], voter: str, page: str) -> list[StoredImage]:
    """The pictures in an order that is the voter's own, and always the same."""

    def place(image: StoredImage) -> str:
        return hashlib.sha256(f"{page}\0{voter}\0{image.path}".encode()).hexdigest()

    return sorted(images, key=place)
