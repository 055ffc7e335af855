from pathlib import Path

import numpy as np
import pytest
import torch

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.arch import Architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.count import Size
from stereopsis.runtime.network import open_network
from stereopsis.search import finish
from stereopsis.search.budget import Budget
from stereopsis.search.cost import Tally, count_trunk
from stereopsis.search.fbnetv2 import MaskingConfig, search_masked
from stereopsis.search.finish import (
    RetrainConfig,
    derive_in_time,
    export_found,
    fit_task_latency,
    retrain,
)
from stereopsis.search.latency import LatencyModel, fit_latency, measure_graph
from stereopsis.search.relaxation import Relaxed
from stereopsis.search.supernet import MaskedTrunk
from stereopsis.search.task_cost import TaskCost
from stereopsis.train.loop import LoopConfig
from tests.search.tasks import SIDES_SPACE, TINY_SPACE, broken, task, tiny_task

LOOP = LoopConfig(steps=160, warmup=5, record_every=40, save_every=40, average=0.9)


def test_a_trained_network_tells_the_colours_apart_and_its_file_does_too(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    network = retrain(task, TINY_SPACE.smallest(), tmp_path / "run", RetrainConfig(LOOP))
    assert task.score(network) > 0.8  # by chance .25
    file = open_network(export_found(task, network, tmp_path))
    image = task.held_out.images[:1]
    with torch.inference_mode():
        expected = network(image).numpy()
    np.testing.assert_allclose(file.run(image.numpy())[0], expected, atol=0.05, rtol=0.02)


def test_says_when_a_loss_is_not_a_number(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="at step 0 is nan"):
        retrain(broken, TINY_SPACE.smallest(), tmp_path, RetrainConfig(LOOP))


def test_a_budget_of_time_is_kept_as_measured(tmp_path: Path) -> None:
    model = fit_task_latency(task, 1)
    costs = TaskCost(task, model)
    budget = Budget(5.0, "ms")
    loop = LoopConfig(steps=10, warmup=2, record_every=10, save_every=10)
    found = search_masked(task, budget, costs, tmp_path / "run", MaskingConfig(loop))
    found = derive_in_time(task, found.supernet, costs, budget, 1)
    path = export_found(task, found.network, tmp_path)
    assert measure_graph(path.read_bytes(), 1) <= 5.0
    assert measure_cost(found.network, *task.example()) == found.cost


def test_trunks_are_timed_at_the_resolution_that_each_is_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[tuple[int | None, Size]] = []

    def note(architecture: Architecture, size: Size, threads: int) -> float:
        sizes.append((architecture.resolution, size))
        return 1.0

    monkeypatch.setattr(finish, "measure_trunk", note)
    fit_task_latency(tiny_task(SIDES_SPACE), 1)
    assert {side for side, _ in sizes} == set(SIDES_SPACE.resolutions)
    assert all(size == (side, side) for side, size in sizes)


def test_the_smallest_network_takes_what_it_was_measured_to_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    smallest = TINY_SPACE.smallest()

    def measure(architecture: Architecture, size: Size, threads: int) -> float:
        tally = count_trunk(architecture, size)
        return 9.0 if architecture == smallest else 0.1 * tally.layers

    monkeypatch.setattr(finish, "measure_trunk", measure)
    monkeypatch.setattr(finish, "measure_network", lambda *_: 7.0)
    costs = TaskCost(task, fit_task_latency(task, 1))
    candidate = TINY_SPACE.space().find(TINY_SPACE.smallest_options())
    assert costs.of(candidate, Budget(9.0, "ms")) == pytest.approx(7.0)


def test_finds_the_rates_behind_times() -> None:
    rng = np.random.default_rng(0)
    tallies = [Tally(0, *(float(x) for x in rng.uniform(1e3, 1e6, 4))) for _ in range(24)]
    rates = (2e-6, 5e-6, 1e-6, 3e-6)
    times = [0.5 + sum(r * x for r, x in zip(rates, tally[1:], strict=True)) for tally in tallies]
    model = fit_latency(tallies, times)
    np.testing.assert_allclose(model.per_unit, rates, rtol=1e-3)
    assert model.fixed_ms == pytest.approx(0.5, rel=1e-3) and model.error < 1e-6


def test_a_budget_below_what_any_network_takes_is_named_as_it_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    costs = TaskCost(task, LatencyModel((0.0, 0.0, 0.0, 0.0), 5.0, 0.0))
    supernet = Relaxed(task.build(MaskedTrunk(TINY_SPACE)), TINY_SPACE.space())
    monkeypatch.setattr(finish, "measure_network", lambda *_: 7.0)
    with pytest.raises(OptionError, match=r"should take 6ms took 7 ms"):
        derive_in_time(task, supernet, costs, Budget(6.0, "ms"), 1)
    with pytest.raises(OptionError, match=r"costs 5 ms, the budget is 4 ms"):
        derive_in_time(task, supernet, costs, Budget(4.0, "ms"), 1)
