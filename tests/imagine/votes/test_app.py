"""What the pages ask for and send, through a real server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from stereopsis.errors import OptionError, OutputError
from stereopsis.imagine.votes.config import VoteConfig
from stereopsis.imagine.votes.records import Keep, Review, Vote
from stereopsis.imagine.votes.server import open_server
from stereopsis.imagine.votes.store import VoteStore
from stereopsis.imagine.votes.tally import votes_for
from tests.imagine.votes.world import KEEP, color_of, draw, fill, served, visitor

PAIRS = 12
SECRETS = ("secret", "tuned", "base_", "model", ".png", ".jpg", "repeat", "first", "seed")

HIDDEN = (
    "/pictures/tuned_0.png",
    "/pictures/..%2Fvotes.db",
    "/ballots/x/left",
    "/page/..%2Fapp.py",
    "/tuned_0.png",
    "/votes.db",
    "/docs",
    "/openapi.json",
)


@pytest.fixture
def address(store: VoteStore) -> Iterator[str]:
    fill(store, PAIRS)
    with served(store, VoteConfig(repeats=0.5)) as address:
        yield address


def vote(client: httpx.Client, shown: dict, pressed: str, key: str = "") -> httpx.Response:
    key = key or f"{shown['ballot']} {pressed}"
    sent = {"key": key, "ballot": shown["ballot"], "pressed": pressed}
    return client.post("/api/vote", json=sent)


def vote_on_all(client: httpx.Client, question: str, pressed_for) -> list[dict]:
    shown, seen = client.get(f"/api/ballot/{question}").json(), []
    while shown["ballot"]:
        vote(client, shown, pressed_for(client, shown)).raise_for_status()
        seen.append(shown)
        shown = client.get(f"/api/ballot/{question}").json()
    return seen


def tuned_side(client: httpx.Client, shown: dict) -> str:
    left = color_of(client.get(f"/ballots/{shown['ballot']}/left").content)
    return "left" if left == "secret-tuned" else "right"


def test_votes_for_an_arm_are_counted_for_it(store: VoteStore, address: str) -> None:
    with visitor(address, "  Ann\u00a0B ") as client:
        seen = vote_on_all(client, "appeal", tuned_side)
    assert len(seen) == PAIRS + PAIRS // 2
    pairs, votes = store.pairs(), store.standing(Vote)
    assert {v.voter for v in votes} == {"ann b"} and {v.kind for v in votes} == {"human"}
    for each in votes:
        pair = pairs[each.pair]
        assert (pair.arm_a if each.choice == "a" else pair.arm_b) == "secret-tuned"
    sides = {(v.pair, v.showing): v.left for v in votes}
    for (pair, showing), left in sides.items():
        assert showing == "first" or left != sides[pair, "first"], "repeats are turned round"


def test_nothing_that_is_sent_tells_the_arm(address: str) -> None:
    with visitor(address) as client:
        for question in ("appeal", "faithfulness"):
            page = client.get(f"/{question}")
            shown = client.get(f"/api/ballot/{question}")
            sides = [
                client.get(f"/ballots/{shown.json()['ballot']}/{s}") for s in ("left", "right")
            ]
            told = [str(dict(page.headers)), str(dict(shown.headers)), shown.text]
            told += [str(dict(side.headers)) + str(side.url) for side in sides]
            told += [side.content.decode("latin-1") for side in sides]
            for secret in SECRETS:
                assert not any(secret in text.lower() for text in told), secret
            assert ("prompt " in shown.text) == (question == "faithfulness")
            left, right = (dict(side.headers) for side in sides)
            for headers in (left, right):
                del headers["content-length"], headers["date"]
            assert left == right and left["content-type"] == "image/png"
            assert len({len(side.url.path.rstrip("leftrigh")) for side in sides}) == 1


def test_a_vote_sent_twice_counts_once_and_a_new_one_replaces_it(store, address: str) -> None:
    with visitor(address) as client:
        shown = client.get("/api/ballot/appeal").json()
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: vote(client, shown, "left", "same"), range(8)))
        assert {answer.status_code for answer in answers} == {200}
        assert len(store.history(Vote)) == 1
        back = client.get("/api/ballot/appeal?before=").json()
        assert back["ballot"] == shown["ballot"]
        vote(client, back, "tie")
        assert len(store.history(Vote)) == 2
        (standing,) = store.standing(Vote)
        assert standing.choice == "tie"
        after = client.get("/api/ballot/appeal").json()
        assert after["ballot"] != shown["ballot"] and after["done"] == 1
        before = client.get(f"/api/ballot/appeal?before={after['ballot']}").json()
        assert before["ballot"] == shown["ballot"]


def test_two_voters_at_once_have_ballots_of_their_own(store: VoteStore, address: str) -> None:
    def vote_all(name: str) -> list[dict]:
        with visitor(address, name) as client:
            return vote_on_all(client, "faithfulness", lambda *_: "both")

    with ThreadPoolExecutor(2) as pool:
        ann, bob = pool.map(vote_all, ["ann", "bob"])
    assert {s["ballot"] for s in ann}.isdisjoint(s["ballot"] for s in bob)
    assert [s["prompt"] for s in ann] != [s["prompt"] for s in bob]
    assert len(store.standing(Vote)) == len(ann) + len(bob) == 2 * (PAIRS + PAIRS // 2)


def test_strangers_see_nothing(address: str) -> None:
    with visitor(address) as ann, visitor(address, "bob") as bob:
        shown = ann.get("/api/ballot/appeal").json()
        assert bob.get(f"/ballots/{shown['ballot']}/left").status_code == 404
        assert vote(bob, shown, "left").status_code == 404
        for path in HIDDEN:
            assert ann.get(path).status_code == 404, path
    with httpx.Client(base_url=address, trust_env=False) as stranger:
        assert stranger.get("/api/start").json() == {"voter": None}
        assert stranger.get("/api/keep").status_code == 401
        assert stranger.get(f"/ballots/{shown['ballot']}/left").status_code == 401
        rebound = stranger.get("/", headers={"host": "evil.example"})
        assert rebound.status_code == 400


def test_pictures_of_pairs_alone_are_not_shown_by_name(store: VoteStore) -> None:
    fill(store, 1)
    with store.change() as file:
        file.execute("DELETE FROM candidates")
    ((token,), *_) = store.rows("SELECT token FROM images")
    with served(store) as address, visitor(address) as client:
        assert client.get(f"/pictures/{token}").status_code == 404


@pytest.mark.parametrize(("path", "sent", "told"), [
    ("enter", {"name": " "}, "The name is empty. Fill it in."),
    ("enter", {"name": "x" * 61}, "The name has 61 characters"),
    ("enter", {"name": "a\u0007"}, "control characters"),
    ("enter", {}, "not understood here. Reload"),
    ("keep", {"key": "", "verdicts": {"TOKEN": "keep"}}, None),
    ("keep", {"key": "k", "verdicts": {"TOKEN": "maybe"}}, "The verdict 'maybe' is unknown"),
    ("keep", {"key": "k" * 200, "verdicts": {"TOKEN": "keep"}}, "The key has "),
    ("review", {"key": "k", "image": "TOKEN", "verdict": "take", "caption": "x" * 1001},
     "The caption has 1001 characters; at most 1000 are kept. Shorten it."),
    ("review", {"key": "k", "image": "TOKEN", "verdict": "take", "light": "x"}, "not understood"),
    ("review", {"key": "k", "image": "TOKEN", "verdict": "take", "color": "red"}, "unknown"),
    ("vote", {"key": "k", "ballot": "BALLOT", "pressed": "both"}, "The choice 'both' is unknown"),
    ("vote", {"key": "k", "ballot": "BALLOT", "pressed": "a"}, "a is no side"),
    ("vote", {"key": "", "ballot": "BALLOT", "pressed": "left"}, "The key is empty"),
])  # fmt: skip
def test_what_cannot_be_used_is_told_in_two_sentences(store, address, path, sent, told) -> None:
    with visitor(address) as client:
        token = client.get("/api/keep").json()["images"][0]["id"]
        ballot = client.get("/api/ballot/appeal").json()["ballot"]
        text = str(httpx.Request("POST", address, json=sent).content, "utf-8")
        content = text.replace("TOKEN", token).replace("BALLOT", ballot)
        headers = {"content-type": "application/json"}
        answer = client.post(f"/api/{path}", content=content, headers=headers)
    if told is None:
        assert answer.status_code == 200
        return
    assert answer.status_code == 422
    assert told in " ".join([answer.json()["problem"], answer.json()["mend"]])
    assert store.history(Vote) == store.history(Keep) == store.history(Review) == []


def test_specialists_see_what_generalists_left_first_what_they_kept(store: VoteStore) -> None:
    fill(store, 2)  # four pictures
    bob = replace(KEEP, voter="bob")
    store.record([
        replace(KEEP, key="1", image="tuned_0.png", verdict="drop"),
        replace(bob, key="2", image="tuned_0.png", verdict="drop"),
        replace(KEEP, key="3", image="base_0.jpg", verdict="drop"),
        replace(bob, key="4", image="base_0.jpg", verdict="keep"),
        replace(KEEP, key="5", image="tuned_1.png", verdict="keep"),
    ])  # fmt: skip
    with served(store) as address, visitor(address, "cyd") as client:
        seen = []
        while token := (shown := client.get("/api/review").json())["image"]:
            seen.append(store.image(token).path)
            sent = {"key": token, "image": token, "verdict": "leave", "caption": shown["caption"]}
            client.post("/api/review", json=sent).raise_for_status()
        assert set(seen[:2]) == {"base_0.jpg", "tuned_1.png"} and seen[2:] == ["base_1.jpg"]
        captions = {review.image: review.caption for review in store.standing(Review)}
        assert captions["tuned_1.png"] == "caption tuned_1.png"
        assert client.get("/api/start").json()["rooms"]["review"] == [3, 3]
        back = client.get("/api/review?before=").json()
        assert store.image(back["image"]).path == seen[2] and back["earlier"]["verdict"] == "leave"


def test_a_picture_that_changed_or_went_is_not_shown(store: VoteStore) -> None:
    fill(store, 1)
    draw(store.folder / "tuned_0.png", (9, 9, 9), 99)
    (store.folder / "base_0.jpg").unlink()
    with served(store) as address, visitor(address) as client:
        told = {client.get(f"/pictures/{i['id']}").json()["problem"]
                for i in client.get("/api/keep").json()["images"]}  # fmt: skip
    assert any("has changed since it was imported" in text for text in told)
    assert any("no file" in text for text in told)


def test_a_picture_that_went_holds_up_no_other_pair(store: VoteStore) -> None:
    pairs = fill(store, 6)
    gone = {pairs[1].key, pairs[4].key}
    with served(store, VoteConfig(repeats=0)) as address, visitor(address) as client:
        assert client.get("/api/ballot/appeal").json()["ahead"]
        draw(store.folder / "tuned_1.png", (9, 9, 9), 99)
        (store.folder / "base_4.jpg").unlink()
        seen = vote_on_all(client, "appeal", lambda *_: "tie")
        assert len(seen) == 4 and seen[-1]["ahead"] is None
        assert gone.isdisjoint(vote.pair for vote in store.standing(Vote))
        over = client.get("/api/ballot/appeal").json()
        assert (over["ballot"], over["done"], over["total"]) == (None, 4, 6)


def test_votes_of_programs_are_marked(store: VoteStore) -> None:
    fill(store, 2)
    with served(store, VoteConfig(simulated=True)) as address, visitor(address) as client:
        vote_on_all(client, "appeal", lambda *_: "tie")
    assert {each.kind for each in store.history(Vote)} == {"simulated"}


def test_what_a_program_answered_is_still_asked_of_a_person_of_its_name(store: VoteStore) -> None:
    fill(store, 2)
    seen = {}
    for simulated in (True, False):
        config = VoteConfig(repeats=0, simulated=simulated)
        with served(store, config) as address, visitor(address) as client:
            before = client.get("/api/start").json()["rooms"]
            assert before == {"keep": [0, 4], "review": [0, 4], "appeal": [0, 2],
                              "faithfulness": [0, 2]}  # fmt: skip
            said = f"{simulated}"
            grid = client.get("/api/keep").json()
            verdicts = {image["id"]: "drop" for image in grid["images"][:1]}
            client.post("/api/keep", json={"key": said, "verdicts": verdicts}).raise_for_status()
            shown = client.get("/api/review").json()
            sent = {"key": said, "image": shown["image"], "verdict": "take"}
            client.post("/api/review", json=sent).raise_for_status()
            vote(client, client.get("/api/ballot/appeal").json(), "left", said).raise_for_status()
            after = client.get("/api/start").json()["rooms"]
            seen[simulated] = (shown["image"], after["keep"], after["review"], after["appeal"])
    assert seen[True] == seen[False] and seen[True][1:] == ([1, 4], [1, 3], [1, 2])
    for kind in (Vote, Keep, Review):
        assert [each.kind for each in store.standing(kind)] == ["simulated", "human"]


def test_says_how_many_votes_are_left_and_nothing_of_the_rate(store, address: str) -> None:
    with visitor(address) as client:
        left = client.get("/api/ballot/appeal").json()["left"]
        assert left == votes_for(0.05)
        shown = client.get("/api/ballot/appeal").json()
        vote(client, shown, "left")
        assert client.get("/api/ballot/appeal").json()["left"] == left - 1
        assert client.get("/api/ballot/faithfulness").json()["left"] == left


def test_a_second_server_is_refused_and_a_first_may_follow(store: VoteStore) -> None:
    with open_server(store, VoteConfig(), "127.0.0.1", 0) as first:
        told = f"is being served already, by {first.address}. Open that address"
        with pytest.raises(OutputError, match=told):
            open_server(store, VoteConfig(), "127.0.0.1", 0).__enter__()
        with VoteStore(store.path.with_name("other.db")) as other:
            port = int(first.address.rpartition(":")[2])
            with pytest.raises(OptionError, match=r"cannot be used .*Choose another with --port"):
                open_server(other, VoteConfig(), "127.0.0.1", port).__enter__()
    with open_server(store, VoteConfig(), "127.0.0.1", 0):
        pass


@pytest.mark.parametrize("settings", [{"repeats": -0.1}, {"repeats": 2}, {"half_width": 0},
                                      {"half_width": 0.5}, {"repeats": float("nan")}])  # fmt: skip
def test_settings_out_of_range_are_refused(settings: dict) -> None:
    with pytest.raises(OptionError):
        VoteConfig(**settings)
