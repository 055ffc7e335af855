"""The training loop: AdamW steps, a cosine schedule, an averaged copy, checkpoints and a curve."""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from stereopsis.errors import DataError
from stereopsis.lock import the_only
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.train.checkpoint import save_whole
from stereopsis.train.curve import append_row, draw_curve, drop_rows_after, mean_figures, read_rows
from stereopsis.train.finite import read_loss
from stereopsis.train.hold_interrupt import hold_interrupt

Objective = Callable[[nn.Module, int], tuple[Tensor, dict[str, float]]]
Progress = Callable[[int, dict[str, float]], None]

CHECKPOINT, CURVE, CURVE_PICTURE = "checkpoint.pt", "curve.csv", "curve.png"
SAVE_S = 120.0  # after which a slow run is saved between its turns, too


@dataclass(frozen=True)
class LoopConfig:
    """How long and how fast; `average` is the decay of the averaged weights per step.

    The curve has one row for every `record_every` steps, and one for what is left at the end; the
    run is saved every `save_every`, a slow one oftener, and when it has taken `minutes`, reached
    the step `stop` or was interrupted, to be continued.
    """

    steps: int = 10_000
    minutes: float = math.inf
    stop: int | None = None
    warmup: int = 100
    average: float = 0.998
    clip_norm: float = 1.0
    record_every: int = 50
    save_every: int = 250

    def __post_init__(self) -> None:
        assert self.save_every % self.record_every == 0


def train(
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    objective: Objective,
    config: LoopConfig,
    folder: Path,
    progress: Progress = lambda step, figures: None,
) -> nn.Module:
    """The average of the module's weights over the last steps, after `config.steps` steps.

    `objective` gives the loss of a step, and figures worth recording; it draws its own batch and
    depends on nothing but the module and the step, so that a run that was stopped (or used up its
    minutes) and started again in the same folder ends as if it had never stopped. Ctrl-C takes
    effect when the step is done and the run is saved; pressed twice, at once.

    Raises:
        DataError: the folder holds a run of another network, or a damaged one, or a loss has no
            gradients, or is not finite; what was saved before is kept.
        OutputError: the run cannot be saved there, or another training is at work in the folder.
    """
    averaged = copy.deepcopy(module).eval().requires_grad_(False)
    base_rates = [group["lr"] for group in optimizer.param_groups]
    last = config.steps if config.stop is None else min(config.stop, config.steps)
    saved = time.monotonic()
    deadline = saved + 60 * config.minutes
    window: list[dict[str, float]] = []
    with the_only("training", folder), hold_interrupt() as is_stopped:
        step = resume(folder, module, averaged, optimizer)
        while step < last and time.monotonic() < deadline and not is_stopped():
            for group, rate in zip(optimizer.param_groups, base_rates, strict=True):
                group["lr"] = rate * schedule(step, config)
            module.train()
            loss, figures = objective(module, step)
            optimizer.zero_grad()
            _backward(loss, step)
            norm = nn.utils.clip_grad_norm_(module.parameters(), config.clip_norm)
            told = read_loss(loss, norm, step)
            optimizer.step()
            step += 1
            update_average(averaged, module, min(config.average, step / (step + 20)))
            window.append({"loss": told, **figures})
            if step % config.record_every == 0 or step == config.steps:
                means = mean_figures(window)
                window = []
                append_row(folder / CURVE, {"step": step, **means})
                progress(step, means)
            is_late = time.monotonic() - saved > SAVE_S and step % config.record_every == 0
            if step % config.save_every == 0 or is_late:
                save(folder, step, module, averaged, optimizer)
                saved = time.monotonic()
        save(folder, step, module, averaged, optimizer)
    write_all({folder / CURVE_PICTURE: draw_curve(read_rows(folder / CURVE))})
    return averaged


def _backward(loss: Tensor, step: int) -> None:
    """Adds the gradients of the loss to those of what it was computed from.

    Raises:
        DataError: they cannot be computed.
    """
    try:
        loss.backward()  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise DataError(
            f"The gradients of step {step} cannot be computed: {lines[0].rstrip('.')}.",
            "Look at how the loss of that step is computed.",
        ) from error


def schedule(step: int, config: LoopConfig) -> float:
    """The share of the full learning rate: a linear warm-up, then half a cosine down to 0."""
    warm = min(1.0, (step + 1) / config.warmup)
    return warm * (0.5 + 0.5 * math.cos(math.pi * step / config.steps))


@torch.no_grad()
def update_average(averaged: nn.Module, module: nn.Module, decay: float) -> None:
    """Moves the averaged weights towards the module's; counters are copied."""
    for mean, value in zip(
        averaged.state_dict().values(), module.state_dict().values(), strict=True
    ):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)


def save(
    folder: Path,
    step: int,
    module: nn.Module,
    averaged: nn.Module,
    optimizer: torch.optim.Optimizer,
) -> None:
    """Writes the whole state of a run, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    state = {
        "step": step,
        "module": module.state_dict(),
        "averaged": averaged.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    save_whole(state, folder / CHECKPOINT)


def saved_step(folder: Path) -> int | None:
    """The step at which the run in the folder was saved; None if it holds no run.

    Raises:
        DataError: the saved run is damaged.
    """
    if not (folder / CHECKPOINT).exists():
        return None
    try:
        return int(_load(folder)["step"])
    except Exception as error:  # as in resume()
        raise _not_a_run(folder) from error


def resume(
    folder: Path, module: nn.Module, averaged: nn.Module, optimizer: torch.optim.Optimizer
) -> int:
    """Takes up the run saved in the folder, if there is one, and returns its step, else 0.

    Learning rates stay those of the given optimizer, and rows of the curve that came after the
    saved step are dropped.

    Raises:
        DataError: the saved run is damaged, or one of another network.
        OutputError: nothing can be saved in the folder.
    """
    prepare_folder(folder)
    if not (folder / CHECKPOINT).exists():
        drop_rows_after(folder / CURVE, 0)
        return 0
    rates = [group["lr"] for group in optimizer.param_groups]
    try:
        state = _load(folder)
        module.load_state_dict(state["module"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
    except Exception as error:  # a cut zip, a pickle, missing keys, shapes: each raises its own
        raise _not_a_run(folder) from error
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate
    step = int(state["step"])
    drop_rows_after(folder / CURVE, step)
    return step


def _load(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
    return state


def _not_a_run(folder: Path) -> DataError:
    return DataError(
        f"{folder / CHECKPOINT} does not hold a run of this network.",
        "Remove it to begin this run anew, or put back the checkpoint of the same network.",
    )
