"""Watching a tuning: the same prompts and seeds at each checkpoint, and what judges them."""

import math
from dataclasses import dataclass

from stereopsis.errors import OptionError
from stereopsis.imagine.judge.arm import Arm
from stereopsis.imagine.judge.draw import draw_pictures
from stereopsis.imagine.judge.faithfulness import Choices, retrieved
from stereopsis.imagine.judge.judge import SelectionJudge, as_role
from stereopsis.imagine.judge.matcher import Matching
from stereopsis.imagine.judge.memory import Memory, memorised_share
from stereopsis.imagine.judge.registration import Registration
from stereopsis.imagine.judge.variety import diversity
from stereopsis.imagine.models.generator import Generator, SampleConfig
from stereopsis.imagine.tune.config import StopConfig
from stereopsis.imagine.tune.stopping import Measures

MOST_MARGINS = 5  # that a watched share may be unsure by


@dataclass(frozen=True)
class Watch:
    """The prompts and seeds, the judge of the look, and the matcher of texts.

    The prompts must not be those of the final report, and the judge must be one that selects.
    """

    registration: Registration
    judge: SelectionJudge
    matcher: Matching

    def __post_init__(self) -> None:
        as_role(self.judge, SelectionJudge)
        if len(set(self.concepts.values())) < 2:
            raise OptionError(
                "One concept cannot tell faithfulness.", "Watch two concepts or more, better fifty."
            )

    @property
    def concepts(self) -> dict[str, str]:
        """What each prompt shows."""
        names = self.registration.concepts or self.registration.prompts
        return dict(zip(self.registration.prompts, names, strict=True))


def unsure_of(watch: Watch, config: StopConfig) -> str:
    """That too few pictures are watched to tell faithfulness, for people; "" if there are enough.

    Too few are those of which a share of one half has a 95 % interval of more than MOST_MARGINS
    times the margin to either side: with a margin of .02, fewer than 97.
    """
    count = len(watch.registration.pairs)
    half_width = 1.96 * math.sqrt(0.25 / count)
    if half_width <= MOST_MARGINS * config.faithfulness_margin:
        return ""
    return (
        f"{count} watched pictures tell faithfulness to about {100 * half_width:.0f} points, and "
        f"the margin is {100 * config.faithfulness_margin:g}: watch more prompts, or widen it with "
        "--margin in another folder."
    )


def draw_watched(generator: Generator, watch: Watch) -> Arm:
    """The pictures of all watched prompts and seeds."""
    registered = watch.registration
    prompts, seeds = zip(*registered.pairs, strict=True)
    config = SampleConfig(registered.steps, registered.guidance)
    return draw_pictures(generator, prompts, seeds, config)


def measure(arm: Arm, step: int, watch: Watch, memory: Memory) -> Measures:
    """What is measured of the pictures of a checkpoint."""
    features = watch.judge.look(arm.pictures)
    concepts = watch.concepts
    choices = Choices(tuple(concepts.values()), watch.registration.thresholds.candidates)
    hits = retrieved(watch.matcher, arm.pictures, [concepts[each] for each in arm.prompts], choices)
    return Measures(
        step=step,
        look=float(watch.judge.head.score(features).mean()),
        faithful=float(hits.mean()),
        diversity=diversity(features, arm.prompts),
        memorised=memorised_share(arm.pictures, memory),
    )
