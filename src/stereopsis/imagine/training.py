"""The one loop that pre-training and quality-tuning share: a generator, examples, steps."""

import copy
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from torch import Tensor, nn

from stereopsis.imagine.attention import quick_attention
from stereopsis.imagine.checkpoint import (
    flatten_optimizer,
    load_state,
    not_a_run,
    restore_optimizer,
    save_state,
)
from stereopsis.imagine.examples import CaptionMemory, Examples, draws_at, rows_of_batch
from stereopsis.imagine.memory import within_memory
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.optimizer import build_optimizer, rate_share, update_average
from stereopsis.imagine.processes import start_accelerator
from stereopsis.imagine.train_config import TrainConfig
from stereopsis.lock import the_only
from stereopsis.outputs import write_all
from stereopsis.train.curve import append_row, draw_curve, drop_rows_after, mean_figures, read_rows
from stereopsis.train.finite import read_loss
from stereopsis.train.hold_interrupt import hold_interrupt

# Hears of (step, averaged network) every `look_every` steps; True ends the training there.
# After a kill it may hear of the same step again.
Look = Callable[[int, nn.Module], bool]
Progress = Callable[[int, dict[str, float]], None]

CURVE, CURVE_PICTURE = "curve.csv", "curve.png"
SMALLER = "Choose a smaller batch, more pieces to a batch, or gradient checkpointing."
SAVE_S = 300.0  # after which a slow run is saved between its turns, too


def train_generator(
    generator: Generator,
    examples: Examples,
    config: TrainConfig,
    folder: Path,
    look: Look = lambda step, network: False,
    progress: Progress = lambda step, figures: None,
) -> nn.Module:
    """The average of the network's weights over the last steps, after `config.steps` of them.

    The generator's own network is trained in place, on the device where it is. A step depends on
    nothing but the weights, the seed and its number, so that a run that was stopped and started
    again in the same folder ends as if it had never stopped. Loss is recorded and never used.
    Ctrl-C takes effect when the step is done and the run is saved; pressed twice, at once.

    Raises:
        DataError: the folder holds a run of another network, or a damaged one, or a loss is not
            finite; what was saved before is kept.
        OutputError: the run cannot be saved there, or another training is at work in the folder.
    """
    accelerator = start_accelerator(config, generator.device)
    # The main process alone saves, so that it alone must be alone.
    alone = the_only("training", folder) if accelerator.is_main_process else nullcontext()
    with alone, hold_interrupt() as is_stopped:
        run = _Run(generator, examples, config, folder, accelerator)
        _take_steps(run, config, look, progress, is_stopped)
    return run.finish()


def _take_steps(
    run: "_Run", config: TrainConfig, look: Look, progress: Progress, is_stopped: Callable[[], bool]
) -> None:
    """Trains until the steps or the minutes are used up, or someone ends it, and saves the run."""
    last = config.steps if config.stop is None else min(config.stop, config.steps)
    start = saved = time.monotonic()
    window: list[dict[str, float]] = []
    while run.step < last and not run.ended and not run.is_over(start, is_stopped):
        with within_memory("A step of training", SMALLER):
            window.append({"loss": run.take_step()})
        step = run.step
        if step % config.record_every == 0 or step == config.steps:
            means = mean_figures(window)
            window = []
            run.record(means, progress)
        if step % config.look_every == 0 or step == config.steps:
            run.look(look)
        slow = time.monotonic() - saved > SAVE_S and step % config.record_every == 0
        if step % config.save_every == 0 or slow or run.ended:
            run.save()
            saved = time.monotonic()
    run.save()


class _Run:
    """A training on its way: weights, their average, the optimizer and the step."""

    def __init__(
        self,
        generator: Generator,
        examples: Examples,
        config: TrainConfig,
        folder: Path,
        accelerator: Accelerator,
    ) -> None:
        self._generator, self._examples = generator, examples
        self._config, self._folder = config, folder
        network = generator.network
        if config.checkpointing:
            network.enable_gradient_checkpointing()  # type: ignore[operator]
        if config.part == "whole":
            network.requires_grad_(True)
        self.averaged = copy.deepcopy(network).eval().requires_grad_(False)
        self._optimizer = build_optimizer(network, config)
        self.step, self.ended = 0, False
        self._accelerator = accelerator
        self._at_once = config.pictures_at_once(self._accelerator.num_processes)
        self._resume()
        self._network: Any = self._accelerator.prepare_model(network)
        self._captions = CaptionMemory(generator)

    def take_step(self) -> float:
        """Trains one step; returns its loss.

        Raises:
            DataError: the loss or its gradients are not finite; no step is taken then.
        """
        config, pieces = self._config, list[Tensor]()
        for group in self._optimizer.param_groups:
            group["lr"] = config.rate * rate_share(self.step, config)
        self._network.train()
        for piece in range(config.accumulate):
            # Processes exchange their gradients once, with the last piece.
            waits = piece + 1 < config.accumulate
            with self._accelerator.no_sync(self._network) if waits else nullcontext():
                pieces.append(self._go_back(piece))
        norm = nn.utils.clip_grad_norm_(self._network.parameters(), config.clip_norm)
        total = read_loss(torch.stack(pieces).sum(), norm, self.step)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self.step += 1
        bare = self._generator.network
        update_average(self.averaged, bare, min(config.average, self.step / (self.step + 20)))
        return total

    def _go_back(self, piece: int) -> Tensor:
        """The loss of one piece of this process's share of the batch; gradients are added."""
        config = self._config
        workers, me = self._accelerator.num_processes, self._accelerator.process_index
        size = self._at_once
        place = (self.step * config.accumulate + piece) * workers + me
        rows = rows_of_batch(place * size, size, len(self._examples), config.seed)
        rng = draws_at(place, config.seed)
        dropped = torch.rand(size, generator=rng) < config.drop_caption
        captions = [
            "" if drop else self._examples.captions[row]
            for row, drop in zip(rows, dropped.tolist(), strict=True)
        ]
        encoded = self._examples.batch(rows).to(self._generator.device)
        offset = config.noise_offset if self.step >= config.offset_from else 0.0
        embedded = self._captions.embed(captions)
        with quick_attention(encoded, config.precision):
            loss = self._generator.loss(self._network, encoded, embedded, rng, offset)
            loss = loss / config.accumulate
            loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def is_over(self, start: float, is_stopped: Callable[[], bool]) -> bool:
        """Whether the minutes are used up, or Ctrl-C was pressed; all processes hear the same."""
        over = [is_stopped() or time.monotonic() - start > 60 * self._config.minutes]
        if self._accelerator.num_processes > 1:
            broadcast_object_list(over)
        return over[0]

    def record(self, means: dict[str, float], progress: Progress) -> None:
        """Adds a row to the curve, and tells of it."""
        if self._accelerator.is_main_process:
            append_row(self._folder / CURVE, {"step": self.step, **means})
            progress(self.step, means)

    def look(self, look: Look) -> None:
        """Asks whether to end here; the main process alone decides."""
        answer = [look(self.step, self.averaged) if self._accelerator.is_main_process else False]
        if self._accelerator.num_processes > 1:
            broadcast_object_list(answer)
        self.ended = answer[0]

    def save(self) -> None:
        """Writes the whole state."""
        if not self._accelerator.is_main_process:
            return
        tensors = {
            **_named("network", self._generator.network),
            **_named("averaged", self.averaged),
            **flatten_optimizer(self._optimizer),
        }
        save_state(self._folder, self.step, tensors, {"step": self.step, "ended": self.ended})

    def finish(self) -> nn.Module:
        """The average; the network is left as it was before it was wrapped."""
        self._accelerator.unwrap_model(self._network, keep_fp32_wrapper=False)
        if self._accelerator.is_main_process:
            picture = draw_curve(read_rows(self._folder / CURVE))
            write_all({self._folder / CURVE_PICTURE: picture})
        return self.averaged

    def _resume(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        found = load_state(self._folder)
        if found is None:
            self._drop_rows()
            return
        tensors, plain = found
        try:
            self._generator.network.load_state_dict(_part(tensors, "network"))
            self.averaged.load_state_dict(_part(tensors, "averaged"))
            restore_optimizer(self._optimizer, tensors)
            self.step, self.ended = int(plain["step"]), bool(plain["ended"])
        except (KeyError, RuntimeError, ValueError, TypeError) as error:
            raise not_a_run(self._folder) from error
        self._drop_rows()

    def _drop_rows(self) -> None:
        """Removes the curve's rows of steps that will be taken again."""
        if self._accelerator.is_main_process:
            drop_rows_after(self._folder / CURVE, self.step)


def _named(prefix: str, module: nn.Module) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": value for name, value in module.state_dict().items()}


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name[len(start) :]: v for name, v in tensors.items() if name.startswith(start)}
