"""Prompts for a report: concepts of labelled pictures that no judge was fitted on."""

from collections.abc import Sequence

import numpy as np

from stereopsis.errors import DataError
from stereopsis.imagine.judge.judge import Judge
from stereopsis.imagine.judge.labelled import Labelled


def draw_prompts(
    labelled: Labelled, count: int, unseen_by: Sequence[Judge] = (), seed: int = 0
) -> list[str]:
    """So many concepts that have a needle, and no picture that one of the judges was fitted on.

    Raises:
        DataError: there are not as many.
    """
    known = frozenset().union(*(judge.hashes for judge in unseen_by))
    rows = list(zip(labelled.concepts, labelled.hashes, labelled.wanted, strict=True))
    seen = {concept for concept, content, _ in rows if content in known}
    left = sorted({concept for concept, _, wanted in rows if wanted} - seen)
    if len(left) < count:
        raise DataError(
            f"{len(left)} concepts have a needle and are new to the judges; {count} are asked for.",
            "Ask for fewer, or give more pictures.",
        )
    return [left[k] for k in np.random.default_rng(seed).permutation(len(left))[:count]]
