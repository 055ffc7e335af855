"""StartedTask: a search that goes on from a trained network instead of random weights."""

from torch import Tensor, nn

from stereopsis.nets.arch import Architecture
from stereopsis.nets.trunk import Trunk
from stereopsis.search.inherit import embed
from stereopsis.search.supernet import MaskedTrunk
from stereopsis.search.task import Split, Task


class StartedTask:
    """A task whose supernet starts with the weights of a trained network of the space.

    `network` is the task's, around a trunk of this `architecture`; all else is as in `task`. The
    supernet answers as it does where it is weighed to its options. No option is preferred, though:
    first draws mix all of them almost evenly, so that the first losses are higher than its own.

    Raises:
        OptionError: the architecture is not in the task's space.
    """

    def __init__(self, task: Task, network: nn.Module, architecture: Architecture) -> None:
        self.name, self.space = task.name, task.space
        self.task, self.network = task, network
        self.options = task.space.locate(architecture)

    def build(self, trunk: Trunk) -> nn.Module:
        """The task's network around this trunk; a supernet starts with the known weights."""
        built = self.task.build(trunk)
        if isinstance(trunk, MaskedTrunk):
            embed(self.network, built, self.options, self.example())
        return built

    def example(self) -> tuple[Tensor, ...]:
        """The task's."""
        return self.task.example()

    def loss(self, network: nn.Module, split: Split, step: int) -> Tensor:
        """The task's."""
        return self.task.loss(network, split, step)

    def score(self, network: nn.Module) -> float:
        """The task's."""
        return self.task.score(network)
