from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from stereopsis.errors import DataError
from stereopsis.nets.trunk import Trunk
from stereopsis.search.check_inherited import check_inherited
from stereopsis.search.trunk_space import TrunkSpace
from tests.search.tasks import SIDES_SPACE, TINY_SPACE, tiny_task
from tests.search.test_check_task import broken
from tests.search.test_live_inputs import Joined


class Pooled(nn.Module):
    """The mean of the last map after a layer for each of its channels."""

    def __init__(self, trunk: Trunk, first: nn.Module) -> None:
        super().__init__()
        self.trunk, self.first = trunk, first
        self.last = nn.Linear(trunk.channels[-1], 4)

    def forward(self, image: Tensor) -> Tensor:
        x = self.trunk(image.float().permute(0, 3, 1, 2))[-1]
        answer: Tensor = self.last(self.first(x).mean((2, 3)))
        return answer


def biased(channels: int) -> nn.Module:
    """A filter of each channel, with a bias."""
    return nn.Conv2d(channels, channels, 1, groups=channels)


class JoinedPictures(Joined):
    """Joined features of pictures, channels last."""

    def forward(self, image: Tensor) -> Tensor:
        return super().forward(image.float().permute(0, 3, 1, 2))


class JoinedByHand(Joined):
    """Joined features times a tensor that belongs to no layer."""

    def forward(self, image: Tensor) -> Tensor:
        features = self.trunk(image.float().permute(0, 3, 1, 2))
        row = torch.cat([f.mean((2, 3)) for f in features], 1)
        return row @ self.last.weight.T


class Reaching(Pooled):
    """A network that uses more of its trunk than features."""

    def forward(self, image: Tensor) -> Tensor:
        assert type(self.trunk) is Trunk
        return super().forward(image)


class Kept:
    """Builds networks that share a norm."""

    def __init__(self) -> None:
        self.norm = nn.BatchNorm2d(3)

    def __call__(self, trunk: Trunk) -> nn.Module:
        network = Pooled(trunk, nn.Identity())
        network.norm = self.norm
        return network


@pytest.mark.parametrize("space", [TINY_SPACE, SIDES_SPACE])
def test_a_task_whose_networks_are_those_of_the_supernet_passes(space: TrunkSpace) -> None:
    check_inherited(tiny_task(space))
    check_inherited(broken(space=space, build=JoinedPictures))


@pytest.mark.parametrize(
    ("build", "problem"),
    [
        (lambda t: Pooled(t, nn.BatchNorm2d(t.channels[-1])), "answers otherwise where channels"),
        (lambda t: Pooled(t, biased(t.channels[-1])), "answers otherwise where channels"),
        (JoinedByHand, "answers otherwise where channels"),
        (lambda t: Reaching(t, nn.Identity()), "out of its supernet raised AssertionError"),
    ],
)
def test_refuses_heads_that_see_more_than_is_left(
    build: Callable[[Trunk], nn.Module], problem: str
) -> None:
    with pytest.raises(DataError, match=problem) as raised:
        check_inherited(broken(build=build))
    assert "\n" not in str(raised.value)


def test_changes_no_weights_that_a_task_keeps() -> None:
    build = Kept()
    check_inherited(broken(build=build))
    assert not build.norm.bias.any() and not build.norm.running_mean.any()
