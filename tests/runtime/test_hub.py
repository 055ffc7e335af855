import hashlib
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from stereopsis.errors import WeightsError
from stereopsis.runtime import hub as hub_module
from stereopsis.runtime.hub import ATTEMPTS, RemoteFile, fetch
from tests.runtime.hub_server import Hub, serving
from tests.test_outputs import no_file_longer_than

CONTENT = np.random.default_rng(0).bytes(1_000_000)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub(CONTENT)) as running:
        yield running


def remote(hub: Hub, path: str = "/model.onnx") -> RemoteFile:
    digest = hashlib.sha256(CONTENT).hexdigest()
    return RemoteFile("tiny", hub.url + path, len(CONTENT), digest)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_is_fetched_once(hub: Hub, tmp_path: Path) -> None:
    path, heard = tmp_path / "new" / "tiny.onnx", []
    for _ in range(2):
        assert fetch(remote(hub), path, lambda *each: heard.append(each)) == path
    assert path.read_bytes() == CONTENT
    assert hub.asked == [None]
    assert names(path.parent) == {"tiny.onnx"}
    assert heard == sorted(heard) and heard[-1] == (len(CONTENT), len(CONTENT))


def test_redirects_are_followed(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx.part").write_bytes(CONTENT[:1000])
    assert fetch(remote(hub, "/moved"), tmp_path / "tiny.onnx").read_bytes() == CONTENT
    assert hub.asked == ["bytes=1000-"]


def test_a_cut_connection_is_taken_up_where_it_broke(hub: Hub, tmp_path: Path) -> None:
    hub.cuts = [300_000, 0, 200_000, 0, 0]
    assert fetch(remote(hub), tmp_path / "tiny.onnx").read_bytes() == CONTENT
    after = ["bytes=300000-"] * 2 + ["bytes=500000-"] * 3
    assert hub.asked == [None, *after]


def test_after_too_many_cuts_the_part_waits_for_the_next_run(hub: Hub, tmp_path: Path) -> None:
    hub.cuts = [300_000, *[0] * ATTEMPTS]
    with pytest.raises(WeightsError, match=r"only to 0\.3 of 1\.0 MB from 127.*go on from there"):
        fetch(remote(hub), tmp_path / "tiny.onnx")
    assert names(tmp_path) == {"tiny.onnx.part"}
    hub.asked.clear()
    fetch(remote(hub), tmp_path / "tiny.onnx")
    assert hub.asked == ["bytes=300000-"]
    assert names(tmp_path) == {"tiny.onnx"}


def test_a_server_without_ranges_starts_again(hub: Hub, tmp_path: Path) -> None:
    hub.ranges, hub.cuts = False, [300_000]
    assert fetch(remote(hub), tmp_path / "tiny.onnx").read_bytes() == CONTENT


@pytest.mark.parametrize("length", [len(CONTENT), len(CONTENT) + 5])
def test_a_part_of_full_length_or_more_is_settled(hub: Hub, tmp_path: Path, length: int) -> None:
    (tmp_path / "tiny.onnx.part").write_bytes((CONTENT + b"extra")[:length])
    assert fetch(remote(hub), tmp_path / "tiny.onnx").read_bytes() == CONTENT
    assert len(hub.asked) == (length > len(CONTENT))


def test_a_damaged_part_is_noticed_and_dropped(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx.part").write_bytes(b"wrong" * 10)
    with pytest.raises(WeightsError, match="another file than tiny was"):
        fetch(remote(hub), tmp_path / "tiny.onnx")
    assert names(tmp_path) == set()


def test_another_file_is_refused(hub: Hub, tmp_path: Path) -> None:
    wanted = replace(remote(hub), sha256=hashlib.sha256(b"another").hexdigest())
    with pytest.raises(WeightsError, match=r"sent another file.*right file at .*tiny\.onnx"):
        fetch(wanted, tmp_path / "tiny.onnx")
    assert names(tmp_path) == set()


@pytest.mark.parametrize("size", [0, 500_000])
def test_a_shorter_file_is_refused(hub: Hub, tmp_path: Path, size: int) -> None:
    hub.content = CONTENT[:size]
    with pytest.raises(WeightsError, match=r"cannot be fetched|sent another file"):
        fetch(remote(hub), tmp_path / "tiny.onnx")


@pytest.mark.parametrize("status", [404, 403, 500])
def test_refusals_name_the_address_and_the_place(hub: Hub, tmp_path: Path, status: int) -> None:
    hub.status = status
    with pytest.raises(WeightsError, match=rf"cannot be fetched from 127.*{status}") as caught:
        fetch(remote(hub), tmp_path / "tiny.onnx")
    assert remote(hub).url in caught.value.mend
    assert str(tmp_path / "tiny.onnx") in caught.value.mend
    assert "embedded" in caught.value.mend
    assert names(tmp_path) == set()


def test_without_a_server_the_mend_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        absent = Hub(CONTENT, port=taken.getsockname()[1])
        with pytest.raises(WeightsError, match=r"tiny cannot be fetched.*refused") as caught:
            fetch(remote(absent), tmp_path / "tiny.onnx")
    assert "put the file of" in caught.value.mend
    assert names(tmp_path) == set()


def test_a_silent_server_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "TIMEOUT_S", 0.02)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        absent = Hub(CONTENT, port=silent.getsockname()[1])
        with pytest.raises(WeightsError, match=r"tiny cannot be fetched.*timed out"):
            fetch(remote(absent), tmp_path / "tiny.onnx")


def test_another_file_in_the_cache_is_left_alone(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx").write_bytes(b"mine")
    with pytest.raises(WeightsError, match=r"is not the file that tiny should be. Remove it"):
        fetch(remote(hub), tmp_path / "tiny.onnx")
    assert (tmp_path / "tiny.onnx").read_bytes() == b"mine"


def test_a_place_that_cannot_be_written(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WeightsError, match=r"cannot be written.*STEREOPSIS_CACHE"):
        fetch(remote(hub), tmp_path / "file" / "tiny.onnx")
    with (
        no_file_longer_than(30_000),
        pytest.raises(WeightsError, match=r"cannot be written.*Free some space"),
    ):
        fetch(remote(hub), tmp_path / "tiny.onnx")
    assert fetch(remote(hub), tmp_path / "tiny.onnx").read_bytes() == CONTENT


def test_two_at_a_time_come_to_the_same_file(hub: Hub, tmp_path: Path) -> None:
    hub.cuts = [10_000, 700_000, 90_000, 40_000]
    results: list[Path] = []
    threads = [
        Thread(target=lambda: results.append(fetch(remote(hub), tmp_path / "tiny.onnx")))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert (tmp_path / "tiny.onnx").read_bytes() == CONTENT
