"""Draws the pictures of registered prompts and seeds with a generator."""

from collections.abc import Callable

import numpy as np

from stereopsis.imagine.judge.arm import Arm
from stereopsis.imagine.judge.registration import Registration
from stereopsis.imagine.models.generator import Generator, SampleConfig

AT_ONCE = 16

Progress = Callable[[int, int], None]  # pictures done, of how many


def draw_arm(
    generator: Generator,
    registration: Registration,
    progress: Progress = lambda done, total: None,
) -> Arm:
    """Every registered prompt with every seed."""
    prompts, seeds = zip(*registration.pairs, strict=True)
    config = SampleConfig(registration.steps, registration.guidance)
    return draw_pictures(generator, prompts, seeds, config, progress)


def draw_pictures(
    generator: Generator,
    prompts: tuple[str, ...],
    seeds: tuple[int, ...],
    config: SampleConfig,
    progress: Progress = lambda done, total: None,
) -> Arm:
    """A picture for each prompt with its seed."""
    found = []
    for first in range(0, len(prompts), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        found.append(generator.sample(prompts[some], seeds[some], config).cpu().numpy())
        progress(min(first + AT_ONCE, len(prompts)), len(prompts))
    return Arm(np.concatenate(found), prompts, seeds)
