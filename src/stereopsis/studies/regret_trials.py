"""Searches in a table under a limit: what each method has found after so many evaluations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from jaxtyping import Float

from stereopsis.errors import OptionError
from stereopsis.search.fbnetv3 import Curve, JointConfig, joint_search
from stereopsis.search.predictor import PredictorConfig
from stereopsis.search.predictor_net import NetConfig
from stereopsis.search.region import Limit, Region
from stereopsis.search.space import Candidate
from stereopsis.studies.rivals import (
    Score,
    Search,
    optuna_search,
    random_search,
    regularized_evolution,
)
from stereopsis.studies.tables import Table

Method = Callable[[Region, Score, int, int], Search]
CONFIG = JointConfig(
    batch=8,  # small, since a look into a table costs the same alone as among many
    predictor=PredictorConfig(NetConfig(members=8)),  # and quick, since there are many searches
)


@dataclass(frozen=True)
class Problem:
    """A table, the region of it that keeps the limit, and the best score in the region."""

    table: Table
    region: Region
    limit: float
    feasible: int
    best: float


def pose(table: Table, cost: str, limit: float | None = None) -> Problem:
    """The problem to find the best of the table that costs no more than the limit.

    Without a limit it is the median: half of the table keeps it.

    Raises:
        OptionError: nothing in the table keeps the limit.
    """
    costs, rows = table.costs[cost], table.rows()
    limit = float(np.median(costs)) if limit is None else limit
    keeps = costs <= limit
    if not keeps.any():
        raise OptionError(
            f"Nothing in {table.name} keeps {cost} to {limit:g}: the least is {costs.min():g}.",
            "Raise the limit.",
        )
    upper = Limit(cost, limit, lambda candidate: float(costs[rows[candidate]]))
    region = Region(table.space, (upper,), table.candidates)
    return Problem(table, region, limit, int(keeps.sum()), float(table.scores[keeps].max()))


def methods(table: Table, config: JointConfig | None = None) -> dict[str, Method]:
    """The searches by name, ours first; `config` says how large our batches and networks are."""
    return {
        "ours": partial(joint, table, config or CONFIG),
        "random": random_search,
        "evolution": regularized_evolution,
        "tpe": partial(optuna_search, sampler="tpe"),
        "gp": partial(optuna_search, sampler="gp"),
    }


def regrets(problem: Problem, search: Search) -> Float[np.ndarray, " evaluations"]:
    """By how much the best found so far falls short of the best there is, after each evaluation."""
    falls: Float[np.ndarray, " evaluations"] = problem.best - np.maximum.accumulate(search.scores)
    return falls


def infeasible(problem: Problem, search: Search) -> int:
    """How many evaluations were spent on candidates that pass the limit."""
    return sum(not problem.region.feasible(candidate) for candidate in search.candidates)


def run(problem: Problem, method: Method, evaluations: int, seed: int) -> Search:
    """The search of this method for so many evaluations."""
    rows, scores = problem.table.rows(), problem.table.scores
    return method(
        problem.region, lambda candidate: float(scores[rows[candidate]]), evaluations, seed
    )


def joint(
    table: Table, config: JointConfig, region: Region, score: Score, evaluations: int, seed: int
) -> Search:
    """JointNAS with the table's statistics; the last batch is what evolution found."""
    spent: list[tuple[Candidate, float]] = []
    rows, statistics = table.rows(), table.statistics

    def evaluate(batch: Sequence[Candidate], epochs: int | None) -> list[Curve]:
        spent.extend((candidate, score(candidate)) for candidate in batch)
        return [(value,) for _, value in spent[len(spent) - len(batch) :]]

    batches = evaluations // config.batch - 1
    config = replace(config, batches=batches, finalists=evaluations - batches * config.batch)
    joint_search(
        region, lambda found: statistics[[rows[each] for each in found]], evaluate, seed, config
    )
    candidates, scores = zip(*spent, strict=True)
    return Search(candidates, scores)
