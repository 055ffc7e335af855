"""Heads that lay feature maps beside each other, in orders of their own."""

import pytest
import torch
from torch import Tensor, nn

from stereopsis.nets.blocks import upsample_twice
from stereopsis.nets.trunk import Trunk, build_trunk
from stereopsis.search.inherit import embed, inherit
from stereopsis.search.live_inputs import live_inputs
from stereopsis.search.space import Candidate, Option
from tests.search.spaces import SPACE, draws, masked_trunk, mix_of

IMAGE = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


class Joined(nn.Module):
    """The mean of every feature map, all in one row."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk, self.last = trunk, nn.Linear(sum(trunk.channels), 5)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.last(torch.cat([f.mean((2, 3)) for f in self.trunk(x)], 1))
        return answer


class Fused(nn.Module):
    """Maps met from the coarsest to the finest, each beside what came before it."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk = trunk
        *finer, coarsest = trunk.channels
        self.start = nn.Conv2d(coarsest, 6, 1)
        self.meet = nn.ModuleList(nn.Conv2d(c + 6, 6, 3, padding=1) for c in finer[::-1])

    def forward(self, x: Tensor) -> Tensor:
        *finer, y = self.trunk(x)
        y = torch.relu(self.start(y) - 1)  # some of whose channels are 0 everywhere
        for conv, skip in zip(self.meet, finer[::-1], strict=True):
            y = torch.relu(conv(torch.cat([skip, upsample_twice(y)], 1)))
        return y


class Flat(nn.Module):
    """Every place of two maps, channels last, after a depthwise filter and a slope of each."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk = trunk
        one, two = trunk.channels[-2:]
        self.smooth = nn.Conv2d(two, two, 3, padding=1, groups=two, bias=False)
        self.slope = nn.PReLU(one + two)
        self.last = nn.Linear((one + two) * 16, 3)

    def forward(self, x: Tensor) -> Tensor:
        one, two = self.trunk(x)[-2:]
        y = torch.cat([nn.functional.avg_pool2d(one, one.shape[-1] // 4), self.smooth(two)], 1)
        answer: Tensor = self.last(self.slope(y).permute(0, 2, 3, 1).flatten(1))
        return answer


HEADS = [Joined, Fused, Flat]


def with_head(
    head: type[nn.Module], candidate: Candidate
) -> tuple[nn.Module, nn.Module, dict[str, Option]]:
    """The supernet that is set to a candidate, that candidate's own network, and its options."""
    trunk = masked_trunk(SPACE)
    trunk.weigh(mix_of(SPACE, candidate))
    options = SPACE.space().describe(candidate)
    return head(trunk), head(build_trunk(SPACE.derive(options))).eval(), options


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("candidate", draws(SPACE, 4, seed=5))
@torch.inference_mode()
def test_heads_that_join_maps_are_cut_out_of_the_supernet(
    head: type[nn.Module], candidate: Candidate
) -> None:
    supernet, network, options = with_head(head, candidate)
    inherit(network, supernet, options, (IMAGE,))
    torch.testing.assert_close(network(IMAGE), supernet.eval()(IMAGE), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("candidate", draws(SPACE, 4, seed=5))
@torch.inference_mode()
def test_heads_that_join_maps_are_embedded_in_it(
    head: type[nn.Module], candidate: Candidate
) -> None:
    supernet, network, options = with_head(head, candidate)
    expected = network(IMAGE)
    assert not torch.allclose(supernet.eval()(IMAGE), expected, atol=1e-3)
    embed(network, supernet, options, (IMAGE,))
    torch.testing.assert_close(supernet(IMAGE), expected, rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_inputs_that_are_left_lie_where_each_map_begins() -> None:
    network = Joined(masked_trunk(SPACE))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    options = SPACE.smallest_options()
    live = live_inputs(network, network.trunk, options, (IMAGE,))["last"]
    pairs = zip(network.trunk.channels, build_trunk(SPACE.smallest()).channels, strict=True)
    assert torch.equal(live, torch.cat([torch.arange(most) < kept for most, kept in pairs]))
    assert all(torch.equal(tensor, before[n]) for n, tensor in network.state_dict().items())
