"""The Pareto front of trials: those that none beats in score without costing more."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stereopsis.errors import OptionError
from stereopsis.search.trials.store import Record
from stereopsis.search.trials.trial import Outcome, Trial

Png = bytes

WIDE = 20  # costs whose largest is so many times the smallest are drawn on a logarithmic axis


@dataclass(frozen=True)
class Point:
    """A trial that is done; `is_best` says that it is on the front."""

    trial: Trial
    outcome: Outcome
    cost: float
    score: float
    is_best: bool


def pareto_front(
    costs: Float[np.ndarray, "n k"], scores: Float[np.ndarray, " n"]
) -> Bool[np.ndarray, " n"]:
    """Which of n trials are on the front; small costs and large scores are good.

    A trial is off the front if another costs no more in any way, scores no less, and is better
    in one of these. Trials that are equal in all are on it together, or off it.
    """
    assert np.isfinite(costs).all() and np.isfinite(scores).all()
    figures = np.column_stack([-costs, scores])
    mask = np.ones(len(figures), bool)
    for i, own in enumerate(figures):
        rivals = figures[mask]  # who is beaten already is beaten by one of these
        mask[i] = not ((rivals >= own).all(1) & (rivals > own).any(1)).any()
    return mask


def points_of(records: Sequence[Record], cost: str) -> list[Point]:
    """The trials that are done, in the order given, with this cost and the front in cost and score.

    Raises:
        OptionError: none of them has a cost of this name.
    """
    done = [(r.trial, r.outcome) for r in records if r.outcome and r.outcome.score is not None]
    known = {name for _, outcome in done for name in outcome.costs}
    if done and cost not in known:
        names = ", ".join(sorted(known))
        raise OptionError(
            f"No trial has a cost named {cost}.",
            f"Name one of {names}." if names else "Let the objective return costs with the score.",
        )
    found = [(trial, outcome) for trial, outcome in done if cost in outcome.costs]
    costs = np.array([outcome.costs[cost] for _, outcome in found], float)
    scores = np.array([outcome.score for _, outcome in found], float)
    best = pareto_front(costs[:, None], scores)
    rows = zip(found, costs, scores, best, strict=True)
    return [Point(*pair, float(c), float(s), bool(b)) for pair, c, s, b in rows]


def draw_pareto(points: Sequence[Point], cost: str, title: str = "") -> Png:
    """A picture of all points, later ones darker, and of the front as a line of steps."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    _draw_points(axes, points)
    axes.set_xlabel(cost)
    axes.set_ylabel("score")
    front = sum(point.is_best for point in points)
    axes.set_title(title or f"{len(points)} trials, {front} on the front", fontsize="medium")
    axes.grid(alpha=0.25)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()


def is_wide(points: Sequence[Point]) -> bool:
    """Whether the costs differ so much that a logarithmic axis shows them better."""
    costs = [point.cost for point in points]
    return bool(costs) and min(costs) > 0 and max(costs) / min(costs) >= WIDE


def _draw_points(axes: Axes, points: Sequence[Point]) -> None:
    if not points:
        axes.text(0.5, 0.5, "no trial is done yet", ha="center", transform=axes.transAxes)
        return
    if is_wide(points):
        axes.set_xscale("log")
    costs, scores = [p.cost for p in points], [p.score for p in points]
    ages = np.linspace(0.25, 0.85, len(points))
    axes.scatter(costs, scores, c=ages, cmap="Blues", vmin=0, vmax=1, s=22, label="trials")
    front = sorted((p.cost, p.score) for p in points if p.is_best)
    x, y = zip(*front, strict=True)
    axes.step(x, y, where="post", color="tab:red", linewidth=1.2)
    axes.scatter(x, y, color="tab:red", s=30, zorder=3, label="front")
    axes.legend(fontsize="small", loc="lower right")
