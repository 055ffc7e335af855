"""Predictor: the score of a candidate from its choices alone, learnt from few labelled ones.

Source: Dai et al., FBNetV3: Joint Architecture-Recipe Search using Predictor Pretraining (CVPR
2021), section 3. Different here: the encoder sees numbers as numbers beside the
one-hots, the proxy head also learns how much there is of each kind of choice, the accuracy head is
told what the proxy head says and learns scores on a scale of their own, and the mean of several
networks predicts.
"""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from scipy.stats import norm, rankdata
from torch import Tensor, nn

from stereopsis.errors import DataError, OptionError
from stereopsis.search.encoding import encode_part, summarise
from stereopsis.search.predictor_net import NetConfig, PredictorNet
from stereopsis.search.space import Candidate, Space

LOWEST = 3.0  # deviations below the median, at which scores count as failed


@dataclass(frozen=True)
class PredictorConfig:
    """How the predictor learns. An epoch is one step on all labels: there are few of them."""

    net: NetConfig = field(default_factory=NetConfig)
    pretrain_steps: int = 1500
    pretrain_batch: int = 256
    pretrain_rate: float = 3e-3
    frozen_epochs: int = 50
    frozen_rate: float = 3e-3
    frozen_decay: float = 1.0
    tuned_epochs: int = 50
    tuned_rate: float = 1e-3
    tuned_decay: float = 0.1


@dataclass(frozen=True)
class Scale:
    """Scores and their places, about 0 and mostly within 2; both rise.

    A place is half by how many deviations the score lies from the median, half where its rank lies
    in a normal distribution: differences tell much, but those among the best are often small beside
    those among the rest. Failed trainings may score anything; how much worse teaches nothing.
    """

    scores: Float[np.ndarray, " n"] = field(default_factory=lambda: np.zeros(1))
    places: Float[np.ndarray, " n"] = field(default_factory=lambda: np.zeros(1))
    beyond: float = 1.0  # of score, for one place above the best or below the worst

    @classmethod
    def of(cls, scores: Float[np.ndarray, " n"]) -> "Scale":
        """The scale of these scores."""
        middle = float(np.median(scores))
        deviation = 1.4826 * float(np.median(np.abs(scores - middle)))  # as of normal scores
        deviation = deviation or float(scores.std()) or 1.0
        by_value = np.maximum((scores - middle) / deviation, -LOWEST)
        by_rank = norm.ppf((rankdata(scores) - 0.5) / len(scores))
        distinct, first = np.unique(scores, return_index=True)
        return cls(distinct, (by_value + by_rank)[first] / 2, deviation)

    def place(self, scores: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Where scores that the scale was made of lie."""
        return np.asarray(np.interp(scores, self.scores, self.places))

    def score(self, places: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """The scores of such places: larger ones have larger scores, beyond the ends too."""
        within = np.clip(places, self.places[0], self.places[-1])
        scores = np.interp(within, self.places, self.scores) + self.beyond * (places - within)
        return np.asarray(scores)


@dataclass(frozen=True)
class Predictor:
    """Trained networks, and the scale of the scores that they were shown."""

    space: Space
    net: PredictorNet
    config: PredictorConfig
    scale: Scale = field(default_factory=Scale)

    def predict(self, candidates: Sequence[Candidate]) -> Float[np.ndarray, " n"]:
        """The predicted scores: where the members place the candidates on average."""
        return self.scale.score(self.votes(candidates).mean(0))

    def votes(self, candidates: Sequence[Candidate]) -> Float[np.ndarray, "members n"]:
        """Where on the scale each network places them; where they differ, nobody knows."""
        architectures, recipes = _encode(self.space, candidates)
        with torch.no_grad():
            placed = self.net.score(self.net.embed(architectures), recipes)
        votes: Float[np.ndarray, "members n"] = placed.double().numpy()
        return votes


def pretrain(
    space: Space,
    candidates: Sequence[Candidate],
    statistics: Float[np.ndarray, "n k"],
    seed: int = 0,
    config: PredictorConfig | None = None,
) -> Predictor:
    """A predictor whose encoder has learnt what can be counted without training anything.

    `statistics` are such counts of the candidates, on scales where differences matter equally: the
    logarithms of multiply-adds and parameters, say.

    Raises:
        DataError: a statistic is no finite number, or some candidate has none.
        OptionError: the space has recipes only, or there are fewer than 2 candidates.
    """
    config = config or PredictorConfig()
    if len(space.recipe) == len(space.choices):
        raise OptionError(
            "The space holds recipes only.", "Search recipes with a sampler, or add architectures."
        )
    _check(candidates, statistics, "statistics")
    architectures, recipes = _encode(space, candidates)
    targets = _standardise(np.hstack([statistics, summarise(space, candidates)]))
    generator = torch.Generator().manual_seed(seed)
    widths = (architectures.shape[1], recipes.shape[1], targets.shape[1])
    net = PredictorNet(widths, config.net, generator)

    def loss() -> Tensor:
        picked = torch.randint(len(candidates), (config.pretrain_batch,), generator=generator)
        guessed = net.statistics(net.embed(architectures[picked]))
        return nn.functional.huber_loss(guessed, targets[picked].expand_as(guessed))

    optimizer = torch.optim.AdamW(net.parameters(), config.pretrain_rate, weight_decay=0)
    _descend(optimizer, loss, config.pretrain_steps, falling=True)
    return Predictor(space, net, config)


def fit(
    predictor: Predictor, candidates: Sequence[Candidate], scores: Float[np.ndarray, " n"]
) -> Predictor:
    """A copy that has learnt these scores: first its accuracy head alone, then the whole.

    Source: Dai et al. (2021), section 3: 50 epochs with the embedding frozen, 50 with all
    weights at a decaying rate, under Huber's loss.

    Raises:
        DataError: a score is no finite number, or some candidate has none.
        OptionError: there are fewer than 2 candidates.
    """
    _check(candidates, scores, "scores")
    net, config = copy.deepcopy(predictor.net), predictor.config
    architectures, recipes = _encode(predictor.space, candidates)
    scale = Scale.of(scores)
    targets = torch.tensor(scale.place(scores), dtype=torch.float32).expand(net.members, -1)
    frozen = net.embed(architectures).detach()

    def frozen_loss() -> Tensor:
        return nn.functional.huber_loss(net.score(frozen, recipes), targets)

    def whole_loss() -> Tensor:
        return nn.functional.huber_loss(net.score(net.embed(architectures), recipes), targets)

    head = torch.optim.AdamW(
        net.head_parameters(), config.frozen_rate, weight_decay=config.frozen_decay
    )
    _descend(head, frozen_loss, config.frozen_epochs, falling=False)
    whole = torch.optim.AdamW(net.parameters(), config.tuned_rate, weight_decay=config.tuned_decay)
    _descend(whole, whole_loss, config.tuned_epochs, falling=True)
    return Predictor(predictor.space, net, config, scale)


def _descend(
    optimizer: torch.optim.Optimizer, loss: Callable[[], Tensor], steps: int, falling: bool
) -> None:
    """So many steps; a falling rate ends at 0 along half a cosine."""
    rate = optimizer.param_groups[0]["lr"]
    for step in range(steps):
        share = 0.5 + 0.5 * math.cos(math.pi * step / steps) if falling else 1.0
        optimizer.param_groups[0]["lr"] = rate * share
        optimizer.zero_grad()
        loss().backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _encode(space: Space, candidates: Sequence[Candidate]) -> tuple[Tensor, Tensor]:
    return (
        torch.from_numpy(encode_part(space, candidates, "architecture")),
        torch.from_numpy(encode_part(space, candidates, "recipe")),
    )


def _standardise(columns: Float[np.ndarray, "n k"]) -> Tensor:
    spread = columns.std(0)
    scaled = (columns - columns.mean(0)) / np.where(spread > 0, spread, 1)
    return torch.tensor(scaled, dtype=torch.float32)


def _check(candidates: Sequence[Candidate], values: np.ndarray, what: str) -> None:
    if len(candidates) != len(values):
        raise DataError(
            f"There are {len(candidates)} candidates but {what} of {len(values)}.",
            "Give one for each.",
        )
    if len(candidates) < 2:
        raise OptionError(
            f"A predictor cannot learn from {len(candidates)} candidates.", "Give it 2 or more."
        )
    if bad := int((~np.isfinite(values)).sum()):
        raise DataError(
            f"{bad} of the {what} are no finite numbers.", "Leave those candidates out."
        )
