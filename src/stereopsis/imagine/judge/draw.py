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
    seeds_from: int = 0,
) -> Arm:
    """Every registered prompt with every seed; `seeds_from` is added to each, for a second run."""
    prompts, seeds = zip(*registration.pairs, strict=True)
    used = tuple(seed + seeds_from for seed in seeds)
    config = SampleConfig(registration.steps, registration.guidance)
    return draw_pictures(generator, prompts, used, config, progress)


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
