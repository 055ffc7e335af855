"""Track A: emoji of many styles and clip art, with the renders of one designer rare among them.

The needles are Fluent 3D pictures. Of a concept held out, or kept for selecting, no Fluent 3D
picture is in the pool or among the picked; the other styles of all concepts are in the pool.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stereopsis.errors import OptionError
from stereopsis.imagine.haystack.captions import clean_caption, noisy_caption
from stereopsis.imagine.haystack.clipart import Clip
from stereopsis.imagine.haystack.concepts import Concept
from stereopsis.imagine.haystack.faults import FAULTS, Fault
from stereopsis.imagine.haystack.frame import framed, read_drawing
from stereopsis.imagine.haystack.shards import to_png
from stereopsis.imagine.haystack.splits import Split
from stereopsis.imagine.haystack.styles import HAY, NEEDLE, find_pictures


@dataclass(frozen=True)
class PictogramConfig:
    """How the haystack is mixed.

    `needle_share` of the needles of all concepts, all from the tuning part, go into the pool;
    `noisy_share` of its captions are noisy; spoiled copies come on top, `spoiled_share` of the
    hay and `spoiled_needle_share` of the needles.
    """

    side: int = 64
    seed: int = 0
    needle_share: float = 0.20
    noisy_share: float = 0.20
    spoiled_share: float = 0.15
    spoiled_needle_share: float = 1.0

    def __post_init__(self) -> None:
        if self.side < 16:
            raise OptionError(f"Pictures of {self.side} px show nothing.", "Use 16 px or more.")


@dataclass(frozen=True)
class PictogramRow:
    """A row: `wanted` is a needle without a fault; `fault` says what was done to it, or nothing.

    `split` is empty for clip art, which has no concept in common with the emoji. `in_pool` says
    of a picked picture that the pool holds it too.
    """

    image: bytes
    caption: str
    concept: str
    group: str
    style: str
    split: str
    wanted: bool
    fault: str
    clean_caption: str
    noisy_caption: str
    in_pool: bool


@dataclass(frozen=True)
class Drawing:
    """A file to be drawn, and all that is known of it."""

    path: Path
    label: str
    tags: tuple[str, ...]
    group: str
    style: str
    split: str
    in_pool: bool
    number: int  # from which its randomness starts

    @property
    def is_needle(self) -> bool:
        """Whether it is in the style that is looked for."""
        return self.style == NEEDLE.name


def list_drawings(
    folder: Path, concepts: Sequence[Concept], clips: Sequence[Clip], config: PictogramConfig
) -> list[Drawing]:
    """All drawings: those in the folder of packages of concepts that every style has, and clips.

    Only the style that goes by labels may lack some.

    Raises:
        DataError: a package lacks its pictures.
    """
    found = {style.name: find_pictures(style, folder, concepts) for style in (NEEDLE, *HAY)}
    needed = [found[style.name] for style in (NEEDLE, *HAY) if not style.by_label]
    shared = [each for each in concepts if all(each.code in paths for paths in needed)]
    pooled = _pooled_needles(shared, config)
    drawings = [
        Drawing(
            paths[each.code], each.label, each.tags, each.group, style, each.split,
            style != NEEDLE.name or each.code in pooled, 0,
        )
        for style, paths in found.items() for each in shared if each.code in paths
    ]  # fmt: skip
    drawings += [Drawing(c.path, c.title, c.tags, c.group, "clipart", "", True, 0) for c in clips]
    return [replace(each, number=number) for number, each in enumerate(drawings)]


def pool(drawings: Sequence[Drawing], config: PictogramConfig) -> Iterator[PictogramRow]:
    """The rows of the haystack in random order: clean, wrongly captioned and spoiled."""
    random = np.random.default_rng([config.seed, 1])
    pooled = [each for each in drawings if each.in_pool]
    plans: list[tuple[Drawing, Fault | None, bool]] = []
    for each in pooled:
        plans.append((each, None, bool(random.random() < config.noisy_share)))
        share = config.spoiled_needle_share if each.is_needle else config.spoiled_share
        if random.random() < share:
            plans.append((each, FAULTS[int(random.integers(len(FAULTS)))], False))
    others = [each.label for each in pooled]
    for place in random.permutation(len(plans)).tolist():
        drawing, fault, is_noisy = plans[place]
        row = _row(drawing, fault, is_noisy, others, config)
        if row is not None:
            yield row


def clean(
    drawings: Sequence[Drawing], split: Split, needles_only: bool, config: PictogramConfig
) -> Iterator[PictogramRow]:
    """The rows of a split, clean, in the order of the drawings; or only its needles."""
    others = [each.label for each in drawings if each.split == split]
    for each in drawings:
        if each.split == split and (each.is_needle or not needles_only):
            row = _row(each, None, False, others, config)
            if row is not None:
                yield row


def _pooled_needles(concepts: Sequence[Concept], config: PictogramConfig) -> set[str]:
    """The codes of the concepts whose needles go into the pool."""
    tuned = [each.code for each in concepts if each.split == "tune"]
    count = min(len(tuned), round(config.needle_share * len(concepts)))
    random = np.random.default_rng([config.seed, 2])
    return set(random.choice(tuned, count, replace=False).tolist()) if count else set()


def _row(
    drawing: Drawing,
    fault: Fault | None,
    is_noisy: bool,
    others: Sequence[str],
    config: PictogramConfig,
) -> PictogramRow | None:
    """The row; None if the file cannot be drawn."""
    rgba = read_drawing(drawing.path)
    picture = None if rgba is None else framed(rgba, config.side)
    if picture is None:
        return None
    random = np.random.default_rng([config.seed, 3, drawing.number])
    right = clean_caption(drawing.label, drawing.tags, random)
    wrong = noisy_caption(drawing.label, drawing.tags, others, random)
    if fault is not None:
        picture = fault.spoil(picture, random)
    named = "caption" if is_noisy else fault.name if fault else ""
    return PictogramRow(
        image=to_png(picture),
        caption=wrong if is_noisy else right,
        concept=drawing.label,
        group=drawing.group,
        style=drawing.style,
        split=drawing.split,
        wanted=drawing.is_needle and not named,
        fault=named,
        clean_caption=right,
        noisy_caption=wrong,
        in_pool=drawing.in_pool,
    )
