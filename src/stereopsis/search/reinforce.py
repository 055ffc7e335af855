"""How distributions over topologies ought to change: REINFORCE with shared samples."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

Logits = Float[np.ndarray, "tasks parts"]
Masks = Bool[np.ndarray, "draws parts"]


@dataclass(frozen=True)
class Draws:
    """Masks, and for each task the probability of each under the task's own distribution.

    `weights` are those probabilities divided by that of the distribution from which the masks were
    drawn.
    """

    masks: Masks
    weights: Float[np.ndarray, "draws tasks"]


def probabilities(logits: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """The probabilities of being on."""
    return np.asarray(1 / (1 + np.exp(-logits)))


def log_likelihood(logits: Logits, masks: Masks) -> Float[np.ndarray, "draws tasks"]:
    """The log-probability of each mask under each task's independent Bernoullis."""
    on, off = -np.logaddexp(0, -logits), -np.logaddexp(0, logits)
    return np.asarray(masks @ on.T + ~masks @ off.T)


def importance_weights(
    logits: Logits, masks: Masks, most_log_weight: float = np.inf
) -> Float[np.ndarray, "draws tasks"]:
    """Each mask's probability for each task, over that for the mean of the tasks' distributions.

    With T tasks no weight exceeds T, since a task is a T-th of the mean. Logarithms above
    `most_log_weight` are cut to it: that makes gradients biased.
    """
    own = log_likelihood(logits, masks)
    highest = own.max(1, keepdims=True)
    mean = highest + np.log(np.exp(own - highest).mean(1, keepdims=True))
    return np.asarray(np.exp(np.minimum(own - mean, most_log_weight)))


def draw_masks(
    logits: Logits, count: int, rng: np.random.Generator, most_log_weight: float = np.inf
) -> Draws:
    """Masks from the mean of the tasks' distributions: a task is drawn, then a mask of its own."""
    chances = rng.random((count, logits.shape[1]))
    tasks = rng.integers(len(logits), size=count)
    masks = chances < probabilities(logits[tasks])
    return Draws(masks, importance_weights(logits, masks, most_log_weight))


def estimate_gradient(
    logits: Logits,
    draws: Draws,
    losses: Float[np.ndarray, "draws tasks"],
    baseline: Float[np.ndarray, "draws tasks"],
) -> Logits:
    """An estimate of the gradient of each task's expected loss by its own logits.

    It is unbiased where the weights are not cut and a mask has no part in its own baseline.

    Source: Wu et al., FBNetV5 (2021), the multitask search: REINFORCE (Williams, 1992) with
    importance sampling, so that a mask serves all tasks. The baseline is ours.
    """
    surplus = draws.weights * (losses - baseline) / len(losses)
    score = draws.masks[:, None] - probabilities(logits)[None]  # of log p by the logits
    return np.asarray(np.einsum("dt,dtp->tp", surplus, score))


def mean_of_others(
    draws: Draws, losses: Float[np.ndarray, "draws tasks"]
) -> Float[np.ndarray, "draws tasks"]:
    """For each mask the weighted mean loss of the other masks; 0 where there is none."""
    weighted = draws.weights * losses
    others = draws.weights.sum(0) - draws.weights
    known = others > 0
    return np.where(known, (weighted.sum(0) - weighted) / np.where(known, others, 1), 0.0)
