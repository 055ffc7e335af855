"""The funnel on scenes, whose true quality is known: what each stage keeps, and what it loses.

A first part of the pool is labelled by simulated generalists; an aesthetic head and a pairing are
fitted on it, and thresholds set, without a look at the truth. The rest goes through imagine.curate,
and what that keeps, to the simulated generalists and specialists.
"""

from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from stereopsis.errors import DataError
from stereopsis.imagine.curate.aesthetic import Head
from stereopsis.imagine.curate.config import DUPLICATES
from stereopsis.imagine.curate.damage import MEND
from stereopsis.imagine.curate.run import Progress, curate
from stereopsis.imagine.curate.tally import Tally
from stereopsis.imagine.curate.truth import judge_stages
from stereopsis.imagine.haystack.copies import needles_where_kept
from stereopsis.imagine.haystack.funnel_fit import StudyConfig, evidence, fit
from stereopsis.imagine.haystack.labels import JudgedRow, Unseen, judged, write_unseen
from stereopsis.imagine.haystack.outcome import judge, keep_for_recall
from stereopsis.imagine.haystack.scenes import SceneRow
from stereopsis.imagine.haystack.shards import read_shards, write_shards

AT_RECALL = 0.80  # where enrichments are compared


@dataclass(frozen=True)
class KeptRow:
    """What is read of a row that the funnel kept."""

    number: int
    score_aesthetic: float


def study(
    pool: Path, out: Path, config: StudyConfig, progress: Progress, seed: int = 0
) -> dict[str, Any]:
    """The figures of the study; shards, fitted files and the funnel's own results lie in `out`.

    A needle and its copies count as one needle: kept if any of them is.

    Raises:
        DataError: the pool holds no scenes, no more than are to be labelled, or is damaged.
        OutputError: a file cannot be written.
    """
    rows = judged(read_shards(pool, SceneRow, "pool"))
    write_shards(islice(rows, config.labelled), JudgedRow, out / "labelled", "labelled")
    unseen = write_unseen(rows, out / "unseen")
    fitted = fit(out, config)
    funnel = curate([out / "unseen"], out / "funnel", fitted.settings, progress=progress)
    if funnel.damaged:
        raise DataError(funnel.damaged[0].why, MEND)
    scores = _kept_scores(out / "funnel", config.labelled, len(unseen.wanted))
    wanted = needles_where_kept(unseen.wanted, scores >= 0, unseen.shots)
    instead = int((wanted & ~unseen.wanted).sum())
    return {
        "labelled": config.labelled,
        "eye": config.eye,
        "area_under_curve_of_labels": fitted.area_under_curve,
        "unseen": len(unseen.wanted),
        "wanted": int(unseen.wanted.sum()),
        "kept_as_a_copy": instead,
        "stages": [asdict(stage) for stage in judge_stages(_not_lost(funnel.tally, instead))],
        **_outcomes(replace(unseen, wanted=wanted), scores, fitted.weighed, config, seed),
        "seconds_of_funnel": funnel.seconds,
    }


def _not_lost(tally: Tally, needles: int) -> Tally:
    """The tally, where so many needles that were removed as duplicates are none that were lost."""
    stage = tally.stages[DUPLICATES]
    mended = replace(stage, removed_wanted=stage.removed_wanted - needles)
    return replace(tally, stages={**tally.stages, DUPLICATES: mended})


def _left_of(faults: list[str], kept: Bool[np.ndarray, " n"]) -> dict[str, float]:
    """The share of the rows of each fault that the funnel kept; "none" are rows without."""
    each = np.array([fault or "none" for fault in faults])
    return {str(name): round(float(kept[each == name].mean()), 4) for name in np.unique(each)}


def _kept_scores(folder: Path, first: int, count: int) -> Float[np.ndarray, " n"]:
    """The aesthetic score of each unseen row, numbered from `first`; -1 of those not kept."""
    scores = np.full(count, -1.0)
    for row in read_shards(folder / "kept", KeptRow, "unseen"):
        scores[row.number - first] = row.score_aesthetic
    return scores


def _outcomes(
    unseen: Unseen,
    scores: Float[np.ndarray, " n"],
    weighed: Head,
    config: StudyConfig,
    seed: int,
) -> dict[str, Any]:
    """What the funnel and the people after it keep; and the same, cut where recall is AT_RECALL.

    Where less than that is left, all is kept.
    """
    asked = np.where(unseen.generalists >= config.generalists, scores, -1)
    chosen = np.where(unseen.specialists >= config.specialists, asked, -1)
    kept = {
        "funnel": scores,
        "simulated generalists": asked,
        "simulated specialists": chosen,
    }
    together = weighed.score(evidence(scores, unseen.popularity))
    cuts = {
        "chance": np.random.default_rng(seed).random(len(scores)),
        "likes": unseen.popularity,
        **kept,
        "funnel, with likes": np.where(scores >= 0, together, -1),
        "generalists, with likes": np.where(asked >= 0, together, -1),
    }
    cut = {
        name: keep_for_recall(each, unseen.wanted, AT_RECALL) & (each >= 0)
        for name, each in cuts.items()
    }
    return {
        "kept": {name: asdict(judge(each >= 0, unseen.wanted)) for name, each in kept.items()},
        "faults_left": _left_of(unseen.faults, scores >= 0),
        "at_recall": {name: asdict(judge(each, unseen.wanted)) for name, each in cut.items()},
    }
