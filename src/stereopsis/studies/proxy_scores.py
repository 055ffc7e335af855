"""How well a task of the proxy set is solved, by a network or without looking."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from stereopsis.search.multitask import ProxyTask, as_batch, targets, task_losses
from stereopsis.search.proxy import CLASSES, ProxySet

CHUNK = 64  # frames at a time


@dataclass(frozen=True)
class ProxyScore:
    """The loss, 1 where nothing is learned, and the figure of merit in percent.

    Merit is for depth the correlation with the truth, frame by frame; for classes the mean
    intersection over union; for labels the mean average precision.
    """

    loss: float
    merit: float


def score_network(network: nn.Module, task: ProxyTask, proxy: ProxySet) -> ProxyScore:
    """The score of a network's answers on all frames."""
    network.eval()
    with torch.inference_mode():
        chunks = [
            network(torch.from_numpy(proxy.image[start : start + CHUNK]))[task.name]
            for start in range(0, len(proxy), CHUNK)
        ]
    return score_answers(torch.cat(chunks), task, proxy)


def score_constant(task: ProxyTask, proxy: ProxySet, seen: ProxySet) -> ProxyScore:
    """The score of the answer that fits the `seen` frames best and is given to every picture.

    Maps may differ from place to place: the ground is near at the bottom, the sky is at the top.
    """
    known = targets(seen)[task.name]
    if task.name == "depth":
        answer = known.mean(0)[None]
    elif task.name == "semantic":
        shares = torch.stack([(known == label).float().mean(0) for label in range(CLASSES)])
        answer = shares.clamp(min=1e-4).log()
    else:
        shares = known.mean(0).clamp(1e-4, 1 - 1e-4)
        answer = torch.logit(shares)
    return score_answers(answer.expand(len(proxy), *answer.shape), task, proxy)


def score_answers(answers: Tensor, task: ProxyTask, proxy: ProxySet) -> ProxyScore:
    """The score of given answers."""
    batch = as_batch(proxy)
    loss = float(task_losses([task], {task.name: answers}, batch)[0])
    truth = batch.targets[task.name].numpy()
    if task.name == "depth":
        merit = mean_correlation(answers[:, 0].numpy(), truth)
    elif task.name == "semantic":
        merit = mean_iou(answers.argmax(1).numpy(), truth)
    else:
        merit = mean_precision(answers.numpy(), truth > 0)
    return ProxyScore(loss, 100 * merit)


def mean_correlation(guess: Float[np.ndarray, "n h w"], truth: Float[np.ndarray, "n h w"]) -> float:
    """The mean over frames of the correlation; 0 for a frame where either is flat."""
    both = [maps.reshape(len(maps), -1).astype(np.float64) for maps in (guess, truth)]
    centred = [flat - flat.mean(1, keepdims=True) for flat in both]
    spread = np.sqrt((centred[0] ** 2).sum(1) * (centred[1] ** 2).sum(1))
    shared = (centred[0] * centred[1]).sum(1)
    return float(np.where(spread > 1e-9, shared / np.maximum(spread, 1e-9), 0.0).mean())


def mean_iou(guess: Int[np.ndarray, "n h w"], truth: Int[np.ndarray, "n h w"]) -> float:
    """Intersection over union, over all frames at once, meaned over the classes that occur."""
    table = np.bincount((truth * CLASSES + guess).ravel(), minlength=CLASSES**2)
    table = table.reshape(CLASSES, CLASSES)
    union = table.sum(0) + table.sum(1) - np.diag(table)
    occurs = table.sum(1) > 0
    return float((np.diag(table)[occurs] / union[occurs]).mean())


def mean_precision(
    scores: Float[np.ndarray, "n classes"], truth: Bool[np.ndarray, "n classes"]
) -> float:
    """Average precision, meaned over the labels that some frames have and others lack.

    Frames of equal score count as ordered by chance: the precision is that of all of them.
    """
    found = [
        average_precision(scores[:, k], truth[:, k])
        for k in range(truth.shape[1])
        if 0 < truth[:, k].sum() < len(truth)
    ]
    return float(np.mean(found))


def average_precision(scores: Float[np.ndarray, " n"], truth: Bool[np.ndarray, " n"]) -> float:
    """The mean precision at each true frame, from the highest score down."""
    thresholds, place = np.unique(-scores, return_inverse=True)
    hits = np.cumsum(np.bincount(place, truth, len(thresholds)))
    seen = np.cumsum(np.bincount(place, minlength=len(thresholds)))
    gained = np.diff(hits, prepend=0)
    return float((gained * hits / seen).sum() / hits[-1])


def as_figures(score: ProxyScore) -> Mapping[str, float]:
    """The score for a report."""
    return {"loss": round(score.loss, 4), "merit": round(score.merit, 2)}
