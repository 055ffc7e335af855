"""Rivals of JointNAS: other searches, with as many evaluations and under the same hard limits."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from stereopsis.errors import MissingExtraError
from stereopsis.search.evolve import mutate
from stereopsis.search.region import Region
from stereopsis.search.space import Candidate

if TYPE_CHECKING:
    import optuna

Sampler = Literal["tpe", "gp"]
Score = Callable[[Candidate], float]


@dataclass(frozen=True)
class Search:
    """The candidates that a search evaluated, in order, and their scores.

    `refused` counts proposals that passed a limit: each was replaced by its nearest feasible
    neighbour before anything was spent.
    """

    candidates: tuple[Candidate, ...]
    scores: tuple[float, ...]
    refused: int = 0


def random_search(region: Region, score: Score, evaluations: int, seed: int) -> Search:
    """Feasible candidates by chance, none twice."""
    rng, known = np.random.default_rng(seed), dict[Candidate, float]()
    for _ in range(evaluations):
        candidate = region.draw(rng, known.keys())
        known[candidate] = score(candidate)
    return Search(tuple(known), tuple(known.values()))


def regularized_evolution(
    region: Region,
    score: Score,
    evaluations: int,
    seed: int,
    population: int = 32,
    sample: int = 8,
) -> Search:
    """Children of the best of a sample; the oldest of the population dies for each.

    Source: Real et al., Regularized Evolution for Image Classifier Architecture Search (AAAI 2019),
    algorithm 1. Different here: sizes fit some hundred evaluations, a child that was evaluated or
    passes a limit gives way to its nearest feasible neighbour, and the best of all is kept.
    """
    rng, known, refused = np.random.default_rng(seed), dict[Candidate, float](), 0
    alive: deque[Candidate] = deque()
    while len(known) < evaluations:
        if len(alive) < population:
            candidate = region.draw(rng, known.keys())
        else:
            picked = rng.choice(population, min(sample, population), replace=False)
            parent = max((alive[i] for i in picked), key=known.__getitem__)
            child = mutate(parent, region, 0, rng)
            refused += region.passes(child)
            candidate = region.settle(child, rng, known.keys())
            alive.popleft()
        known[candidate] = score(candidate)
        alive.append(candidate)
    return Search(tuple(known), tuple(known.values()), refused)


def optuna_search(
    region: Region, score: Score, evaluations: int, seed: int, sampler: Sampler
) -> Search:
    """What Optuna's sampler proposes, its tree-structured Parzen estimator or Gaussian process.

    A proposal that passes a limit or was evaluated gives way to its nearest feasible neighbour,
    and the sampler is told the neighbour and its score in its place. Choices of numbers are told as
    ordered, others as categories.

    Raises:
        MissingExtraError: Optuna is not installed.
    """
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "Optuna is not installed, and two of the rivals are its samplers.",
            "Install it with: pip install optuna.",
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rng, known, refused = np.random.default_rng(seed), dict[Candidate, float](), 0
    study = optuna.create_study(direction="maximize", sampler=_sampler(sampler, seed))
    scales = _scales(region)
    while len(known) < evaluations:
        trial = study.ask(scales)
        proposal = tuple(int(trial.params[choice.name]) for choice in region.space.choices)
        refused += region.passes(proposal)
        candidate = region.settle(proposal, rng, known.keys())
        known[candidate] = score(candidate)
        if candidate == proposal:
            study.tell(trial, known[candidate])
        else:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            params = dict(zip(scales, candidate, strict=True))
            told = optuna.trial.create_trial(
                params=params, distributions=scales, value=known[candidate]
            )
            study.add_trial(told)
    return Search(tuple(known), tuple(known.values()), refused)


def _scales(region: Region) -> dict[str, "optuna.distributions.BaseDistribution"]:
    import optuna

    scales: dict[str, optuna.distributions.BaseDistribution] = {}
    for choice in region.space.choices:
        last = len(choice.options) - 1
        ordered = all(isinstance(option, int | float) for option in choice.options)
        scales[choice.name] = (
            optuna.distributions.IntDistribution(0, last)
            if ordered
            else optuna.distributions.CategoricalDistribution(range(last + 1))
        )
    return scales


def _sampler(name: Sampler, seed: int) -> "optuna.samplers.BaseSampler":
    import optuna

    if name == "tpe":
        return optuna.samplers.TPESampler(seed=seed)
    return optuna.samplers.GPSampler(seed=seed)
