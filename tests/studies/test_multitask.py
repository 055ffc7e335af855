import json
from pathlib import Path

import numpy as np
import pytest
import torch

from stereopsis.errors import DataError
from stereopsis.nets.topology import parse_topology
from stereopsis.search.multitask import as_batch, build_tasks
from stereopsis.search.proxy import write_proxy
from stereopsis.search.search_state import SearchConfig
from stereopsis.search.topology import topology_cost
from stereopsis.search.transfer import Decoder, build_chain_mono, build_parallel_mono
from stereopsis.studies import multitask, search_time
from stereopsis.studies.gradients import most_disputed, tabulate_losses
from stereopsis.studies.multitask_trials import list_topologies, search, try_topologies
from stereopsis.studies.train_topology import TopologyTraining
from stereopsis.studies.transfer import main as transfer
from stereopsis.studies.transfer import read_found
from tests.search.proxies import SPACE, make_proxy

PROXY = make_proxy()
TASKS = build_tasks(["depth", "labels"], PROXY, SPACE, 0.7)
SHORT = SearchConfig(steps=3, batch=2, draws=2, patience=1)


def test_arms_are_trained_on_what_their_budgets_admit(tmp_path: Path) -> None:
    found = search(SPACE, TASKS, PROXY, SHORT).found
    topologies = list_topologies(SPACE, TASKS, PROXY, {"multitask": found}, seed=0)
    others = list_topologies(SPACE, TASKS, PROXY, {"multitask": found}, seed=1)
    assert topologies["random"] != others["random"]
    assert topologies["multitask"] == others["multitask"]
    (task, *_) = TASKS
    recipe = TopologyTraining(steps=2, batch=2)
    trials = try_topologies(SPACE, [task], PROXY, topologies, recipe, tmp_path)
    assert [trial.arm for trial in trials] == list(topologies)
    for trial in trials:
        assert np.isfinite(trial.score.loss)
        assert (trial.flops <= task.budget) == (trial.arm != "everything")


def test_losses_of_all_masks_differ_only_by_the_varied_parts() -> None:
    searched = search(SPACE, TASKS, PROXY, SHORT)
    varied = most_disputed(searched, 2)
    spread = np.ptp([found.probabilities for found in searched.found.values()], 0)
    assert spread[varied[0]] == spread.max()
    losses = tabulate_losses(searched, TASKS, as_batch(PROXY), varied)
    assert losses.shape == (4, 2)
    assert np.array_equal(losses, tabulate_losses(searched, TASKS, as_batch(PROXY), varied))
    assert len(np.unique(losses.round(6), axis=0)) > 1


def test_the_whole_study_and_the_transfer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module, name, value in (
        (multitask, "NAMES", ("depth", "labels")),
        (multitask, "VARIED", 2),
        (multitask, "JUDGED", 4),
    ):
        monkeypatch.setattr(module, name, value)
    write_proxy(make_proxy(10, (32, 32)), tmp_path / "proxy.npz")
    out, runs = tmp_path / "out", tmp_path / "runs"
    threads = torch.get_num_threads()
    try:
        multitask.main(tmp_path / "proxy.npz", out, runs, steps=4, retrain_steps=1, seeds=1)
        (found,) = read_found(out / "fbnetv5.json")
        transfer(tmp_path / "proxy.npz", out / "fbnetv5.json", out, runs, steps=1, seeds=1)
    finally:
        torch.set_num_threads(threads)
    report = json.loads((out / "fbnetv5.json").read_text())
    space = multitask.SPACE
    head = build_tasks(["depth"], make_proxy(10, (32, 32)), space, 0.5)[0].head
    told = report["found"][0]["multitask"]["depth"]
    assert topology_cost(space, head, (32, 32)).of(found).flops == told["flops"]
    assert found <= parse_topology(space, "\n".join(told["topology"])) | set(space.starts())
    assert (out / "fbnetv5.png").stat().st_size > 10_000
    assert "without looking" in capsys.readouterr().out
    trials = json.loads((out / "fbnetv5_transfer.json").read_text())["trials"]
    assert set(trials) >= {"found", "random"}


def test_steps_are_timed_for_every_set_of_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(search_time, "REPEATS", 1)
    monkeypatch.setattr(search_time, "STEPS", 1)
    monkeypatch.setattr(search_time, "ParallelSpace", lambda: multitask.SPACE)
    write_proxy(make_proxy(10, (32, 32)), tmp_path / "proxy.npz")
    search_time.main(tmp_path / "proxy.npz", tmp_path)
    times = json.loads((tmp_path / "fbnetv5_time.json").read_text())["times"]
    assert [len(each["tasks"]) for each in times] == [1, 1, 1, 2, 2, 2, 3]
    assert {each["forward_passes"] for each in times} == {9}
    assert {each["backward_passes"] for each in times} == {1}
    assert (tmp_path / "fbnetv5_time.png").read_bytes().startswith(b"\x89PNG")
    assert "3 of the tasks" in capsys.readouterr().out


def test_refuses_a_report_without_topologies(tmp_path: Path) -> None:
    path = tmp_path / "fbnetv5.json"
    for text in ("{}", "[]", "not json"):
        path.write_text(text)
        with pytest.raises(DataError, match="which topologies were found"):
            read_found(path)


def test_a_parallel_trunk_serves_the_depth_network() -> None:
    decoder = Decoder((8, 8, 8), 4)
    on = frozenset(SPACE.choices()[:4])
    network = build_parallel_mono(SPACE, on, decoder).eval()
    depth, error = network(torch.zeros(1, 16, 24, 3))
    assert depth.shape == error.shape == (1, 16, 24)
    plain = build_chain_mono(SPACE, 1, decoder)
    own, theirs = (
        {name: value.shape for name, value in each.state_dict().items() if "trunk" not in name}
        for each in (network, plain)
    )
    assert own == theirs
