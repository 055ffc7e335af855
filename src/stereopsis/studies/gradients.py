"""The exact mean and variance of search gradients, by going through all masks of a few parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from stereopsis.search.fbnetv5 import run_masks
from stereopsis.search.multitask import ProxyBatch, ProxyTask
from stereopsis.search.reinforce import (
    Draws,
    Logits,
    Masks,
    estimate_gradient,
    importance_weights,
    log_likelihood,
    probabilities,
)
from stereopsis.studies.multitask_trials import Searched

MOST_PARTS = 12  # of which all masks can be gone through


@dataclass(frozen=True)
class GradientFigures:
    """What one draw tells of the gradients, exactly.

    `bias` is the largest difference between the mean estimate and the gradient; variances are
    summed over tasks and parts, for one forward pass for each task: the shared estimator then has
    a draw for each task, and every draw serves all tasks.
    """

    bias: float
    shared_variance: float
    separate_variance: float
    largest_weight: float

    @property
    def gain(self) -> float:
        """How many times as many passes separate estimators need for the same variance."""
        return self.separate_variance / self.shared_variance


def all_masks(parts: int) -> Masks:
    """Every mask over so many parts."""
    assert parts <= MOST_PARTS
    return np.asarray((np.arange(2**parts)[:, None] >> np.arange(parts)) % 2 == 1)


def true_gradient(logits: Logits, losses: Float[np.ndarray, "masks tasks"]) -> Logits:
    """The gradient of each task's expected loss by its logits; losses are of all_masks()."""
    masks = all_masks(logits.shape[1])
    likely = np.exp(log_likelihood(logits, masks))
    score = masks[:, None] - probabilities(logits)[None]
    return np.asarray(np.einsum("mt,mt,mtp->tp", likely, losses, score))


def study_gradient(
    logits: Logits, losses: Float[np.ndarray, "masks tasks"], most_log_weight: float = np.inf
) -> GradientFigures:
    """The figures, given the losses of all_masks(); the baseline is each task's expected loss."""
    masks, tasks = all_masks(logits.shape[1]), len(logits)
    own = np.exp(log_likelihood(logits, masks))
    drawn = own.mean(1)
    weights = importance_weights(logits, masks, most_log_weight)
    baseline = (own * losses).sum(0)
    shared = _each(logits, Draws(masks, weights), losses, baseline)
    separate = _each(logits, Draws(masks, np.ones_like(weights)), losses, baseline)
    truth = true_gradient(logits, losses)
    mean = np.einsum("m,mtp->tp", drawn, shared)
    shared_square = np.einsum("m,mtp->", drawn, shared**2)
    separate_square = np.einsum("mt,mtp->", own, separate**2)
    return GradientFigures(
        bias=float(np.abs(mean - truth).max()),
        shared_variance=float(shared_square - (mean**2).sum()) / tasks,
        separate_variance=float(separate_square - (truth**2).sum()),
        largest_weight=float(weights.max()),
    )


def tabulate_losses(
    searched: Searched, tasks: Sequence[ProxyTask], batch: ProxyBatch, varied: Sequence[int]
) -> Float[np.ndarray, "masks tasks"]:
    """What the supernet loses on a batch under all masks over these parts (indices).

    The other parts are on where tasks on the mean think it more likely than not.
    """
    likely = np.mean([found.probabilities for found in searched.found.values()], 0) > 0.5
    masks = np.repeat(likely[None], 2 ** len(varied), 0)
    masks[:, list(varied)] = all_masks(len(varied))
    drawn = Draws(masks, np.ones((len(masks), len(tasks))))
    searched.supernet.train()  # as in the search, norms know of nothing but the batch
    with torch.no_grad():
        return run_masks(searched.supernet, tasks, drawn, batch).numpy()


def most_disputed(searched: Searched, count: int) -> list[int]:
    """The parts (indices) of whose probabilities the tasks are least of one mind."""
    rows = np.stack([found.probabilities for found in searched.found.values()])
    order = np.argsort(-np.ptp(rows, 0), kind="stable")
    return [int(part) for part in order[:count]]


def _each(
    logits: Logits,
    draws: Draws,
    losses: Float[np.ndarray, "masks tasks"],
    baseline: Float[np.ndarray, " tasks"],
) -> Float[np.ndarray, "masks tasks parts"]:
    """The estimate that each mask alone gives."""
    singles = [Draws(draws.masks[i : i + 1], draws.weights[i : i + 1]) for i in range(len(losses))]
    rows = zip(singles, losses[:, None], strict=True)
    return np.stack([estimate_gradient(logits, one, row, baseline[None]) for one, row in rows])
