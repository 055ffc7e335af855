"""How well predictors rank networks that they have not seen, from few that they have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import kendalltau

from stereopsis.errors import DataError
from stereopsis.search.encoding import encode_part, summarise
from stereopsis.search.predictor import Predictor, PredictorConfig, fit, pretrain
from stereopsis.studies.tables import Table

LABELS = (24, 48, 96, 192)
TUNING_SHARE = 0.4  # of a table, on which all settings were chosen; no figure comes from there
RIDGE = 30.0

Rows = Int[np.ndarray, " n"]
Predictions = Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Split:
    """Rows of a table: some to rank, some to label as many of as one likes, and all to count."""

    held_out: Rows
    labelled: Rows
    counted: Rows


def split(table: Table, held_out: int, seed: int, tuning: bool = False) -> Split:
    """Networks drawn by the seed; with `tuning`, from the share on which settings are chosen.

    Raises:
        DataError: the table is too small.
    """
    order = np.random.default_rng(12345).permutation(len(table.scores))
    first, second = np.split(order, [int(TUNING_SHARE * len(order))])
    drawn, others = (first, second) if tuning else (second, first)
    if len(drawn) < held_out + 2:
        raise DataError(
            f"{table.name} has {len(drawn)} networks to draw from, too few to hold out {held_out}.",
            "Hold out fewer.",
        )
    drawn = np.random.default_rng(seed).permutation(drawn)
    labelled = drawn[held_out:]
    return Split(drawn[:held_out], labelled, np.concatenate([labelled, others]))


def rank_agreement(
    table: Table, parts: Split, labels: Sequence[int], seed: int, config: PredictorConfig
) -> dict[str, list[float]]:
    """Kendall's tau on the held-out networks, by method and for each number of labels.

    Raises:
        DataError: fewer are left to label than asked for.
    """
    if max(labels) > len(parts.labelled):
        raise DataError(
            f"{table.name} leaves {len(parts.labelled)} networks to label, not {max(labels)}.",
            "Hold out fewer.",
        )
    arms = _arms(table, parts, seed, config)
    truth = table.scores[parts.held_out]
    return {
        name: [float(kendalltau(arm(parts.labelled[:n]), truth).statistic) for n in labels]
        for name, arm in arms.items()
    }


def ridge(
    rows: Float[np.ndarray, "n width"],
    scores: Float[np.ndarray, " n"],
    asked: Float[np.ndarray, "m width"],
    weight: float = RIDGE,
) -> Float[np.ndarray, " m"]:
    """What ridge regression on the rows predicts for those asked."""
    middle = rows.mean(0)
    centred = rows - middle
    gram = centred @ centred.T + weight * np.eye(len(rows))
    predicted: Float[np.ndarray, " m"] = scores.mean() + (asked - middle) @ (
        centred.T @ np.linalg.solve(gram, scores - scores.mean())
    )
    return predicted


def _arms(
    table: Table, parts: Split, seed: int, config: PredictorConfig
) -> dict[str, Callable[[Rows], Predictions]]:
    """Methods by name: from the rows that are labelled to predictions for those held out."""
    features = _features(table)
    asked = [table.candidates[row] for row in parts.held_out]

    def learnt(start: Predictor, labelled: Rows) -> Predictions:
        candidates = [table.candidates[row] for row in labelled]
        return fit(start, candidates, table.scores[labelled]).predict(asked)

    def ready(config: PredictorConfig) -> Predictor:
        candidates = [table.candidates[row] for row in parts.counted]
        return pretrain(table.space, candidates, table.statistics[parts.counted], seed, config)

    starts = {
        "pre-trained": ready(config),
        "pre-trained, one network": ready(replace(config, net=replace(config.net, members=1))),
        "from scratch": ready(replace(config, pretrain_steps=0)),
    }
    arms: dict[str, Callable[[Rows], Predictions]] = {
        name: lambda labelled, start=start: learnt(start, labelled)  # type: ignore[misc]
        for name, start in starts.items()
    }
    arms["ridge"] = lambda labelled: ridge(
        features[labelled], table.scores[labelled], features[parts.held_out]
    )
    for name, cost in table.costs.items():
        arms[name] = lambda _, cost=cost: cost[parts.held_out]  # type: ignore[misc]
    return arms


def _features(table: Table) -> Float[np.ndarray, "n width"]:
    """All that the predictor sees or is pre-trained on, for ridge regression."""
    counted = np.hstack([table.statistics, summarise(table.space, table.candidates)])
    scaled = (counted - counted.mean(0)) / counted.std(0)
    return np.hstack([encode_part(table.space, table.candidates, "architecture"), 2 * scaled])
