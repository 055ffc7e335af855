from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.count import Cost
from stereopsis.nets.trunk import Trunk, build_trunk
from stereopsis.runtime.network import open_network
from stereopsis.search import fbnetv2
from stereopsis.search.budget import Budget, parse_budget
from stereopsis.search.fbnetv2 import (
    Found,
    MaskingConfig,
    check_counts,
    derive,
    draws_of,
    price,
    priced,
    search_masked,
    temperature,
    trains_theta,
)
from stereopsis.search.finish import export_found
from stereopsis.search.relaxation import one_hot
from stereopsis.search.space import Candidate
from stereopsis.search.task_cost import TaskCost
from stereopsis.search.trunk_space import TrunkSpace, parse_space
from stereopsis.train.loop import LoopConfig
from tests.search.spaces import draws
from tests.search.tasks import SIDES_SPACE, TINY_SPACE, broken, task, tiny_task

BUDGET = parse_budget("40k-macs")
CONFIG = MaskingConfig(
    loop=LoopConfig(steps=40, warmup=5, record_every=10, save_every=10, average=0.5)
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("search")
    return search_masked(task, BUDGET, TaskCost(task), folder, CONFIG)


def test_what_is_found_is_within_the_budget_and_counted_right(found: Found) -> None:
    assert found.cost.flops <= BUDGET.limit
    rebuilt = task.build(build_trunk(found.architecture)).eval()
    assert measure_cost(rebuilt, *task.example()) == found.cost


def test_the_network_has_the_supernets_weights_and_answers_like_it(found: Found) -> None:
    supernet = found.supernet
    supernet.trunk.weigh(one_hot(supernet.space, found.candidate))
    image = task.held_out.images[:8]
    with torch.inference_mode():
        torch.testing.assert_close(
            found.network.eval()(image), supernet.network.eval()(image), rtol=1e-5, atol=1e-5
        )


@pytest.mark.parametrize("sides", [(8, 12, 16), (8, 11), (9,)])
def test_what_is_found_is_shown_pictures_at_the_resolution_that_was_chosen(
    sides: tuple[int, ...], tmp_path: Path
) -> None:
    small = tiny_task(replace(TINY_SPACE, resolutions=sides))
    loop = LoopConfig(steps=10, warmup=2, record_every=10, save_every=10, average=0.5)
    costs = TaskCost(small)
    found = search_masked(small, BUDGET, costs, tmp_path, MaskingConfig(loop))
    assert found.architecture.resolution in sides
    found.supernet.trunk.weigh(one_hot(found.supernet.space, found.candidate))
    image = small.held_out.images[:8]
    with torch.inference_mode():
        expected = found.supernet.network.eval()(image)
        torch.testing.assert_close(found.network.eval()(image), expected, rtol=1e-5, atol=1e-5)
    file = open_network(export_found(small, found.network, tmp_path))
    (scores,) = file.run(image[:1].numpy())
    np.testing.assert_allclose(scores, expected[:1], atol=0.02, rtol=0.02)


@pytest.mark.parametrize("sides", [(16, 24), (24,)])
def test_refuses_resolutions_above_the_pictures(sides: tuple[int, ...]) -> None:
    with pytest.raises(OptionError, match="16 x 16 px cannot be shown at res_24"):
        TaskCost(tiny_task(replace(TINY_SPACE, resolutions=sides)))


@pytest.mark.parametrize("side", SIDES_SPACE.resolutions)
def test_networks_are_counted_at_every_resolution(
    side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = tiny_task(SIDES_SPACE)
    costs = TaskCost(chosen)
    check_counts(chosen, costs)

    def wrong(network: nn.Module, *inputs: Tensor) -> Cost:
        cost = measure_cost(network, *inputs)
        (trunk,) = (module for module in network.modules() if isinstance(module, Trunk))
        return replace(cost, flops=cost.flops + (trunk.resolution == side))

    monkeypatch.setattr(fbnetv2, "measure_cost", wrong)
    with pytest.raises(OptionError, match="do not cost in proportion"):
        check_counts(chosen, costs)


def test_heads_are_counted_on_every_number_of_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the widths 8, 16, ... 256, one has a layer that the others lack."""
    chosen = tiny_task(parse_space("conv_k3_s2_c8:256:8_hs \n ir_k3_s2_e1_c8,12"))
    plain = chosen.build

    def build(trunk: Trunk) -> nn.Module:
        network = plain(trunk)
        network.more = nn.Linear(1, 1) if trunk.channels[0] == 136 else nn.Identity()
        return network

    monkeypatch.setattr(chosen, "build", build)
    with pytest.raises(OptionError, match="do not cost in proportion"):
        check_counts(chosen, TaskCost(chosen))


@pytest.mark.parametrize("limit", [20e3, 30e3, 60e3, 90e3])
def test_every_other_budget_is_kept_too(found: Found, limit: float) -> None:
    other = derive(task, found.supernet, TaskCost(task), Budget(limit, "macs"))
    assert other.cost.flops <= limit


def test_a_search_that_was_stopped_ends_as_if_it_had_not(found: Found, tmp_path: Path) -> None:
    half = replace(CONFIG, loop=replace(CONFIG.loop, minutes=0.0))
    search_masked(task, BUDGET, TaskCost(task), tmp_path, half)  # stops at once
    resumed = search_masked(task, BUDGET, TaskCost(task), tmp_path, CONFIG)
    assert resumed.architecture == found.architecture
    assert torch.equal(resumed.supernet.theta, found.supernet.theta)


def test_weights_and_choices_are_trained_in_turn() -> None:
    kinds = [trains_theta(step, CONFIG) for step in range(CONFIG.loop.steps)]
    assert not any(kinds[: int(CONFIG.warmup * CONFIG.loop.steps)])
    assert kinds[-9:] == 3 * [False, False, True] or sum(kinds[-9:]) == 3


def test_the_temperature_falls() -> None:
    temperatures = [temperature(step, CONFIG) for step in range(CONFIG.loop.steps + 1)]
    assert temperatures[0] == 5.0 and temperatures[-1] == pytest.approx(0.2)
    assert all(a >= b for a, b in pairwise(temperatures))


def test_whatever_misses_the_budget_is_dearer() -> None:
    cost = torch.tensor([50.0, 100.0, 200.0])
    less, equal, more = price(cost, 100.0, CONFIG)
    assert equal == 1 < less
    torch.testing.assert_close(less, more)


@pytest.mark.parametrize("value", [2.0, 0.3, -0.3, -2.0])
def test_a_price_is_paid_whatever_the_sign_of_the_loss(value: float) -> None:
    loss = torch.tensor(value, requires_grad=True)
    spent = torch.tensor(150.0, requires_grad=True)  # of 100
    by = price(spent, 100.0, CONFIG)
    total = priced(loss, by)
    by_loss, by_cost = torch.autograd.grad(total, (loss, spent), retain_graph=True)
    assert by_loss > 0 and by_cost > 0
    torch.testing.assert_close(total, loss * by)
    if value > 0:  # then it is nothing but the product
        assert (by_loss, by_cost) == torch.autograd.grad(loss * by, (loss, spent))


@pytest.mark.parametrize(
    ("space", "candidate"),
    [(space, each) for space in (TINY_SPACE, SIDES_SPACE) for each in draws(space, 10)],
)
@pytest.mark.parametrize("unit", ["macs", "params"])
def test_the_cost_to_expect_of_one_network_is_its_cost(
    space: TrunkSpace, candidate: Candidate, unit: str
) -> None:
    budget = Budget(1.0, "macs" if unit == "macs" else "params")
    chosen = tiny_task(space)
    costs = TaskCost(chosen)
    mix = one_hot(space.space(), candidate)
    assert costs.expected(mix, budget).item() == costs.of(candidate, budget)
    network = chosen.build(build_trunk(space.derive(space.space().describe(candidate))))
    assert costs.exact(candidate) == measure_cost(network.eval(), *chosen.example())


def test_refuses_an_impossible_budget_before_it_trains(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="the budget is 1,000"):
        search_masked(task, parse_budget("1k-macs"), TaskCost(task), tmp_path, CONFIG)
    assert not list(tmp_path.iterdir())


def test_says_when_a_loss_is_not_a_number(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="loss of pictures at step 0 is nan"):
        search_masked(broken, BUDGET, TaskCost(broken), tmp_path, CONFIG)


def test_no_step_of_a_seed_repeats_the_draws_of_another() -> None:
    drawn = {
        tuple(torch.rand(4, generator=draws_of(seed, step)).tolist())
        for seed in range(5)
        for step in range(20)
    }
    assert len(drawn) == 100
    a, b = (torch.rand(4, generator=draws_of(1, 2)) for _ in range(2))
    assert torch.equal(a, b)


@pytest.mark.parametrize("every", [1, 1000])
def test_what_fits_the_choices_never_reaches_the_weights_side(every: int, tmp_path: Path) -> None:
    loop = LoopConfig(steps=6, warmup=2, record_every=6, save_every=6, average=0.5)
    config = MaskingConfig(loop, warmup=0.0, every=every)
    found = search_masked(task, BUDGET, TaskCost(task), tmp_path, config)
    means = [m.running_mean for m in found.supernet.modules() if isinstance(m, nn.BatchNorm2d)]
    assert means and all(m is not None and bool(m.any()) == (every > 1) for m in means)
