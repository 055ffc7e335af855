"""Captions: clean ones from a label and tags, and noisy ones as the web has them."""

from collections.abc import Sequence

import numpy as np

FILE_NAMES = ("IMG_{}", "image {}", "untitled-{}", "icon_{}_final", "picture {} download free")


def clean_caption(label: str, tags: Sequence[str], random: np.random.Generator) -> str:
    """The label, and up to three of the tags that say something new."""
    said = set(label.lower().split())
    new = [tag for tag in tags if not set(tag.lower().split()) <= said]
    count = int(random.integers(0, min(3, len(new)) + 1))
    chosen = sorted(random.choice(len(new), count, replace=False)) if count else []
    return ", ".join([label, *(new[i] for i in chosen)])


def noisy_caption(
    label: str, tags: Sequence[str], others: Sequence[str], random: np.random.Generator
) -> str:
    """One of: another picture's label, the tags without the label, a part of it, a file's name."""
    kind = int(random.integers(4))
    if kind == 0:
        return str(others[int(random.integers(len(others)))])
    new = [tag for tag in tags if tag.lower() not in label.lower().split()]
    if kind == 1 and new:
        return ", ".join(random.permutation(new)[:2].tolist())
    words = label.split()
    if kind == 2 and len(words) > 1:
        kept = sorted(random.choice(len(words), len(words) // 2, replace=False))
        return " ".join(words[i] for i in kept)
    name = FILE_NAMES[int(random.integers(len(FILE_NAMES)))]
    return name.format(int(random.integers(1, 9999)))
