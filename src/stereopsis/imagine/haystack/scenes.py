"""Track B: photographs that are drawn here, so that the quality of each is known.

The pool has few needles, none of them of a concept that is held out or kept for selecting. Spoiled
pictures and near copies are among the hay.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from stereopsis.errors import OptionError
from stereopsis.imagine.haystack.annotators import GENERALIST, SPECIALIST, likes, share_of_keeps
from stereopsis.imagine.haystack.captions import noisy_caption
from stereopsis.imagine.haystack.develop import photograph
from stereopsis.imagine.haystack.faults import Fault, written_over
from stereopsis.imagine.haystack.fields import Fields
from stereopsis.imagine.haystack.marks import forbidden, near_copy, watermarked
from stereopsis.imagine.haystack.places import COLORS
from stereopsis.imagine.haystack.scene import Scene, draw_scene
from stereopsis.imagine.haystack.shards import to_png
from stereopsis.imagine.haystack.shot import NEEDLE_Q, heads, quality
from stereopsis.imagine.haystack.solids import SOLIDS
from stereopsis.imagine.haystack.splits import SHARES, Split

COPY = "duplicate"
FAULTS = (
    Fault("text", written_over),
    Fault("watermark", watermarked),
    Fault("offensive", forbidden),
    Fault(COPY, near_copy),
)
PEOPLE = 3  # simulated annotators of each kind
MOST_TRIES = 100_000

Wish = Literal["needle", "hay"]
Pairs = list[tuple[int, int]]  # a subject and a colour, by their numbers


@dataclass(frozen=True)
class SceneConfig:
    """How many pictures; which share of the pool has each of FAULTS, and which a noisy caption.

    The first `labelled` rows are a part of their own: a copy and its original lie in the same part.
    """

    count: int = 50_000
    picked: int = 1000
    side: int = 64
    seed: int = 0
    fault_share: float = 0.03
    noisy_share: float = 0.10
    labelled: int = 3000

    def __post_init__(self) -> None:
        if self.count < 1 or self.picked < 4 or self.side < 16:
            raise OptionError(
                f"{self.count} pictures and {self.picked} picked, of {self.side} px, are too few "
                "or too small.",
                "Ask for 1 or more, 4 or more, of 16 px or more.",
            )


@dataclass(frozen=True)
class SceneRow:
    """A row: `wanted` is a picture of quality NEEDLE_Q or more without a fault.

    `factors` holds the shot and its heads as JSON. `popularity` are simulated likes;
    `generalists` and `specialists` are the shares of simulated annotators who keep the picture.
    """

    image: bytes
    caption: str
    concept: str
    subject: str
    color: str
    place: str
    light: str
    split: str
    q: float
    wanted: bool
    fault: str
    factors: str
    popularity: int
    generalists: float
    specialists: float
    clean_caption: str
    noisy_caption: str


@dataclass(frozen=True)
class Plan:
    """A row to be made: what it shows, and what is wrong with the picture or its caption."""

    scene: Scene
    split: Split
    fault: Fault | None = None
    is_noisy: bool = False


def split_pairs(seed: int) -> dict[Split, Pairs]:
    """The concepts of each split: of two subjects' twenty, 12 to tune, 3 to select, 5 held out."""
    random = np.random.default_rng([seed, 4])
    splits = np.repeat(list(SHARES), [round(20 * share) for share in SHARES.values()])
    dealt: dict[Split, Pairs] = {split: [] for split in SHARES}
    for first in range(0, len(SOLIDS), 2):
        own = range(first, min(first + 2, len(SOLIDS)))
        hand = [(solid, color) for solid in own for color in range(len(COLORS))]
        for pair, split in zip(hand, random.permutation(splits), strict=False):
            dealt[split].append(pair)
    return dealt


def pool(config: SceneConfig, fields: Fields) -> Iterator[SceneRow]:
    """The rows of the haystack."""
    dealt = split_pairs(config.seed)
    for number in range(config.count):
        random = _random_of(number, config)
        fault, is_noisy = _draw_flaw(number, config, random)
        is_copy = fault is not None and fault.name == COPY
        source = _draw_original(number, config, random) if is_copy else number
        split, scene = _pooled(source, dealt, config)
        yield _row(Plan(scene, split, fault, is_noisy), fields, config.side, random)


def clean(
    config: SceneConfig, fields: Fields, split: Split, wish: Wish, count: int
) -> Iterator[SceneRow]:
    """So many clean needles, or so much clean hay, of concepts of that split."""
    pairs = split_pairs(config.seed)[split]
    kind = (list(SHARES).index(split), wish == "needle")
    for number in range(count):
        random = np.random.default_rng([config.seed, 7, *kind, number])
        for _ in range(MOST_TRIES):
            scene = draw_scene(random, pairs)
            if (quality(scene.shot) >= NEEDLE_Q) == (wish == "needle"):
                break
        yield _row(Plan(scene, split), fields, config.side, random)


def _pooled(number: int, dealt: dict[Split, Pairs], config: SceneConfig) -> tuple[Split, Scene]:
    """The scene of that number; no needle whose concept is not to tune on."""
    random = np.random.default_rng([config.seed, 6, number])
    everything = [pair for pairs in dealt.values() for pair in pairs]
    while True:
        scene = draw_scene(random, everything)
        pair = (scene.solid, scene.color)
        split = next(name for name, pairs in dealt.items() if pair in pairs)
        if split == "tune" or quality(scene.shot) < NEEDLE_Q:
            return split, scene


def _random_of(number: int, config: SceneConfig) -> np.random.Generator:
    return np.random.default_rng([config.seed, 5, number])


def _first_of_part(number: int, config: SceneConfig) -> int:
    return 0 if number < config.labelled else config.labelled


def _draw_flaw(
    number: int, config: SceneConfig, random: np.random.Generator
) -> tuple[Fault | None, bool]:
    """What is wrong with the picture, and whether its caption is noisy; neither in a part's first.

    `random` must be as _random_of gives it, so that later rows can ask again.
    """
    if number == _first_of_part(number, config):
        return None, False
    place = int(random.random() / max(config.fault_share, 1e-9))
    if place < len(FAULTS):
        return FAULTS[place], False
    return None, bool(random.random() < config.noisy_share)


def _draw_original(number: int, config: SceneConfig, random: np.random.Generator) -> int:
    """An earlier row of the same part that nothing is wrong with."""
    while True:
        found = int(random.integers(_first_of_part(number, config), number))
        if _draw_flaw(found, config, _random_of(found, config)) == (None, False):
            return found


def _row(plan: Plan, fields: Fields, side: int, random: np.random.Generator) -> SceneRow:
    scene, fault = plan.scene, plan.fault
    picture = photograph(scene, fields, side)
    if fault is not None:
        picture = fault.spoil(picture, random)
    right, wrong = _captions(scene, random)
    named = "caption" if plan.is_noisy else fault.name if fault else ""
    q = quality(scene.shot)
    is_marred = fault is not None and fault.name != COPY
    told = {**asdict(scene.shot), **heads(scene.shot)}
    return SceneRow(
        image=to_png(picture),
        caption=wrong if plan.is_noisy else right,
        concept=scene.concept,
        subject=scene.subject,
        color=COLORS[scene.color][0],
        place=scene.place.name,
        light=scene.light.name,
        split=plan.split,
        q=q,
        wanted=q >= NEEDLE_Q and not named,
        fault=named,
        factors=json.dumps({name: float(f"{value:.4g}") for name, value in told.items()}),
        popularity=likes(q, random),
        generalists=share_of_keeps(GENERALIST, q, is_marred, PEOPLE, random),
        specialists=share_of_keeps(SPECIALIST, q, is_marred, PEOPLE, random),
        clean_caption=right,
        noisy_caption=wrong,
    )


def _captions(scene: Scene, random: np.random.Generator) -> tuple[str, str]:
    """A right caption, with or without place and light, and a noisy one."""
    article = "an" if scene.concept[0] in "aeiou" else "a"
    subject, place, light = f"{article} {scene.concept}", scene.place.words, scene.light.words
    forms = (f"{subject} {place} {light}", f"{subject} {place}", f"{subject} {light}",
             f"{scene.concept}, {place}, {light}")  # fmt: skip
    right = forms[int(random.choice(len(forms), p=[0.5, 0.2, 0.1, 0.2]))]
    others = [f"{color} {solid.name}" for color, _ in COLORS for solid in SOLIDS]
    return right, noisy_caption(right, (place, light), others, random)
