"""Track C: amateur photos of fruit and vegetables; the needles are a studio shot of each kind."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stereopsis.errors import DataError, OptionError
from stereopsis.imagine.haystack.shards import to_png
from stereopsis.imagine.haystack.splits import Split, deal_out
from stereopsis.imagine.square import square
from stereopsis.scene.picture_file import decoding, open_picture

GROUPS = ("Fruit", "Vegetables")  # packages carry brands, and stay out
SHARES: dict[Split, float] = {"tune": 0.70, "held-out": 0.30}  # 35 and 15 of 50 kinds


@dataclass(frozen=True)
class GroceryConfig:
    """`needle_share` of the studio shots that are tuned on go into the pool as well."""

    side: int = 64
    seed: int = 0
    needle_share: float = 0.20

    def __post_init__(self) -> None:
        if self.side < 16:
            raise OptionError(f"Pictures of {self.side} px show nothing.", "Use 16 px or more.")


@dataclass(frozen=True)
class GroceryRow:
    """A row: `wanted` is a studio shot; `description` is what the shop says of the product.

    The kinds of one `family` (of apple, say) are in the same split.
    """

    image: bytes
    caption: str
    concept: str
    family: str
    group: str
    style: str
    split: str
    wanted: bool
    fault: str
    clean_caption: str
    description: str
    in_pool: bool


@dataclass(frozen=True)
class Grocery:
    """A picture file of a kind; `style` is natural or iconic."""

    path: Path
    concept: str
    family: str
    group: str
    style: str
    split: Split
    in_pool: bool


def list_groceries(folder: Path, config: GroceryConfig) -> list[Grocery]:
    """All pictures of the Grocery Store Dataset in the folder, with their splits.

    Raises:
        DataError: there are no photos, or no studio shots.
    """
    natural, iconic = (_below(folder, style) for style in ("natural", "iconic"))
    if not natural or not iconic:
        raise DataError(
            f"{folder} lacks {'iconic' if natural else 'natural'} pictures of "
            f"{' or '.join(GROUPS)}.",
            "Name the folder of the Grocery Store Dataset that holds natural and iconic.",
        )
    kind_of = {path: _kind(path.relative_to(folder)) for path in (*natural, *iconic)}
    kinds = sorted(set(kind_of.values()))
    dealt = deal_out([family for _, family, _ in kinds], SHARES, config.seed)
    splits = dict(zip(kinds, dealt, strict=True))
    tuned = [path for path in iconic if splits[kind_of[path]] == "tune"]
    count = round(config.needle_share * len(tuned))
    places = np.random.default_rng([config.seed, 1]).choice(len(tuned), count, replace=False)
    pooled = {tuned[place] for place in places} | set(natural)
    return [
        Grocery(path, *kind_of[path], style, splits[kind_of[path]], path in pooled)
        for style, paths in (("natural", natural), ("iconic", iconic)) for path in paths
    ]  # fmt: skip


def pool(groceries: Sequence[Grocery], config: GroceryConfig) -> Iterator[GroceryRow]:
    """The rows of the haystack in random order."""
    pooled = [each for each in groceries if each.in_pool]
    for place in np.random.default_rng([config.seed, 2]).permutation(len(pooled)):
        yield _row(pooled[place], config.side)


def picked(groceries: Sequence[Grocery], config: GroceryConfig) -> Iterator[GroceryRow]:
    """The studio shots to tune on."""
    for each in groceries:
        if each.style == "iconic" and each.split == "tune":
            yield _row(each, config.side)


def reference(groceries: Sequence[Grocery], config: GroceryConfig) -> Iterator[GroceryRow]:
    """All pictures of the kinds held out; the pool holds their photos, not their studio shots."""
    for each in groceries:
        if each.split == "held-out":
            yield _row(each, config.side)


def _below(folder: Path, style: str) -> list[Path]:
    """The pictures of a style; the folder may itself lie below one that is named as a group."""
    parts = {path: path.relative_to(folder).parts for path in (folder / style).rglob("*.jpg")}
    return sorted((path for path in parts if set(parts[path]) & set(GROUPS)), key=parts.__getitem__)


def _kind(path: Path) -> tuple[str, str, str]:
    """Concept, family and group by the folders of the data set: group/family/(kind/)picture."""
    parts = path.parts[:-1]
    start = max(parts.index(group) for group in GROUPS if group in parts)
    group, *names = (re.sub(r"[-_]", " ", part).lower() for part in parts[start:])
    family, kind = names[0], names[-1]
    singular = family.removesuffix("s") if family == "carrots" else family
    return (kind if singular in kind else f"{kind} {family}"), family, group


def _row(grocery: Grocery, side: int) -> GroceryRow:
    with decoding(grocery.path.name):
        image = open_picture(grocery.path.read_bytes(), grocery.path.name).convert("RGB")
        picture = square(np.asarray(image), side)
    texts = sorted(grocery.path.parent.glob("*_Description.txt"))
    return GroceryRow(
        image=to_png(picture),
        caption=grocery.concept,
        concept=grocery.concept,
        family=grocery.family,
        group=grocery.group,
        style=grocery.style,
        split=grocery.split,
        wanted=grocery.style == "iconic",
        fault="",
        clean_caption=grocery.concept,
        description=texts[0].read_text(encoding="utf-8").strip() if texts else "",
        in_pool=grocery.in_pool,
    )
