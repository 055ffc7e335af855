"""Small pictures of two looks: needles are shaded discs, hay flat ones; and arms made of them."""

import io
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from stereopsis.imagine.curate.row import Row
from stereopsis.imagine.judge.area import Area
from stereopsis.imagine.judge.arm import Arm, write_list, write_pictures
from stereopsis.imagine.judge.backbone import BackboneConfig
from stereopsis.imagine.judge.fit import JudgeConfig, TrainingSet, fit_judge
from stereopsis.imagine.judge.judge import Judge, JudgeFacts, ReportingJudge, SelectionJudge
from stereopsis.imagine.judge.labelled import Labelled
from stereopsis.imagine.judge.registration import Registration
from stereopsis.scene.arrays import ColorImage
from tests.imagine.curate.haystack import write_parquet

SIDE = 48
GRID = BackboneConfig("grid", SIDE)
FACTS = JudgeFacts("discs", 0, 0, 0, 0.0, "0000000")


def disc(seed: int, shaded: bool) -> ColorImage:
    """A disc on white, of the seed's colour, place and size; the shaded one is lit from above."""
    random = np.random.default_rng(seed)
    color = random.integers(40, 220, 3)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    middle, radius = random.uniform(-0.2, 0.2, 2), random.uniform(0.4, 0.7)
    off = np.hypot(y - middle[0], x - middle[1]) / radius
    light = np.clip(1.3 - 0.9 * (y - middle[0] + radius) / radius, 0.1, 1.6) if shaded else 1.0
    inside = (off < 1)[..., None]
    drawn = np.where(inside, color * np.asarray(light)[..., None] if shaded else color, 255)
    return np.asarray(np.clip(drawn, 0, 255), np.uint8)


def discs(seeds: Iterable[int], shaded: bool) -> np.ndarray:
    return np.stack([disc(seed, shaded) for seed in seeds])


def file_hashes(pictures: np.ndarray) -> tuple[str, ...]:
    """As of the files that write_shard() makes of them."""
    return tuple(Row(0, png(picture), "").digest for picture in pictures)


def labelled(seeds: range) -> Labelled:
    """A needle and a flat disc of each seed, which is their concept."""
    both = np.concatenate([discs(seeds, True), discs(seeds, False)])
    names = tuple(f"disc {seed}" for seed in seeds) * 2
    wanted = np.arange(len(both)) < len(seeds)
    return Labelled(both, names, names, wanted, file_hashes(both))


@lru_cache(maxsize=1)
def selection_judge() -> SelectionJudge:
    return fit_judge(
        SelectionJudge, TrainingSet(labelled(range(100))), JudgeConfig(GRID, copies=3), FACTS
    )


@lru_cache(maxsize=1)
def reporting_judge() -> ReportingJudge:
    config = JudgeConfig(GRID, copies=3)
    return fit_judge(ReportingJudge, TrainingSet(labelled(range(1000, 1100))), config, FACTS)


def with_area(judge: Judge, area: float) -> Area:
    return Area(area, area - 0.01, area + 0.01, judge.area.needles, judge.area.hay)


def registered(prompts: int = 12, seeds: int = 2) -> Registration:
    names = tuple(f"disc {number}" for number in range(prompts))
    return Registration("Discs", names, tuple(range(seeds)))


def arm_of(registration: Registration, shaded: bool, shift: int = 0) -> Arm:
    """A disc for each prompt and seed."""
    pairs = registration.pairs
    pictures = discs((5000 + 97 * i + shift for i in range(len(pairs))), shaded)
    prompts, seeds = zip(*pairs, strict=True)
    return Arm(pictures, prompts, seeds)


def write_arm(arm: Arm, registration: Registration, folder: Path) -> None:
    """Leaves the arm's pictures and their list as a model would that had drawn them."""
    write_pictures(folder, dict(enumerate(arm.pictures)))
    write_list(folder, registration, "0" * 16)


def png(picture: ColorImage) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def write_shard(path: Path, given: Labelled) -> Path:
    cells = [
        {
            "image": png(picture),
            "caption": given.captions[i],
            "concept": given.concepts[i],
            "wanted": bool(given.wanted[i]),
        }
        for i, picture in enumerate(given.pictures)
    ]
    return write_parquet(path, cells)
