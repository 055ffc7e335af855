"""Classifier-free guidance, as all samplers here have it: towards the caption, away from none.

Source: Ho and Salimans, Classifier-Free Diffusion Guidance (2022).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from jaxtyping import Float
from torch import Tensor, nn

from stereopsis.imagine.models.generator import Embedded, Generator, join


def embed_twice(generator: Generator, captions: Sequence[str]) -> Embedded:
    """The captions, and after them "" as often: what a network is told of a doubled batch."""
    return join([generator.embed(captions), generator.embed([""] * len(captions))])


def guide(told: Float[Tensor, "twice ..."], weight: float) -> Float[Tensor, "n ..."]:
    """What is predicted for the captions, moved away from what is predicted for ""."""
    wanted, plain = told.chunk(2)
    return plain + weight * (wanted - plain)


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """A block in which the network does not train; after it, it does as before."""
    training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(training)
