"""The multitask search of FBNetV5: one supernet, one run, and a topology for each task."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from stereopsis.errors import OptionError
from stereopsis.nets.count import Cost, Size
from stereopsis.nets.parallel import ParallelNet
from stereopsis.nets.topology import Part, parts_on
from stereopsis.search.alone import alone_in
from stereopsis.search.multitask import ProxyBatch, ProxyTask, as_batch, task_losses
from stereopsis.search.proxy import ProxySet, draw_frames
from stereopsis.search.reinforce import (
    Draws,
    draw_masks,
    estimate_gradient,
    mean_of_others,
    probabilities,
)
from stereopsis.search.search_state import SearchConfig, SearchState
from stereopsis.search.topology import TopologyCost, fill_budget, topology_cost

Progress = Callable[[int, Mapping[str, float]], None]


@dataclass(frozen=True)
class Found:
    """The parts of a task's topology, its cost, and how likely each part of the space became."""

    on: frozenset[Part]
    cost: Cost
    probabilities: Float[np.ndarray, " parts"]


def search_multitask(
    supernet: ParallelNet,
    tasks: Sequence[ProxyTask],
    proxy: ProxySet,
    config: SearchConfig,
    folder: Path | None = None,
    progress: Progress = lambda step, figures: None,
) -> dict[str, Found]:
    """A topology for each task, none of which costs more than the task's budget (multiply-adds).

    Each step takes one forward and backward pass for the weights and `draws` forward passes for
    the distributions, however many tasks there are. Weights see other frames than distributions
    do. A search that was stopped goes on from its last save if it is given the same folder.

    Source: Wu et al., FBNetV5 (2021), the multitask search. What is ours: masks are drawn from the
    mean of the tasks' distributions; the baseline; what overspends counts as a loss; the weights
    take each task's loss with its importance weight; and the result takes the likeliest parts that
    the budget admits.

    Raises:
        OptionError: a budget is too small, or the supernet has no head for a task.
        DataError: a task's loss is not a number, or the folder holds another search.
        OutputError: another search is at work in the folder, or it cannot be written.
    """
    costs = check_tasks(supernet, tasks, proxy.size)
    training, judging = proxy.part("weights"), proxy.part("topology")
    state = SearchState(supernet, tasks, proxy, config)
    with alone_in(folder):
        state.resume(folder)
        for step in range(state.step, config.steps):
            rng, judging_rng = np.random.default_rng([config.seed, step]).spawn(2)
            supernet.train()
            state.set_rate(step)

            drawn = draw_masks(state.logits, 1, rng, config.most_log_weight)
            batch = as_batch(draw_frames(training, config.batch, rng))
            losses = run_masks(supernet, tasks, drawn, batch)
            state.learn_weights((losses * torch.from_numpy(drawn.weights)).sum())

            if step >= config.patience:
                drawn = draw_masks(state.logits, config.draws, judging_rng, config.most_log_weight)
                batch = as_batch(draw_frames(judging, config.batch, judging_rng))
                with torch.no_grad():
                    judged = run_masks(supernet, tasks, drawn, batch).numpy()
                spent = overspending(supernet, tasks, drawn, costs)
                total = judged + config.overspending * spent
                baseline = mean_of_others(drawn, total)
                state.learn_topologies(estimate_gradient(state.logits, drawn, total, baseline))

            state.step = step + 1
            figures = zip((task.name for task in tasks), losses.detach()[0].tolist(), strict=True)
            progress(state.step, dict(figures))
            if state.step % config.save_every == 0 or state.step == config.steps:
                state.save(folder)
    found = {}
    for task, row in zip(tasks, probabilities(state.logits), strict=True):
        on = fill_budget(row.tolist(), costs[task.name], task.budget)
        found[task.name] = Found(on, costs[task.name].of(on), row)
    return found


def run_masks(
    supernet: ParallelNet, tasks: Sequence[ProxyTask], drawn: Draws, batch: ProxyBatch
) -> Tensor:
    """The loss of each task under each mask (draws, tasks): one forward pass for each mask.

    Parts that reach no head are run as well, so that time does not depend on the tasks.
    """
    rows = []
    for mask in drawn.masks:
        on = parts_on(supernet.trunk.space, mask) | set(supernet.trunk.space.starts())
        rows.append(task_losses(tasks, supernet(batch.image, on), batch))
    return torch.stack(rows).double()


def overspending(
    supernet: ParallelNet,
    tasks: Sequence[ProxyTask],
    drawn: Draws,
    costs: Mapping[str, TopologyCost],
) -> Float[np.ndarray, "draws tasks"]:
    """By which share of its budget each mask overspends, for each task."""
    masks = [parts_on(supernet.trunk.space, mask) for mask in drawn.masks]
    spent = [[costs[t.name].of(on).flops / t.budget - 1 for t in tasks] for on in masks]
    return np.asarray(np.maximum(spent, 0.0))


def check_tasks(
    supernet: ParallelNet, tasks: Sequence[ProxyTask], size: Size
) -> dict[str, TopologyCost]:
    """The costs by task on pictures of this size, when each has a head and a possible budget.

    Raises:
        OptionError: a budget is too small, or the supernet has no head for a task.
    """
    costs = {}
    for task in tasks:
        if task.name not in supernet.heads:
            raise OptionError(
                f"The supernet has no head for the task {task.name}.", "Build it with one."
            )
        costs[task.name] = topology_cost(supernet.trunk.space, task.head, size)
        fill_budget([0.0] * len(supernet.trunk.space.choices()), costs[task.name], task.budget)
    return costs
