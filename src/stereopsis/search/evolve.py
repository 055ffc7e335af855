"""The fine-grained search: an adaptive genetic algorithm that a predictor judges."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from stereopsis.search.region import Region
from stereopsis.search.space import Candidate, draw

Predict = Callable[[Sequence[Candidate]], Float[np.ndarray, " n"]]


@dataclass(frozen=True)
class EvolveConfig:
    """Sizes; the paper gives the gain at which to stop, the rest is ours.

    The share `mix` of the children have two parents, the others one. The share of choices that
    mutate grows when more than a fifth of the children are kept, and shrinks when fewer are.
    """

    best: int = 50
    random: int = 50
    children: int = 200
    kept: int = 100
    gain: float = 1e-6
    patience: int = 3  # rounds without a gain after which to stop; the paper stops at the first
    rounds: int = 200
    mix: float = 0.5
    mutation: float = 0.1


@dataclass(frozen=True)
class Ranked:
    """A candidate and what is predicted of it."""

    candidate: Candidate
    predicted: float


def evolve(
    region: Region,
    predict: Predict,
    trained: Sequence[Candidate],
    rng: np.random.Generator,
    config: EvolveConfig | None = None,
) -> list[Ranked]:
    """Feasible candidates by falling prediction, the best first. Nothing infeasible is predicted.

    `trained` are candidates whose scores are known, best first; those that keep the region's
    limits start the population, so a search under another limit may be handed the same.

    Source: Dai et al., FBNetV3 (CVPR 2021), the fine-grained stage of JointNAS in section 3; the
    mutation rate follows the 1/5 success rule of Rechenberg (1973).

    Raises:
        OptionError: no feasible candidate was found.
    """
    config = config or EvolveConfig()
    seeds = region.within(trained)[: config.best]
    seeds += [region.draw(rng) for _ in range(config.random)]
    population = _rank(seeds, predict)
    mutation, still = config.mutation, 0
    for _ in range(config.rounds):
        before = population[0].predicted
        parents = [ranked.candidate for ranked in population]
        children = [_child(parents, region, mutation, rng, config) for _ in range(config.children)]
        fresh = set(children) - set(parents)
        known = {ranked.candidate: ranked for ranked in population}
        pool = [*known.values(), *_rank(sorted(fresh), predict)]
        population = sorted(pool, key=lambda each: -each.predicted)[: config.kept]
        success = sum(ranked.candidate in fresh for ranked in population) / config.children
        mutation = _adapt(mutation, success, len(region.space.choices))
        still = still + 1 if population[0].predicted - before <= config.gain else 0
        if still >= config.patience:
            break
    return population


def mutate(
    candidate: Candidate, region: Region, share: float, rng: np.random.Generator
) -> Candidate:
    """The candidate with this share of its choices, one at least, drawn anew; maybe infeasible."""
    anew = rng.random(len(candidate)) < share
    anew[rng.integers(len(candidate))] = True
    return _mixed(draw(region.space, rng), candidate, anew)


def _child(
    parents: Sequence[Candidate],
    region: Region,
    mutation: float,
    rng: np.random.Generator,
    config: EvolveConfig,
) -> Candidate:
    """A feasible child."""
    child = parents[int(rng.integers(len(parents)))]
    if rng.random() < config.mix:
        other = parents[int(rng.integers(len(parents)))]
        child = _mixed(other, child, rng.random(len(child)) < 0.5)
    return region.settle(mutate(child, region, mutation, rng), rng)


def _mixed(first: Candidate, second: Candidate, take_first: np.ndarray) -> Candidate:
    return tuple(int(i) for i in np.where(take_first, first, second))


def _rank(candidates: Sequence[Candidate], predict: Predict) -> list[Ranked]:
    """The candidates without repeats, best first; those of equal prediction stay in order."""
    distinct = list(dict.fromkeys(candidates))
    if not distinct:
        return []
    ranked = map(Ranked, distinct, predict(distinct).tolist())
    return sorted(ranked, key=lambda each: -each.predicted)


def _adapt(mutation: float, success: float, choices: int) -> float:
    """A higher rate after success in more than a fifth, a lower one after less."""
    changed = mutation * (1.5 if success > 0.2 else 1.5**-0.25)
    return float(np.clip(changed, 1 / choices, 0.5))
