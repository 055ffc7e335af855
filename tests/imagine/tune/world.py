"""A tiny tuning: a generator with random weights, discs to tune on, and what watches it."""

from pathlib import Path

import numpy as np

from stereopsis.imagine.captioned import Captioned
from stereopsis.imagine.judge.backbone import BackboneConfig
from stereopsis.imagine.judge.matcher import Matcher, MatcherConfig, fit_matcher
from stereopsis.imagine.judge.pictures import stacked
from stereopsis.imagine.judge.registration import Registration
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.tune import StopConfig, TuneConfig, Tuning, Watch, Work, tune
from stereopsis.imagine.tune.run import SILENT, Telling
from tests.imagine.judge.worlds import discs, file_hashes, selection_judge

COLORS = ("red", "green", "blue")
LOOSE = StopConfig(1.0, 1.0, 0.0, patience=50)
SHORT = TuneConfig(
    steps=6, batch=4, rate=1e-3, warmup=1, every=2, precision="fp32", stop=LOOSE
)  # fmt: skip


def captioned(side: int, count: int = 24) -> Captioned:
    pictures = stacked(list(discs(range(3000, 3000 + count), True)), side)
    captions = tuple(f"a {COLORS[i % 3]} apple" for i in range(count))
    return Captioned(pictures, captions, hashes=file_hashes(pictures))


def matcher() -> Matcher:
    found = captioned(48)
    config = MatcherConfig(BackboneConfig("grid", 48), "words")
    return fit_matcher(found.pictures, found.captions, config)


def watch(prompts: tuple[str, ...] = ("a red apple", "a green pear", "a blue apple")) -> Watch:
    registered = Registration("Discs", prompts, (1, 2), steps=2)
    return Watch(registered, selection_judge(), matcher())


def run(
    generator: Generator, folder: Path, config: TuneConfig = SHORT, telling: Telling = SILENT
) -> Tuning | None:
    return tune(generator, captioned(generator.side), watch(), config, Work(folder), telling)


def differs(one: Generator, other: Generator) -> bool:
    pairs = zip(one.network.parameters(), other.network.parameters(), strict=True)
    return any(not np.allclose(a.detach(), b.detach(), atol=1e-6) for a, b in pairs)
