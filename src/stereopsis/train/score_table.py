"""Scores of methods on pictures: means, sets, and differences tested over scenes."""

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

import cv2
import numpy as np

from stereopsis.train.bootstrap import Difference, paired_difference
from stereopsis.train.halo import Halo, measure_halo
from stereopsis.train.metrics import Scores, align, score
from stereopsis.train.rivals import Method
from stereopsis.train.truth import Truth

METRICS = [field.name for kind in (Scores, Halo) for field in fields(kind)]


@dataclass(frozen=True)
class Row:
    """The scores of one method on one picture, by the names in METRICS.

    NaN stands for what this picture or this method leaves nothing to measure of.
    """

    method: str
    set: str
    name: str
    scene: str
    scores: dict[str, float]


def score_methods(methods: dict[str, Method], truths: Iterable[Truth]) -> list[Row]:
    """Every method on every picture."""
    return [
        Row(name, t.set, t.name, t.scene, _scores(method, t))
        for t in truths
        for name, method in methods.items()
    ]


def mean_scores(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    """Per method the mean of each metric over those of these rows that have it."""
    by_method: dict[str, list[Row]] = {}
    for row in rows:
        by_method.setdefault(row.method, []).append(row)
    return {
        method: {metric: _mean([row.scores[metric] for row in mine]) for metric in METRICS}
        for method, mine in by_method.items()
    }


def mean_scores_per_set(rows: list[Row]) -> dict[str, dict[str, dict[str, float]]]:
    """For each set of pictures, what mean_scores says of it."""
    return {
        s: mean_scores(r for r in rows if r.set == s) for s in dict.fromkeys(r.set for r in rows)
    }


def differences(rows: list[Row], ours: str) -> dict[str, dict[str, Difference]]:
    """This method minus each other one, per metric that both have, tested over scenes."""
    by_method: dict[str, list[Row]] = {}
    for row in rows:
        by_method.setdefault(row.method, []).append(row)
    mine = by_method.pop(ours)
    found = {
        other: {metric: _difference(mine, theirs, metric) for metric in METRICS}
        for other, theirs in by_method.items()
    }
    return {
        other: {metric: d for metric, d in each.items() if d is not None}
        for other, each in found.items()
    }


def to_csv(rows: list[Row]) -> str:
    """One line per method and picture; what cannot be measured is left empty."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["method", "set", "name", "scene", *METRICS])
    for row in rows:
        numbers = [row.scores[metric] for metric in METRICS]
        cells = ["" if math.isnan(number) else f"{number:.6g}" for number in numbers]
        table.writerow([row.method, row.set, row.name, row.scene, *cells])
    return text.getvalue()


def _scores(method: Method, truth: Truth) -> dict[str, float]:
    guess = np.asarray(method(truth.image), np.float64)
    if guess.shape != truth.inverse_depth.shape:
        size = truth.inverse_depth.shape[::-1]
        guess = np.asarray(cv2.resize(guess, size, interpolation=cv2.INTER_LINEAR))
    measured = np.where(truth.valid, truth.inverse_depth, 1.0).astype(np.float64)
    aligned = align(guess, measured, truth.valid)
    halo = measure_halo(aligned, truth.inverse_depth, truth.valid)
    nothing = dict.fromkeys((field.name for field in fields(Halo)), math.nan)
    scores = score(guess, truth.inverse_depth, truth.valid)
    return asdict(scores) | (nothing if halo is None else asdict(halo))


def _mean(numbers: list[float]) -> float:
    known = [number for number in numbers if not math.isnan(number)]
    return float(np.mean(known)) if known else math.nan


def _difference(mine: list[Row], theirs: list[Row], metric: str) -> Difference | None:
    pairs = [
        (a.scores[metric], b.scores[metric], a.scene) for a, b in zip(mine, theirs, strict=True)
    ]
    known = [pair for pair in pairs if not (math.isnan(pair[0]) or math.isnan(pair[1]))]
    if not known:
        return None
    ours, others, scenes = zip(*known, strict=True)
    return paired_difference(np.array(ours), np.array(others), list(scenes))
