"""Concept: what an emoji shows, in words, and the part of the study that it belongs to."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

from stereopsis.errors import DataError
from stereopsis.imagine.haystack.splits import SHARES, Split, deal_out

LEFT_OUT = {"components", "flags"}  # pieces of other emoji; and flags all look designed alike
# Words in which labels of almost the same picture differ.
_ALIKE = {
    "man", "men", "woman", "women", "person", "people", "boy", "girl", "boys", "girls", "facing",
    "right", "left", "up", "down", "a", "the", "with", "and", "of", "medium", "small", "large",
}  # fmt: skip


@dataclass(frozen=True)
class Concept:
    """A concept by the code points of its emoji, lower case, joined by -, without fe0f."""

    code: str
    label: str
    tags: tuple[str, ...]
    group: str
    split: Split = "tune"

    @property
    def family(self) -> str:
        """What it shares with concepts that look almost the same, as a man and a woman running."""
        label = self.label.lower()
        if re.search(r"o.clock|thirty", label):
            return "clock"
        words = re.findall(r"[a-z0-9]+", label.split(":")[0])
        return " ".join(word for word in words if word not in _ALIKE) or label


def read_concepts(folder: Path) -> list[Concept]:
    """The concepts in an unpacked emojibase-data, in the order of their codes.

    Raises:
        DataError: the folder does not hold them.
    """
    try:
        rows = json.loads((folder / "en" / "data.json").read_text(encoding="utf-8"))
        told = json.loads((folder / "en" / "messages.json").read_text(encoding="utf-8"))
        groups = {each["order"]: each["message"] for each in told["groups"]}
        found = [
            Concept(
                plain_code(row["hexcode"]), row["label"], tuple(row.get("tags", ())),
                groups.get(row.get("group"), "components"),
            )
            for row in rows
        ]  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{folder} holds no labels of emoji ({error}).",
            "Unpack the npm package emojibase-data there, or let it be fetched.",
        ) from error
    return sorted((each for each in found if each.group not in LEFT_OUT), key=lambda c: c.code)


def split_concepts(concepts: list[Concept], seed: int) -> list[Concept]:
    """The concepts in their order, each with its split; a family is never parted."""
    splits = deal_out([concept.family for concept in concepts], SHARES, seed)
    return [replace(each, split=split) for each, split in zip(concepts, splits, strict=True)]


def plain_code(code: str) -> str:
    """The code in lower case and without the sign that asks for colour, which packages drop."""
    return "-".join(point for point in code.lower().split("-") if point != "fe0f")
