"""The commands, in processes of their own: what they print, and a server that is killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from stereopsis.imagine.vote import app
from stereopsis.imagine.votes.lists import to_jsonl
from stereopsis.imagine.votes.records import Vote
from stereopsis.imagine.votes.store import VoteStore
from stereopsis.train.command import run_command
from tests.imagine.votes.world import fill, make_pairs, visitor, vote_on

COMMAND = (sys.executable, "-m", "stereopsis.imagine.vote")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of the command, run in this process."""
    monkeypatch.setattr(sys, "argv", ["vote", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        run_command(app)
    return int(ended.value.code or 0)


@contextmanager
def started(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server process of the store in the folder, and its address."""
    command = (*COMMAND, "serve", str(folder), "--port", "0")
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        line = process.stderr.readline()
        assert line.startswith("Open http://127.0.0.1:"), line
        yield process, line.split()[1]
    finally:
        process.kill()
        process.communicate()


def test_imports_exports_and_reports(monkeypatch, capsys, tmp_path: Path) -> None:
    pairs = make_pairs(tmp_path, 3)
    (tmp_path / "pairs.jsonl").write_bytes(to_jsonl([vars(pair) for pair in pairs]))
    assert run(monkeypatch, "import", tmp_path, tmp_path / "pairs.jsonl") == 0
    assert "3 pairs, 3 of them new" in capsys.readouterr().err
    assert run(monkeypatch, "report", tmp_path) == 0
    assert capsys.readouterr().out == "0 human votes\n"
    with VoteStore(tmp_path / "votes.db") as store:
        store.record([vote_on(pair, "a") for pair in pairs])
    assert run(monkeypatch, "report", tmp_path / "votes.db", "--half-width", "0.1") == 0
    told = capsys.readouterr().out
    assert told.startswith("3 human votes by 1 person") and "±10 points" in told
    assert run(monkeypatch, "report", tmp_path, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["human_votes"] == 3 and report["comparisons"][0]["tally"]["ties"] == 0
    assert run(monkeypatch, "export", tmp_path, "-o", tmp_path / "out") == 0
    assert (tmp_path / "out" / "votes.csv").read_text().count("\n") == 4


def test_mistakes_end_in_two_sentences(monkeypatch, capsys, tmp_path: Path) -> None:
    for arguments, told in (
        (("report", tmp_path), "There is no store of votes"),
        (("serve", tmp_path), "Import a list first."),
        (("import", tmp_path / "none", "x.csv"), "There is no folder"),
        (("import", tmp_path, tmp_path / "x.csv"), "There is no file"),
        (("report", tmp_path, "--half-width", "0.7"), "Use a half-width from"),
    ):
        assert run(monkeypatch, *arguments) == 2
        assert told in capsys.readouterr().err
    assert run(monkeypatch, "serve", tmp_path, "--port", "99999") == 2  # the import made a store
    assert "99999 is no port" in capsys.readouterr().err
    for name in ("long" * 2000, "long" * 2000 + ".db"):
        assert run(monkeypatch, "report", name) == 2
        assert "long" in capsys.readouterr().err
    (tmp_path / "votes.db").write_bytes(b"no store" * 1000)
    assert run(monkeypatch, "report", tmp_path) == 2
    assert "is damaged, or no store of votes" in capsys.readouterr().err


def test_a_killed_server_loses_no_vote_and_leaves_no_lock(tmp_path: Path) -> None:
    with VoteStore(tmp_path / "votes.db") as store:
        fill(store, 40)
    answered: set[str] = set()

    def vote_on_and_on(client: httpx.Client) -> None:
        with suppress(httpx.HTTPError):  # the server dies some time
            while ballot := client.get("/api/ballot/appeal").json()["ballot"]:
                sent = {"key": ballot, "ballot": ballot, "pressed": "left"}
                client.post("/api/vote", json=sent).raise_for_status()
                answered.add(ballot)

    with started(tmp_path) as (process, address):
        refused = subprocess.run(
            (*COMMAND, "serve", str(tmp_path), "--port", "0"), capture_output=True, text=True
        )
        assert refused.returncode == 2
        assert f"is being served already, by {address}. Open that" in refused.stderr
        with visitor(address, "ann") as ann, visitor(address, "bob") as bob:
            threads = [threading.Thread(target=vote_on_and_on, args=(c,)) for c in (ann, bob)]
            for thread in threads:
                thread.start()
            while len(answered) < 12:
                time.sleep(0.001)
            os.kill(process.pid, signal.SIGKILL)
            for thread in threads:
                thread.join()
    with VoteStore(tmp_path / "votes.db") as store:
        kept = {vote.key for vote in store.history(Vote)}
    assert answered <= kept and len(kept) <= len(answered) + 2
    with started(tmp_path) as (_, address), visitor(address, "ann") as ann:
        again = sorted(answered)[0]
        sent = {"key": again, "ballot": again, "pressed": "left"}
        with visitor(address, "bob") as bob:
            assert 200 in {c.post("/api/vote", json=sent).status_code for c in (ann, bob)}
    with VoteStore(tmp_path / "votes.db") as store:
        assert {vote.key for vote in store.history(Vote)} == kept, "what was sent again counts once"
