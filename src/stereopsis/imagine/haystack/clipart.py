"""Clip art by many hands: the drawings of Open Clip Art, with the words that came with them."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from stereopsis.errors import DataError

SOURCE, LICENCE = "Open Clip Art Library 0.18", "public domain"
# Parts that are no pictures of things, or are marks of companies.
LEFT_OUT = {"computer", "shapes", "buttons", "logos", "special", "unsorted", "decorations"}
LEFT_OUT_BELOW = {"flags", "cards", "aiga-symbols", "roadsigns", "semaphore", "led", "pantyhose"}
MOST_NAMESAKES = 8  # a title of more drawings names the set that they come from
MOST_BYTES = 300_000  # larger drawings are traced photos, and slow
_DC = "{http://purl.org/dc/elements/1.1/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


@dataclass(frozen=True)
class Clip:
    """A drawing: its file, title, keywords and the part of the library that it is in."""

    path: Path
    title: str
    tags: tuple[str, ...]
    group: str


def read_clips(folder: Path) -> list[Clip]:
    """The drawings below an unpacked library (Debian: openclipart-svg) that say what they are.

    Raises:
        DataError: there are none.
    """
    paths = sorted(folder.rglob("*.svg"), key=lambda path: path.relative_to(folder).parts)
    read = [clip for path in paths if (clip := _read_clip(path, folder)) is not None]
    titles = Counter(clip.title for clip in read)
    found = [clip for clip in read if titles[clip.title] <= MOST_NAMESAKES]
    if not found:
        raise DataError(
            f"{folder} holds no titled drawings.",
            "Install openclipart-svg and name /usr/share/openclipart/svg, or leave clip art out.",
        )
    return found


def _read_clip(path: Path, folder: Path) -> Clip | None:
    """The drawing; None if it is left out, damaged or untitled."""
    parts = path.relative_to(folder).parts[:-1]
    if not parts or parts[0] in LEFT_OUT or LEFT_OUT_BELOW & set(parts):
        return None
    if path.stat().st_size > MOST_BYTES:
        return None
    try:
        work = ElementTree.parse(path).getroot().find(f".//{_DC}title/..")
    except ElementTree.ParseError:
        return None
    if work is None or (title := _plain(work.findtext(f"{_DC}title", ""))) == "":
        return None
    words = (_plain(each.text or "") for each in work.iter(f"{_RDF}li"))
    tags = tuple(dict.fromkeys(word for word in words if word and word != title))
    return Clip(path, title, tags, parts[0])


def _plain(text: str) -> str:
    """The words of a title, without numbers and file endings; empty if no letters are left."""
    text = re.sub(r"\.svg$", "", text.strip().lower())
    text = re.sub(r"[^a-z' -]+|[-_]+", " ", text.replace("_", " "))
    text = re.sub(r"clip ?art( by nicu buculei)?|\bsvg\b|openclipart", " ", text)
    return " ".join(word for word in text.split() if len(word) > 1 or word == "a")
