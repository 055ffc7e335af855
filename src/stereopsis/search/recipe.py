"""Recipe: how a network is trained, as far as a search may choose it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from stereopsis.errors import OptionError
from stereopsis.scene.input_file import read_input
from stereopsis.search.finish import RetrainConfig
from stereopsis.search.space import Choice, Option
from stereopsis.train.loop import LoopConfig


@dataclass(frozen=True)
class Recipe:
    """Our setting. `averaged` and `warmup` are shares of the steps.

    The weights are averaged over about the last `averaged` of them; the learning rate rises in the
    first `warmup`, then falls along half a cosine.
    """

    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    averaged: float = 1 / 15
    warmup: float = 1 / 30

    def __post_init__(self) -> None:
        positive = 0 < self.learning_rate <= 1 and 0 <= self.weight_decay <= 1
        if not (positive and 0 < self.averaged <= 1 and 0 <= self.warmup < 1):
            values = ", ".join(f"{name} {value:g}" for name, value in asdict(self).items())
            raise OptionError(
                f"Nothing can be trained by {values}.",
                "Give learning_rate and averaged above 0, weight_decay and warmup from 0; up to 1.",
            )

    def config(self, steps: int, seed: int, device: str) -> RetrainConfig:
        """The setting of a training of this many steps."""
        loop = LoopConfig(
            steps=steps,
            warmup=max(1, round(self.warmup * steps)),
            average=max(0.0, 1 - 1 / (self.averaged * steps)),
        )
        return RetrainConfig(loop, self.learning_rate, self.weight_decay, seed, device)


RECIPES = (  # what a joint search chooses from
    Choice("learning_rate", (5e-4, 1e-3, 2e-3, 4e-3, 8e-3)),
    Choice("weight_decay", (1e-4, 1e-3, 1e-2, 5e-2)),
    Choice("averaged", (0.01, 1 / 15, 0.2)),
    Choice("warmup", (0.01, 1 / 30, 0.1)),
)


def to_recipe(options: Mapping[str, Option]) -> Recipe:
    """The recipe that takes these options; those of other names are passed over."""
    names = {field.name for field in fields(Recipe)}
    return Recipe(**{n: float(value or 0) for n, value in options.items() if n in names})


def format_recipe(recipe: Recipe) -> str:
    """The recipe as JSON."""
    return json.dumps(asdict(recipe), indent=1) + "\n"


def read_recipe(path: Path) -> Recipe:
    """The recipe in a JSON file; what it leaves out is as in ours.

    Raises:
        OptionError: the file cannot be read, or holds something else.
    """
    try:
        values = json.loads(_text(path))
        if not all(type(value) in (int, float) for value in values.values()):
            raise TypeError("not numbers")
        return Recipe(**{name: float(value) for name, value in values.items()})
    except (ValueError, TypeError, AttributeError) as error:
        names = ", ".join(field.name for field in fields(Recipe))
        raise OptionError(f"{path} holds no recipe.", f"Give JSON with {names}.") from error


def _text(path: Path) -> bytes:
    return read_input(path, OptionError)
