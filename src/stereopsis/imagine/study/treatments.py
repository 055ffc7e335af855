"""Treatments: on which pictures a pre-trained model is tuned, for how long, and with what noise."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from stereopsis.imagine.tune.config import MOST_STEPS, StopConfig, TuneConfig

# The question of a study: its treatments are below.
Question = Literal["picking", "count", "overtraining", "offset", "captions", "pixel", "masked"]
Kind = Literal["picked", "random", "top", "pool", "corrupted"]

PICKED = "picked"
COUNTS = (10, 30, 100, 300)  # and all that there are
OFFSETS = (0.0, 0.02, 0.1)
TOO_LONG = 20  # times the chosen steps
NEVER = StopConfig(1.0, 1.0, 0.0, breaks=10**6, patience=10**6)


@dataclass(frozen=True)
class Treatment:
    """How one arm of the study is tuned.

    `kind` says on which pictures: picked ones, random ones of the pool, those of the pool that the
    selection judge likes most, the whole pool, or picked ones with corrupted captions; `count` how
    many, None for all. A treatment that is `as_long_as` another takes the step that the other's
    early stop chose, `factor` times, and has no stop of its own.
    """

    name: str
    kind: Kind = "picked"
    count: int | None = None
    config: TuneConfig = field(default_factory=TuneConfig)
    as_long_as: str = ""
    factor: int = 1

    def lasting(self, steps: int) -> TuneConfig:
        """Its recipe, for that many steps of the treatment that it is as long as, with no stop.

        It is measured at the end, and on the way where it takes longer.
        """
        if self.factor == 1:
            steps = every = min(steps, self.config.steps)
        else:  # over-training goes on where its config would end
            steps, every = min(self.factor * steps, MOST_STEPS), None
        return replace(self.config, steps=steps, every=every, stop=NEVER)


def treatments(question: Question, count: int, config: TuneConfig) -> Sequence[Treatment]:
    """The treatments that answer a question, those first that others are as long as.

    - picking: does picking matter? Random and automatically best pictures, as many and as long;
      and as long on the whole pool.
    - count: how many pictures does it take? Each number, and all, with its own early stop.
    - overtraining: what does the early stop avert?
    - offset: what does the offset of the noise do?
    - captions: what do clean captions do?
    - pixel, masked: does a model of this kind gain as much?

    Source of most: what Dai et al., Emu (2023) leave open.
    """
    picked = Treatment(PICKED, count=count, config=config)
    match question:
        case "picking":
            same = Treatment("", count=count, config=config, as_long_as=PICKED)
            return (
                picked,
                replace(same, name="random", kind="random"),
                replace(same, name="top", kind="top"),
                replace(same, name="more", kind="pool", count=None),
            )
        case "count":
            some = [replace(picked, name=f"picked-{n}", count=n) for n in COUNTS]
            return (*some, replace(picked, name="picked-all", count=None))
        case "overtraining":
            return picked, replace(picked, name="over", as_long_as=PICKED, factor=TOO_LONG)
        case "offset":
            first = replace(picked, name=f"offset-{OFFSETS[-1]:g}")
            others = [
                replace(
                    first,
                    name=f"offset-{offset:g}",
                    config=replace(config, noise_offset=offset),
                    as_long_as=first.name,
                )
                for offset in OFFSETS[:-1]
            ]
            return (replace(first, config=replace(config, noise_offset=OFFSETS[-1])), *others)
        case "captions":
            return picked, replace(picked, name="corrupted", kind="corrupted")
        case "pixel" | "masked":
            return (picked,)
