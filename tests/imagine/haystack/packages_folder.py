"""A folder of npm packages as small as one can be, and some clip art."""

import json
from pathlib import Path

import cv2
import numpy as np

LABELS = [f"thing {word}" for word in "ant bee cat dog elk fox gnu hen ibis jay".split()]
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">'
    '<rect x="{x}" y="4" width="8" height="12" fill="{color}"/></svg>'
)
CLIP = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" width="20mm" height="20mm" viewBox="0 0 20 20">'
    "<metadata><rdf:RDF><dc:Work><dc:title>{title}</dc:title><dc:subject><rdf:Bag>"
    "<rdf:li>fruit</rdf:li><rdf:li>round</rdf:li></rdf:Bag></dc:subject></dc:Work></rdf:RDF></metadata>"
    '<circle cx="10" cy="10" r="6" fill="green"/></svg>'
)


def write_packages(folder: Path) -> Path:
    """All packages, of ten concepts; the last one lacks its flat picture."""
    codes = [f"1f{i:03x}" for i in range(len(LABELS))]
    _write_labels(folder / "emojibase-data" / "en", codes)
    places = {
        "lobehub-fluent-emoji-3d/assets": ".webp",
        "emoji-datasource-google/img/google/64": ".png",
        "emoji-datasource-twitter/img/twitter/64": ".png",
    }
    for number, (place, ending) in enumerate(places.items()):
        (folder / place).mkdir(parents=True)
        for i, code in enumerate(codes):
            _write_picture(folder / place / f"{code}{ending}", 20 * i, 90 * number)
    for place, names, color in (
        ("openmoji/color/svg", [code.upper() for code in codes], "orange"),
        ("fluentui-emoji/icons/flat", [each.replace(" ", "-") for each in LABELS[:-1]], "teal"),
    ):
        (folder / place).mkdir(parents=True)
        for i, name in enumerate(names):
            (folder / place / f"{name}.svg").write_text(SVG.format(x=i / 2, color=color))
    return folder


def write_clips(folder: Path) -> Path:
    """Two drawings, one of a part that is left out, and a damaged one."""
    for place, text in (
        ("food/melon.svg", CLIP.format(title="Melon 02")),
        ("logos/mark.svg", CLIP.format(title="A company")),
        ("food/broken.svg", "<svg"),
    ):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text)
    return folder


def _write_labels(folder: Path, codes: list[str]) -> None:
    folder.mkdir(parents=True)
    rows = [
        {"label": label, "hexcode": code.upper(), "tags": ["small", label.split()[1]], "group": 0}
        for label, code in zip(LABELS, codes, strict=True)
    ]
    rows.append({"label": "flag: Nowhere", "hexcode": "1F999", "tags": [], "group": 9})
    groups = [{"order": 0, "message": "animals"}, {"order": 9, "message": "flags"}]
    (folder / "data.json").write_text(json.dumps(rows))
    (folder / "messages.json").write_text(json.dumps({"groups": groups}))


def _write_picture(path: Path, red: int, green: int) -> None:
    picture = np.zeros((64, 64, 4), np.uint8)
    cv2.circle(picture, (30, 34), 22, (200, green, red, 255), -1)
    cv2.imwrite(str(path), picture)
