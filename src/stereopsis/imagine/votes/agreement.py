"""Whether voters agree: with one another beyond chance, and with themselves."""

import numpy as np
from jaxtyping import Float, Int


def count_answers(answers: list[list[str]]) -> Int[np.ndarray, "items answers"]:
    """How often each answer was given to each item; columns are the answers in their order."""
    kinds = sorted({answer for given in answers for answer in given})
    table = [[given.count(kind) for kind in kinds] for given in answers]
    return np.array(table, np.int64).reshape(len(answers), len(kinds))


def fleiss_kappa(counts: Int[np.ndarray, "items answers"]) -> float | None:
    """Agreement beyond chance, 1 if all agree, of items that all have equally many votes.

    None if nothing can be said: no item, one vote for each, or only one answer ever given.

    Source: Fleiss, Measuring nominal scale agreement among many raters (1971).
    """
    if counts.size == 0 or counts[0].sum() < 2:
        return None
    votes = int(counts[0].sum())
    assert (counts.sum(1) == votes).all(), "Fleiss' kappa needs equally many votes for each item"
    agreeing = (counts * (counts - 1)).sum(1) / (votes * (votes - 1))
    chance = _squares(counts.sum(0) / counts.sum())
    return None if chance == 1 else float((agreeing.mean() - chance) / (1 - chance))


def krippendorff_alpha(counts: Int[np.ndarray, "items answers"]) -> float | None:
    """Agreement beyond chance of nominal answers, 1 if all agree; votes may be missing.

    Items with fewer than two votes say nothing. None if none is left, or only one answer was
    ever given.

    Source: Krippendorff, Content Analysis (2004), chapter 11, in its form for nominal data.
    """
    counts = counts[counts.sum(1) >= 2]
    if counts.size == 0:
        return None
    votes = counts.sum(1)
    total = votes.sum()
    differing = ((votes**2 - (counts**2).sum(1)) / (votes - 1)).sum() / total
    chance = (total**2 - (counts.sum(0) ** 2).sum()) / (total * (total - 1))
    return None if chance == 0 else float(1 - differing / chance)


def most_common_size(counts: Int[np.ndarray, "items answers"]) -> Int[np.ndarray, "some answers"]:
    """The items that have the most usual number of votes, of those with two or more."""
    votes = counts.sum(1)
    several = votes[votes >= 2]
    if several.size == 0:
        return counts[:0]
    usual: Int[np.ndarray, "some answers"] = counts[votes == np.bincount(several).argmax()]
    return usual


def _squares(shares: Float[np.ndarray, " answers"]) -> float:
    return float((shares**2).sum())
