"""Balance: no more than so many pictures of each concept."""

import heapq
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from stereopsis.imagine.curate.filters import check

Source = Literal["caption", "picture", "column"]
Preference = Literal["chance", "aesthetic", "popularity", "pairing", "clip"]

OTHER = "other"

# What people call the things that a haystack should hold, the first match in this order counts.
WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("portrait", ("portrait", "man", "woman", "men", "women", "boy", "girl", "child", "children",
                  "person", "people", "face", "bride", "model", "selfie", "baby", "lady")),
    ("food", ("food", "dish", "meal", "cake", "bread", "fruit", "fruits", "vegetable", "soup",
              "pizza", "salad", "breakfast", "lunch", "dinner", "dessert", "coffee", "drink",
              "apple", "banana", "cheese", "rice", "milk", "juice", "tomato", "potato")),
    ("animal", ("animal", "animals", "dog", "cat", "bird", "horse", "fish", "insect", "cow",
                "sheep", "lion", "tiger", "bear", "elephant", "butterfly", "puppy", "kitten",
                "dogs", "cats", "birds", "horses", "wildlife")),
    ("vehicle", ("car", "cars", "truck", "bus", "train", "motorcycle", "bike", "bicycle", "ship",
                 "boat", "airplane", "plane", "vehicle", "van")),
    ("landscape", ("landscape", "mountain", "mountains", "beach", "sea", "ocean", "lake", "river",
                   "forest", "sunset", "sunrise", "sky", "desert", "valley", "field", "waterfall",
                   "island", "coast", "hill", "hills", "snow")),
    ("city", ("city", "street", "building", "buildings", "house", "tower", "bridge", "church",
              "skyline", "architecture", "castle", "road")),
    ("plant", ("flower", "flowers", "plant", "tree", "trees", "garden", "rose", "leaf", "leaves")),
    ("interior", ("room", "interior", "kitchen", "bedroom", "sofa", "furniture", "table")),
)  # fmt: skip
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class BalanceFilter:
    """Keeps at most `quota` pictures of each concept, the best by what it prefers.

    The concept comes from the caption's words, from what the eye sees in the picture, or from a
    column. `words` names concepts with their words. `seed` makes chance another one.
    """

    quota: int
    source: Source = "caption"
    prefer: Preference = "chance"
    words: tuple[tuple[str, tuple[str, ...]], ...] = WORDS
    seed: int = 0

    def __post_init__(self) -> None:
        check(self.quota >= 1, f"quota of balance is {self.quota}", "1 or more")

    def rule(self) -> str:
        """What is kept."""
        by = "drawn by chance" if self.prefer == "chance" else f"the best by {self.prefer}"
        return f"{self.quota} or fewer of each concept, {by}"


def concept_in(caption: str, words: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """The first concept that has a word of the caption; OTHER where none has."""
    told = set(_WORD.findall(caption.lower()))
    return next((concept for concept, own in words if told.intersection(own)), OTHER)


class Quotas:
    """The best of each concept so far; memory is quota times concepts."""

    def __init__(self, quota: int) -> None:
        self._quota = quota
        self._heaps: dict[str, list[tuple[float, int, int]]] = {}

    def offer(self, concept: str, rank: tuple[float, int, int]) -> None:
        """Takes in a picture: its merit, a tiebreak, and its number; all greater is better."""
        heap = self._heaps.setdefault(concept, [])
        if len(heap) < self._quota:
            heapq.heappush(heap, rank)
        else:
            heapq.heappushpop(heap, rank)

    def chosen(self) -> set[int]:
        """The numbers of the pictures that are kept."""
        return {number for heap in self._heaps.values() for _, _, number in heap}

    def counts(self) -> Mapping[str, int]:
        """How many are kept of each concept."""
        return {concept: len(heap) for concept, heap in sorted(self._heaps.items())}
