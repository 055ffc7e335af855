"""PredictorNet: several small perceptrons side by side that read candidates and predict scores."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn


@dataclass(frozen=True)
class NetConfig:
    """Widths, and how many networks vote."""

    members: int = 24
    hidden: int = 64
    embedding: int = 24
    head: int = 32


class Linears(nn.Module):
    """One linear layer for each member, computed together: small products alone are slow."""

    def __init__(
        self, members: int, inputs: int, outputs: int, gain: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        weight = torch.randn(members, inputs, outputs, generator=generator)
        self.weight = nn.Parameter(weight * gain / math.sqrt(max(inputs, 1)))
        self.bias = nn.Parameter(torch.zeros(members, 1, outputs))

    def forward(self, x: Float[Tensor, "members n inputs"]) -> Float[Tensor, "members n outputs"]:
        """Each member's product with its own rows."""
        return torch.baddbmm(self.bias, x, self.weight)


class PredictorNet(nn.Module):
    """The encoder of an architecture, the proxy head and the accuracy head, once per member.

    The accuracy head reads the embedding, what the proxy head makes of it, and the recipe.
    """

    def __init__(
        self,
        widths: tuple[int, int, int],
        config: NetConfig,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        architecture, recipe, statistics = widths
        count, told = config.members, config.embedding + statistics + recipe
        self.inner = Linears(count, architecture, config.hidden, math.sqrt(2), generator)
        self.outer = Linears(count, config.hidden, config.embedding, 1, generator)
        self.direct = Linears(count, architecture, config.embedding, 1, generator)
        self.proxy = Linears(count, config.embedding, statistics, 1, generator)
        self.head_inner = Linears(count, told, config.head, math.sqrt(2), generator)
        self.head_outer = Linears(count, config.head, 1, 0.3, generator)
        self.head_direct = Linears(count, told, 1, 0, generator)
        self.members = count

    def embed(
        self, architectures: Float[Tensor, "n architecture"]
    ) -> Float[Tensor, "members n embedding"]:
        """What each member's encoder makes of the architectures."""
        x = architectures.expand(self.members, *architectures.shape)
        embedding: Tensor = self.outer(torch.relu(self.inner(x))) + self.direct(x)
        return embedding

    def statistics(
        self, embedding: Float[Tensor, "members n embedding"]
    ) -> Float[Tensor, "members n statistics"]:
        """The free statistics, as the proxy head guesses them."""
        statistics: Tensor = self.proxy(embedding)
        return statistics

    def score(
        self,
        embedding: Float[Tensor, "members n embedding"],
        recipes: Float[Tensor, "n recipe"],
    ) -> Float[Tensor, "members n"]:
        """The scores, as each member's accuracy head guesses them."""
        recipes = recipes.expand(self.members, *recipes.shape)
        told = torch.cat([embedding, self.proxy(embedding), recipes], 2)
        curved = self.head_outer(nn.functional.silu(self.head_inner(told)))
        scores: Tensor = (curved + self.head_direct(told)).squeeze(2)
        return scores

    def head_parameters(self) -> Iterator[nn.Parameter]:
        """The weights of the accuracy head."""
        for layer in (self.head_inner, self.head_outer, self.head_direct):
            yield from layer.parameters()
