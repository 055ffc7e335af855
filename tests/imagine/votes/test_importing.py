"""Lists: exports come back as they were; what cannot be used is said in two sentences."""

import json
from collections.abc import Callable
from dataclasses import astuple, fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import DataError, StereopsisError
from stereopsis.imagine.votes.export import export_all, taken
from stereopsis.imagine.votes.importing import import_list
from stereopsis.imagine.votes.lists import read_list, to_csv, to_jsonl
from stereopsis.imagine.votes.records import MAX_CAPTION, Candidate, Keep, Review, Vote
from stereopsis.imagine.votes.store import VoteStore
from tests.imagine.votes.world import KEEP, REVIEW, draw, fill, make_pairs, vote_on

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.just("\n"))
LISTS = ("pairs", "pictures", "votes", "keeps", "reviews")


@pytest.mark.parametrize(("ending", "write"), [
    ("csv", lambda rows: to_csv(rows, ["x", "y"])), ("jsonl", to_jsonl),
])  # fmt: skip
def test_lists_hold_any_text(tmp_path_factory, ending: str, write: Callable[..., bytes]) -> None:
    path = tmp_path_factory.mktemp("lists") / f"list.{ending}"

    @given(st.lists(st.fixed_dictionaries({"x": TEXTS, "y": TEXTS}), min_size=1))
    def check(rows: list[dict[str, str]]) -> None:
        path.write_bytes(write(rows))
        assert [row.values for row in read_list(path)] == rows

    check()


def say_much(store: VoteStore) -> None:
    pairs = fill(store)
    caption = 'Two "dogs",\nand — naïve — 犬; =1+1'
    later = "2024-03-01T00:00:00.000Z"
    store.record([
        vote_on(pairs[0], "a"), vote_on(pairs[1], "tie"), vote_on(pairs[2], "b", "bob"),
        vote_on(pairs[0], "neither", question="faithfulness"),
        replace(vote_on(pairs[0], "b"), key="changed", at=later),
        vote_on(pairs[0], "b", showing="repeat", left="b", kind="simulated"),
        KEEP, replace(KEEP, key="l", voter="bob", verdict="drop"),
        REVIEW, replace(REVIEW, key="m", caption=caption, at=later),
    ])  # fmt: skip


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_exports_come_back_whole(store: VoteStore, ending: str) -> None:
    say_much(store)
    files = export_all(store)
    other = store.folder / "other.db"
    with VoteStore(other) as again:
        for name in LISTS:
            path = store.folder / f"{name}.{ending}"
            path.write_bytes(files[path.name])
            first, second = import_list(again, path), import_list(again, path)
            assert first.rows == first.new > 0 and second.new == 0
            assert first.kind == name
        assert export_all(again) == files
        for kind in (Vote, Keep, Review):
            assert again.standing(kind) == store.standing(kind)


def test_taken_is_what_most_people_take_under_the_latest_caption(store: VoteStore) -> None:
    fill(store)
    store.record([
        replace(REVIEW, key="1", caption="first words"),
        replace(REVIEW, key="2", voter="bob", caption="last words", at="2024-03-01T00:00:00.000Z"),
        replace(REVIEW, key="3", voter="cyd", verdict="leave", at="2024-03-02T00:00:00.000Z"),
        replace(REVIEW, key="4", image="tuned_1.png", caption=""),
        replace(REVIEW, key="5", image="tuned_2.png"),
        replace(REVIEW, key="6", image="tuned_2.png", voter="bob", verdict="leave"),
        replace(REVIEW, key="7", image="base_0.jpg", kind="simulated"),
    ])  # fmt: skip
    assert taken(store) == [
        Candidate("tuned_0.png", "last words"), Candidate("tuned_1.png", "caption tuned_1.png")
    ]  # fmt: skip


PAIR = {
    "prompt": "p",
    "image_a": "tuned_0.png",
    "image_b": "base_0.jpg",
    "arm_a": "x",
    "arm_b": "y",
}
PICTURE = {"path": "tuned_0.png"}
VOTED = {field.name: value for field, value in zip(fields(Keep), astuple(KEEP), strict=True)}
BAD = [
    (PAIR | {"image_a": "missing.png"}, "no file .*missing.png. Check the name"),
    (PAIR | {"image_a": "../outside.png"}, "lies outside of .* Copy it into the folder"),
    (PAIR | {"image_a": "link.png"}, "lies outside of "),
    (PAIR | {"image_a": "notes.txt"}, "notes.txt is not a picture"),
    (PAIR | {"image_a": "."}, "is a folder"),
    (PAIR | {"image_a": ""}, "The image_a is no path"),
    (PAIR | {"image_a": "a\0b"}, "The image_a is no path"),
    (PAIR | {"image_a": "base_0.jpg"}, "same arm or picture"),
    (PAIR | {"arm_a": "y"}, "same arm or picture"),
    (PAIR | {"prompt": " "}, "The prompt is empty. Fill it in"),
    (PAIR | {"prompt": "a\x07"}, "holds control characters"),
    (PAIR | {"prompt": "x" * 1001}, "The prompt has 1001 characters; at most 1000 are kept"),
    (PAIR | {"prompt": ["a"]}, "The prompt is not a text"),
    (PAIR | {"colour": "red"}, "of no list that is read here. Use prompt, image_a"),
    ({"prompt": "p"}, "of no list that is read here"),
    (PICTURE | {"caption": "x" * (MAX_CAPTION + 1)}, "The caption has 1001 characters"),
    (PICTURE | {"caption": "\ud800"}, "holds control characters"),
    (VOTED | {"verdict": "maybe"}, "The verdict 'maybe' is unknown. Use one of: keep, drop"),
    (VOTED | {"kind": "robot"}, "The kind 'robot' is unknown"),
    (VOTED | {"at": "yesterday"}, "The time 'yesterday' cannot be read"),
    (VOTED | {"voter": "Ann "}, "is no voter's name"),
    (VOTED | {"key": ""}, "The key is empty"),
    (VOTED | {"image": "base_9.jpg"}, "which is not there. Import the list"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "told"), BAD)
def test_a_row_that_cannot_be_used_is_told_in_two_sentences(store, row, told: str) -> None:
    fill(store, 1)
    draw(store.folder.parent / "outside.png", (1, 2, 3))
    (store.folder / "link.png").symlink_to(store.folder.parent / "outside.png")
    (store.folder / "notes.txt").write_text("no picture")
    before = export_all(store)
    path = store.folder / "bad.jsonl"
    path.write_text(json.dumps(row))
    with pytest.raises(StereopsisError, match=told) as caught:
        import_list(store, path)
    assert caught.value.problem.endswith(".") and caught.value.mend.endswith(".")
    assert export_all(store) == before


@pytest.mark.parametrize(("name", "content", "told"), [
    ("list.txt", b"path\nx.png\n", "neither .csv nor .jsonl"),
    ("list.csv", b"", "is empty"),
    ("list.csv", b"path,caption\n", "has no rows. Put at least one"),
    ("list.jsonl", b"\n\n", "has no rows"),
    ("list.jsonl", b"{", "line 1: This is no JSON"),
    ("list.jsonl", b"[" * 100_000, "line 1: This is no JSON"),
    ("list.jsonl", b'{"path": "tuned_0.png"}\n3', "line 2: This is no JSON object"),
    ("list.jsonl", b'{"path": "tuned_0.png"}\n{"caption": ""}', "line 2: The row has no path"),
    ("list.jsonl", json.dumps(PAIR).encode() + b"\n" + json.dumps(PAIR | {"z": ""}).encode(),
     "line 2: .* z is"),
    ("list.jsonl", b'{"path": 1.5}', "The path is not a text"),
    ("list.csv", b"path,caption\ntuned_0.png,a,b\n", "line 2: .*as many cells"),
    ("list.csv", b'path,caption\ntuned_0.png,"a\n', "This is no CSV"),
    ("list.csv", b"path\n\xff\n", "not in UTF-8"),
])  # fmt: skip
def test_a_list_that_cannot_be_read_is_told(store, name: str, content: bytes, told: str) -> None:
    fill(store, 1)
    path = store.folder / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=told):
        import_list(store, path)


def test_all_bad_rows_are_told_at_once(store: VoteStore) -> None:
    fill(store, 1)
    before = export_all(store)
    path = store.folder / "list.csv"
    path.write_text("path\ntuned_0.png\n" + "".join(f"none{i}.png\n" for i in range(7)))
    with pytest.raises(DataError, match=r"line 3: .*line 7: .* And 2 more\. Nothing") as caught:
        import_list(store, path)
    assert "line 8" not in caught.value.problem and export_all(store) == before


def test_pictures_may_have_further_columns(store: VoteStore) -> None:
    fill(store, 1)
    path = store.folder / "list.csv"
    path.write_text("path,caption,licence,score\ntuned_0.png,a dog,CC0,0.9\n")
    assert import_list(store, path).kind == "pictures"


def test_a_missing_list_is_told(store: VoteStore) -> None:
    with pytest.raises(DataError, match=r"no file .*missing.csv. Check"):
        import_list(store, store.folder / "missing.csv")


def test_seeds_may_be_numbers_and_paths_absolute(store: VoteStore) -> None:
    (pair,) = make_pairs(store.folder, 1)
    row = vars(pair) | {"seed": 7, "image_a": str(store.folder / pair.image_a)}
    path = Path(store.folder / "pairs.jsonl")
    path.write_text(json.dumps(row))
    import_list(store, path)
    assert list(store.pairs().values()) == [replace(pair, seed="7")]


def test_a_vote_beside_another_pair_than_its_own_is_refused(store: VoteStore) -> None:
    pairs = fill(store)
    row = vars(vote_on(pairs[0], "a")) | vars(pairs[1])
    path = store.folder / "votes.jsonl"
    path.write_bytes(to_jsonl([row]))
    with pytest.raises(DataError, match=r"which the vote names\. Export the votes again"):
        import_list(store, path)
