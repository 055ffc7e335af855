from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.arch import parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.trunk import build_trunk
from stereopsis.nets.unet import UNetConfig
from stereopsis.search import depth_task
from stereopsis.search.budget import Budget
from stereopsis.search.depth_task import DepthTask
from stereopsis.search.inherit import inherit
from stereopsis.search.relaxation import one_hot
from stereopsis.search.supernet import MaskedTrunk
from stereopsis.search.task_cost import TaskCost
from stereopsis.search.trunk_space import parse_space
from stereopsis.train.mono import MonoRecipe, mono_loss
from stereopsis.train.pack import Frame, Pack, build_pack
from tests.search.spaces import draws

SPACE = parse_space("conv_k3_s2_c4:8:4\nir_k3_s2_e2,3_c8:16:8\nir_k3,5_s2_e2_c16_n1:2")
HEADS = UNetConfig(parse_architecture("conv_k3_s2_c4"), (12, 8, 8), context=4)
RECIPE = MonoRecipe(batch=2, sizes=((32, 64),))


def numbered(count: int) -> Pack:
    """Frames whose inverse depth grows downwards, and whose grey level is their number."""
    ramp = np.linspace(0, 1, 48, dtype=np.float32)[:, None].repeat(64, 1)
    frames = [
        Frame(np.full((48, 64, 3), 4 * i, np.uint8), ramp, ramp > -1, True) for i in range(count)
    ]
    return build_pack(frames, "ramps")


@pytest.fixture(scope="module")
def task() -> DepthTask:
    return DepthTask([numbered(40)], SPACE, RECIPE, HEADS)


def test_what_fits_one_thing_never_fits_another(task: DepthTask) -> None:
    rng = np.random.default_rng(0)

    def seen(sources: list) -> set[int]:  # type: ignore[type-arg]
        return {
            round(float(source.pack.draw(rng).image.mean()) / 4)
            for source in sources
            for _ in range(300)
        }

    weights, choices = seen(task.splits["weights"]), seen(task.splits["architecture"])
    held_out = seen(task.held_out)
    assert not weights & choices and not (weights | choices) & held_out
    assert seen(task.splits["both"]) == weights | choices
    assert len(weights | choices | held_out) == 40


@pytest.mark.parametrize("candidate", draws(SPACE, 4))
def test_the_whole_depth_network_is_cut_out_and_counted(
    task: DepthTask, candidate: tuple[int, ...]
) -> None:
    options = SPACE.space().describe(candidate)
    supernet = task.build(MaskedTrunk(SPACE)).eval()
    network = task.build(build_trunk(SPACE.derive(options))).eval()
    inherit(network, supernet, options, task.example())
    (trunk,) = (m for m in supernet.modules() if isinstance(m, MaskedTrunk))
    trunk.weigh(one_hot(SPACE.space(), candidate))
    image = torch.randint(0, 255, (1, 32, 64, 3), dtype=torch.uint8)
    with torch.inference_mode():
        for own, masked in zip(network(image), supernet(image), strict=True):
            torch.testing.assert_close(own, masked, rtol=1e-5, atol=1e-5)
    costs = TaskCost(task)
    assert costs.exact(candidate) == measure_cost(network, *task.example())
    expected = costs.expected(one_hot(SPACE.space(), candidate), Budget(1, "macs"))
    assert expected.item() == costs.exact(candidate).flops


def test_loss_and_score_are_numbers(task: DepthTask) -> None:
    network = task.build(build_trunk(SPACE.smallest()))
    loss = task.loss(network, "weights", 0)
    loss.backward()
    assert torch.isfinite(loss) and task.loss(network, "weights", 0) == loss
    assert -5 < task.score(network) < 0


def test_another_seed_draws_other_batches_and_judges_by_the_same(task: DepthTask) -> None:
    other = DepthTask([numbered(40)], SPACE, replace(RECIPE, seed=1), HEADS)
    network = task.build(build_trunk(SPACE.smallest())).eval()
    with torch.no_grad():
        assert task.loss(network, "weights", 0) != other.loss(network, "weights", 0)
    assert task.score(network) == other.score(network)


def test_another_seed_compares_other_pixels(
    task: DepthTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = DepthTask([numbered(40)], SPACE, replace(RECIPE, seed=1), HEADS)
    compared: list[int] = []

    def note(*given: Any) -> tuple[torch.Tensor, dict[str, float]]:
        compared.append(given[-1].initial_seed())
        return mono_loss(*given)

    monkeypatch.setattr(depth_task, "mono_loss", note)
    network = task.build(build_trunk(SPACE.smallest()))
    for each in (task, other, task):
        each.loss(network, "weights", 0)
    assert compared[0] == compared[2] != compared[1]


def test_refuses_resolutions_and_empty_packs() -> None:
    with pytest.raises(OptionError, match="has no resolutions"):
        DepthTask([numbered(40)], parse_space("res_64,96\nconv_k3_s2_c4,8"), RECIPE, HEADS)
    with pytest.raises(DataError, match="too few to search on"):
        DepthTask([numbered(2)], SPACE, RECIPE, HEADS)
    with pytest.raises(DataError, match=r"8 packs of 8 frames .* 10 frames or more"):
        DepthTask([numbered(1)] * 8, SPACE, RECIPE, HEADS)
