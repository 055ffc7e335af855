"""The settings of a training, be it pre-training or tuning."""

import math
from dataclasses import dataclass
from typing import Literal

from stereopsis.errors import OptionError


@dataclass(frozen=True)
class TrainConfig:
    """How long, how fast and with what noise.

    `batch` counts the pictures of a step over all processes and `accumulate` pieces. `average` is
    the decay of the averaged weights per step. Noise is offset by `noise_offset` from step
    `offset_from` on. Every caption is left out with the chance `drop_caption`, for guidance.
    `part` is the whole network or what is marked in it, by asking for gradients (an adapter).
    The curve has a row for every `record_every` steps; the run is saved every `save_every`, and
    when it has taken `minutes`, reached the step `stop` or was interrupted, to be continued.
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

    def pictures_at_once(self, processes: int) -> int:
        """How many pictures one of so many processes takes in one piece of a batch.

        Raises:
            OptionError: they cannot have equal shares.
        """
        if self.batch % (self.accumulate * processes):
            raise OptionError(
                f"A batch of {self.batch} in {self.accumulate} pieces cannot be shared out to "
                f"{processes} processes.",
                "Choose a batch that is a multiple of pieces times processes.",
            )
        return self.batch // (self.accumulate * processes)
