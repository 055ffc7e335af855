"""The styles of emoji: where each designer's pictures lie in an unpacked package."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stereopsis.errors import DataError
from stereopsis.imagine.haystack.concepts import Concept, plain_code
from stereopsis.imagine.haystack.packages import (
    FLUENT_3D,
    FLUENT_FLAT,
    NOTO,
    OPENMOJI,
    TWEMOJI,
    Package,
)


@dataclass(frozen=True)
class Style:
    """A designer's pictures: `place` in the package; named by code point or by label."""

    name: str
    package: Package
    place: str
    ending: str
    by_label: bool = False


NEEDLE = Style("fluent-3d", FLUENT_3D, "assets", ".webp")
HAY = (
    Style("noto", NOTO, "img/google/64", ".png"),
    Style("twemoji", TWEMOJI, "img/twitter/64", ".png"),
    Style("openmoji", OPENMOJI, "color/svg", ".svg"),
    Style("fluent-flat", FLUENT_FLAT, "icons/flat", ".svg", by_label=True),
)


def find_pictures(style: Style, folder: Path, concepts: Sequence[Concept]) -> dict[str, Path]:
    """Where the style's picture of each concept lies, by code; those it lacks are left out.

    Raises:
        DataError: the folder of packages holds no pictures of this style.
    """
    place = folder / style.package.folder / style.place
    files = sorted(place.glob(f"*{style.ending}"))
    if not files:
        raise DataError(
            f"{place} holds no {style.ending} files.",
            f"Unpack the npm package {style.package.name} there, or let it be fetched.",
        )
    if not style.by_label:
        known = {plain_code(file.stem): file for file in files}
        return {each.code: known[each.code] for each in concepts if each.code in known}
    known = {file.stem: file for file in files}
    found = {each.code: _by_label(each.label, known) for each in concepts}
    return {code: path for code, path in found.items() if path}


def _by_label(label: str, known: dict[str, Path]) -> Path | None:
    """The file named after the label; of several colours of skin, that of none."""
    plain = re.sub(r"['’“”.!]", "", label.lower())
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return known.get(name) or known.get(f"{name}-default")
