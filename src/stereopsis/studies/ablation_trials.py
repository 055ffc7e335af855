"""Trials: the recipe of the mono network with one choice changed, to learn what the choice does."""

from dataclasses import dataclass, replace
from typing import Literal

from stereopsis.train.loop import LoopConfig
from stereopsis.train.mono import MonoRecipe, Size

STEPS = 150
SMALL: tuple[Size, ...] = ((128, 192), (160, 160), (192, 128), (128, 160))
LARGE: tuple[Size, ...] = ((192, 256), (192, 256), (256, 192), (224, 224))
SHORT_RECIPE = MonoRecipe(
    loop=LoopConfig(steps=STEPS, warmup=30, record_every=25, save_every=50),
    sizes=SMALL,
    late_sizes=((160, 224), (224, 160), (192, 192)),
)

Labels = Literal["teacher", "relabelled"]


@dataclass(frozen=True)
class Trial:
    """A short training run: which `choice` is made how (`name`), and by which recipe and labels."""

    choice: str
    name: str
    recipe: MonoRecipe
    labels: Labels = "relabelled"


def list_trials(short: MonoRecipe = SHORT_RECIPE) -> list[Trial]:
    """The baseline with two seeds, and every other trial; first those that matter most."""
    plain = replace(short.loop, average=0.0)
    return [
        Trial("baseline", "seed 0", short),
        Trial("baseline", "seed 1", replace(short, seed=1)),
        Trial("labels", "teacher's", short, "teacher"),
        Trial("mix", "rendered only", replace(short, exact_share=1.0)),
        Trial("mix", "photos only", replace(short, exact_share=0.0)),
        Trial("loss", "no gradient term", replace(short, gradient_weight=0.0)),
        Trial("loss", "no ordinal term", replace(short, ordinal_weight=0.0)),
        Trial("loss", "no trimming", replace(short, kept=1.0)),
        Trial("weights", "last, not averaged", replace(short, loop=plain)),
        Trial("pictures", "crops only", replace(short, photographed=False)),
        Trial("sizes", "192 x 128 throughout", replace(short, late_share=0.0)),
        Trial("sizes", "256 x 192 throughout", replace(short, sizes=LARGE, late_share=0.0)),
    ]
