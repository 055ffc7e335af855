"""Relaxed choices: scores of options that training fits, and the weights drawn from them."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from stereopsis.search.space import Candidate, Space
from stereopsis.search.supernet import MaskedTrunk, Mix


class Relaxed(nn.Module):
    """A network around a MaskedTrunk, with a score (`theta`) for each option of its space."""

    def __init__(self, network: nn.Module, space: Space) -> None:
        super().__init__()
        self.network, self.space = network, space
        (self.trunk,) = (m for m in network.modules() if isinstance(m, MaskedTrunk))
        self.theta = nn.Parameter(torch.zeros(sum(space.sizes)))

    def by_choice(self, scores: Tensor) -> dict[str, Tensor]:
        """The scores, one for each option of the space, under the names of the choices."""
        parts = torch.split(scores, list(self.space.sizes))
        return {c.name: part for c, part in zip(self.space.choices, parts, strict=True)}

    def draw(self, temperature: float, generator: torch.Generator) -> Mix:
        """Random weights of all options; the lower the temperature, the nearer to one-hot.

        Source: Jang et al., Categorical Reparameterization with Gumbel-Softmax (2017), section 2.
        """
        uniform = torch.rand(len(self.theta), generator=generator).clamp(1e-9, 1 - 1e-7)
        noise = -torch.log(-torch.log(uniform)).to(self.theta)
        scores = (self.theta + noise) / temperature
        return {name: part.softmax(0) for name, part in self.by_choice(scores).items()}

    def probabilities(self) -> dict[str, list[float]]:
        """Of each choice, the probability that an option has the highest score in a draw."""
        theta = self.by_choice(self.theta.detach().double().cpu())
        return {name: part.softmax(0).tolist() for name, part in theta.items()}


def one_hot(space: Space, candidate: Candidate) -> Mix:
    """The mix that is this candidate alone."""
    return {
        choice.name: torch.eye(len(choice.options))[option]
        for choice, option in zip(space.choices, candidate, strict=True)
    }


def entropy(probabilities: Mapping[str, list[float]]) -> float:
    """How undecided the choices are: the mean of their entropies, each 1 where all is equal."""
    each = []
    for options in probabilities.values():
        p = torch.tensor(options, dtype=torch.float64)
        each.append(float(torch.special.entr(p).sum() / torch.log(torch.tensor(float(len(p))))))
    return sum(each) / len(each)
