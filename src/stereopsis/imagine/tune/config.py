"""How a generator is quality-tuned, and when the tuning stops."""

import math
from dataclasses import dataclass, field
from typing import Literal

from stereopsis.errors import OptionError
from stereopsis.imagine.train_config import TrainConfig

MOST_STEPS = 15_000


@dataclass(frozen=True)
class StopConfig:
    """When to stop, and which checkpoint to keep.

    Faithfulness may fall by `faithfulness_margin` below that of the pre-trained model, at most
    `most_memorised` of the pictures may repeat tuning pictures, and the diversity must be at least
    `least_diversity` times the pre-trained model's: one that is tuned for too long draws the same
    picture from every seed, and a judge of looks may like it. Tuning stops when a limit is broken
    at `breaks` measurements in a row, or when the look has gained less than `gain` over the last
    `patience` ones.
    """

    faithfulness_margin: float = 0.02
    most_memorised: float = 0.05
    least_diversity: float = 0.7
    breaks: int = 2
    patience: int = 4
    gain: float = 0.01

    def __post_init__(self) -> None:
        limits = (self.faithfulness_margin, self.most_memorised, self.least_diversity)
        are_shares = all(0 <= share <= 1 for share in (*limits, self.gain))
        if not are_shares or min(self.breaks, self.patience) < 1:
            raise OptionError(
                "A limit of the early stop is out of its range.",
                "Margins lie from 0 to 1; it waits for 1 measurement or more.",
            )


@dataclass(frozen=True)
class TuneConfig:
    """The recipe of Emu's quality-tuning, and what its paper leaves open.

    From the paper: all weights, batches of 64, noise offset 0.1, 15,000 steps at most. Ours: rate,
    warm-up and average; measurements at steps that grow by `growth` from `first` on or, if `every`
    is given, every so many; the stop. `lora` is the rank of an adapter that is trained instead of
    all weights; 0 is none.
    """

    steps: int = MOST_STEPS
    batch: int = 64
    rate: float = 2e-5
    warmup: int = 20
    average: float = 0.99
    noise_offset: float = 0.1
    drop_caption: float = 0.1
    first: int = 20
    growth: float = 1.5
    every: int | None = None
    lora: int = 0
    precision: Literal["fp32", "bf16"] = "bf16"
    accumulate: int = 1
    checkpointing: bool = False
    seed: int = 0
    stop: StopConfig = field(default_factory=StopConfig)

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MOST_STEPS:
            raise OptionError(
                f"{self.steps} steps are asked for.", f"Tuning takes 1 to {MOST_STEPS} of them."
            )
        if self.first < 1 or self.growth <= 1 or (self.every is not None and self.every < 1):
            raise OptionError(
                "The steps at which to measure do not grow.",
                "Give a first one of 1 or more and a growth above 1, or measure every so many.",
            )


def measured_steps(config: TuneConfig) -> list[int]:
    """The steps at which the generator is measured, 0 and the last among them."""
    if config.every is not None:
        steps = set(range(0, config.steps + 1, config.every))
    else:
        steps, step = {0}, float(config.first)
        while step < config.steps:
            steps.add(round(step))
            step = max(step * config.growth, step + 1)
    return sorted(steps | {config.steps})


def train_config(config: TuneConfig, minutes: float) -> TrainConfig:
    """The same for the loop that training shares; it asks at every measured step."""
    steps = measured_steps(config)
    gap = math.gcd(*steps)
    record = _record_every(config.steps)
    return TrainConfig(
        steps=config.steps,
        batch=config.batch,
        rate=config.rate,
        shape="constant",
        warmup=config.warmup,
        average=config.average,
        noise_offset=config.noise_offset,
        drop_caption=config.drop_caption,
        precision=config.precision,
        accumulate=config.accumulate,
        checkpointing=config.checkpointing,
        seed=config.seed,
        minutes=minutes,
        part="marked" if config.lora else "whole",
        record_every=record,
        save_every=10 * record,
        look_every=gap,
    )


def _record_every(steps: int) -> int:
    return max(1, min(25, steps // 40))
