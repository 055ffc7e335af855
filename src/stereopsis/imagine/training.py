"""The one loop that pre-training and quality-tuning share: a generator, examples, steps."""

import copy
import math
import os
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import broadcast_object_list
from torch import Tensor, nn

from stereopsis.errors import OptionError
from stereopsis.imagine.checkpoint import (
    flatten_optimizer,
    load_state,
    not_a_run,
    restore_optimizer,
    save_state,
)
from stereopsis.imagine.examples import CaptionMemory, Examples, rows_of_batch
from stereopsis.imagine.memory import within_memory
from stereopsis.imagine.models.generator import Generator
from stereopsis.train.curve import append_row, draw_curve, drop_rows_after, mean_figures, read_rows

# Hears of (step, averaged network) every `look_every` steps; True ends the training there.
# After a kill it may hear of the same step again.
Look = Callable[[int, nn.Module], bool]
Progress = Callable[[int, dict[str, float]], None]

CURVE, CURVE_PICTURE = "curve.csv", "curve.png"
SMALLER = "Choose a smaller batch, more pieces to a batch, or gradient checkpointing."
SAVE_S = 300.0  # after which a slow run is saved between its turns, too


@dataclass(frozen=True)
class TrainConfig:
    """How long, how fast and with what noise.

    `batch` counts the pictures of a step over all processes and `accumulate` pieces. `average` is
    the decay of the averaged weights per step. Noise is offset by `noise_offset` from step
    `offset_from` on. Every caption is left out with the chance `drop_caption`, for guidance.
    `part` is the whole network or what is marked in it, by asking for gradients (an adapter).
    The curve has a row for every `record_every` steps; the run is saved every `save_every`, and
    when it has taken `minutes` or reached the step `stop`, to be continued.
    """

    steps: int = 20_000
    batch: int = 64
    rate: float = 5e-4
    shape: Literal["constant", "cosine"] = "cosine"
    warmup: int = 200
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    average: float = 0.999
    noise_offset: float = 0.0
    offset_from: int = 0
    drop_caption: float = 0.1
    precision: Literal["fp32", "bf16"] = "bf16"
    accumulate: int = 1
    checkpointing: bool = False
    part: Literal["whole", "marked"] = "whole"
    seed: int = 0
    minutes: float = math.inf
    stop: int | None = None
    record_every: int = 50
    save_every: int = 500
    look_every: int = 500

    def __post_init__(self) -> None:
        if self.batch % self.accumulate:
            raise OptionError(
                f"A batch of {self.batch} cannot be cut into {self.accumulate} equal pieces.",
                "Choose a batch that is a multiple of the pieces.",
            )
        assert self.save_every % self.record_every == 0


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

    Raises:
        DataError: the folder holds a run of another network, or a damaged one.
    """
    run = _Run(generator, examples, config, folder)
    last = config.steps if config.stop is None else min(config.stop, config.steps)
    start = saved = time.monotonic()
    window: list[dict[str, float]] = []
    while run.step < last and not run.ended and not run.is_late(start):
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
    return run.finish()


class _Run:
    """A training on its way: weights, their average, the optimizer and the step."""

    def __init__(
        self, generator: Generator, examples: Examples, config: TrainConfig, folder: Path
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
        self._accelerator = start_accelerator(config, generator.device)
        self._resume()
        self._network: Any = self._accelerator.prepare_model(network)
        self._captions = CaptionMemory(generator)

    def take_step(self) -> float:
        """Trains one step; returns its loss."""
        config, total = self._config, 0.0
        for group in self._optimizer.param_groups:
            group["lr"] = config.rate * rate_share(self.step, config)
        self._network.train()
        for piece in range(config.accumulate):
            # Processes exchange their gradients once, with the last piece.
            waits = piece + 1 < config.accumulate
            with self._accelerator.no_sync(self._network) if waits else nullcontext():
                loss = self._loss(piece) / config.accumulate
                loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        nn.utils.clip_grad_norm_(self._network.parameters(), config.clip_norm)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self.step += 1
        bare = self._generator.network
        update_average(self.averaged, bare, min(config.average, self.step / (self.step + 20)))
        return total

    def _loss(self, piece: int) -> Tensor:
        """The loss of one piece of this process's share of the batch."""
        config = self._config
        workers, me = self._accelerator.num_processes, self._accelerator.process_index
        size = max(1, config.batch // (config.accumulate * workers))
        place = (self.step * config.accumulate + piece) * workers + me
        rows = rows_of_batch(place * size, size, len(self._examples), config.seed)
        rng = torch.Generator().manual_seed((config.seed << 40) + place)
        dropped = torch.rand(size, generator=rng) < config.drop_caption
        captions = [
            "" if drop else self._examples.captions[row]
            for row, drop in zip(rows, dropped.tolist(), strict=True)
        ]
        encoded = self._examples.batch(rows).to(self._generator.device)
        offset = config.noise_offset if self.step >= config.offset_from else 0.0
        embedded = self._captions.embed(captions)
        return self._generator.loss(self._network, encoded, embedded, rng, offset)

    def is_late(self, start: float) -> bool:
        """Whether the minutes are used up; all processes hear the same."""
        late = [time.monotonic() - start > 60 * self._config.minutes]
        if self._accelerator.num_processes > 1:
            broadcast_object_list(late)
        return late[0]

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
            (self._folder / CURVE_PICTURE).write_bytes(picture)
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


def is_main_process() -> bool:
    """Whether this process writes the results: all others only train."""
    return bool(PartialState().is_main_process)


def local_device(device: str) -> str:
    """The device of this process, of those that `accelerate launch` started."""
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if device == "cuda" else device


def start_accelerator(config: TrainConfig, device: torch.device) -> Accelerator:
    """What spreads the training over the processes that `accelerate launch` started."""
    AcceleratorState._reset_state(reset_partial_state=True)  # a process may train twice
    precision = "bf16" if config.precision == "bf16" else "no"
    return Accelerator(mixed_precision=precision, cpu=device.type == "cpu")


def build_optimizer(network: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW; gains, offsets and embeddings are not decayed."""
    trained = [each for each in network.parameters() if each.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [each for each in trained if each.ndim > 1]},
        {"params": [each for each in trained if each.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, config.rate, weight_decay=config.weight_decay, fused=True)


def rate_share(step: int, config: TrainConfig) -> float:
    """The share of the full learning rate: a linear warm-up, then constant or half a cosine."""
    warm = min(1.0, (step + 1) / max(1, config.warmup))
    if config.shape == "constant":
        return warm
    return warm * (0.5 + 0.5 * math.cos(math.pi * step / config.steps))


@torch.no_grad()
def update_average(averaged: nn.Module, network: nn.Module, decay: float) -> None:
    """Moves the averaged weights towards the network's."""
    means: list[Tensor] = list(averaged.parameters())
    values: list[Tensor] = list(network.parameters())
    torch._foreach_lerp_(means, values, 1 - decay)


def _named(prefix: str, module: nn.Module) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": value for name, value in module.state_dict().items()}


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name[len(start) :]: v for name, v in tensors.items() if name.startswith(start)}
