"""Draws the pictures of registered prompts and seeds with a generator."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from stereopsis.errors import OptionError
from stereopsis.imagine.judge.arm import LIST, Arm, file_of, write_list, write_pictures
from stereopsis.imagine.judge.registration import Registration
from stereopsis.imagine.models.generator import Generator, SampleConfig
from stereopsis.imagine.signed import SETTINGS, sign

AT_ONCE = 16

Progress = Callable[[int, int], None]  # pictures done, of how many


def draw_arm(generator: Generator, registration: Registration) -> Arm:
    """Every registered prompt with every seed."""
    prompts, seeds = zip(*registration.pairs, strict=True)
    config = SampleConfig(registration.steps, registration.guidance)
    return draw_pictures(generator, prompts, seeds, config)


def draw_folder(
    generator: Generator,
    registration: Registration,
    folder: Path,
    progress: Progress = lambda done, total: None,
) -> None:
    """Leaves every registered prompt with every seed in a folder of this model and registration.

    Pictures are written as they are drawn, their list last. Those that are there stay.

    Raises:
        OptionError: it holds pictures of another model or registration, or of one not known.
        DataError: its settings are damaged.
        OutputError: it cannot be written.
    """
    pairs, model = registration.pairs, generator.digest
    config = SampleConfig(registration.steps, registration.guidance)
    missing = [place for place in range(len(pairs)) if not (folder / file_of(place)).is_file()]
    kept = len(pairs) - len(missing)
    if not (folder / SETTINGS).exists() and (kept or (folder / LIST).exists()):
        raise OptionError(
            f"{folder} holds pictures, but not the name of the model that drew them.",
            "Name another folder with -o, or remove that one.",
        )
    settings = {"config": asdict(config), "generator": model, "registration": registration.digest}
    sign(folder, settings, "set of pictures")
    for first in range(0, len(missing), AT_ONCE):
        some = missing[first : first + AT_ONCE]
        prompts, seeds = zip(*(pairs[place] for place in some), strict=True)
        drawn = generator.sample(prompts, seeds, config).cpu().numpy()
        write_pictures(folder, dict(zip(some, drawn, strict=True)))
        progress(kept + first + len(some), len(pairs))
    write_list(folder, registration, model)


def draw_pictures(
    generator: Generator,
    prompts: tuple[str, ...],
    seeds: tuple[int, ...],
    config: SampleConfig,
) -> Arm:
    """A picture for each prompt with its seed."""
    found = []
    for first in range(0, len(prompts), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        found.append(generator.sample(prompts[some], seeds[some], config).cpu().numpy())
    return Arm(np.concatenate(found), prompts, seeds)
