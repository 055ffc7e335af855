"""The funnel on scenes, whose true quality is known: what each stage keeps, and what it loses.

A first part of the pool is labelled by simulated generalists; an aesthetic head and a pairing are
fitted on it, and thresholds set, without a look at the truth. The rest goes through imagine.curate,
and what that keeps, to the simulated generalists and specialists.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from stereopsis.errors import DataError
from stereopsis.imagine.curate.aesthetic import AestheticFilter, area_under_curve, fit_head
from stereopsis.imagine.curate.alignment import PairingFilter
from stereopsis.imagine.curate.config import FunnelConfig
from stereopsis.imagine.curate.eye import EyeName
from stereopsis.imagine.curate.filters import CaptionFilter, PopularityFilter, SizeFilter
from stereopsis.imagine.curate.fit import read_examples
from stereopsis.imagine.curate.pairing import MOST_PAIRS, fit_pairing
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.curate.run import Progress, curate
from stereopsis.imagine.curate.truth import judge_stages
from stereopsis.imagine.haystack.outcome import judge, keep_for_recall
from stereopsis.imagine.haystack.scenes import SceneRow
from stereopsis.imagine.haystack.shards import read_shards, write_shards
from stereopsis.outputs import write_all

AT_RECALL = 0.80  # where enrichments are compared


@dataclass(frozen=True)
class StudyConfig:
    """How many pictures are labelled, and how much of what generalists like a filter must keep."""

    labelled: int = 3000
    eye: EyeName = "lite0"
    ridge: float = 0.1
    aesthetic_keeps: float = 0.90
    pairing_keeps: float = 0.95
    popularity_keeps: float = 0.95
    generalists: float = 0.3  # of them must want a picture: one of three is enough
    specialists: float = 0.6  # two of three


@dataclass(frozen=True)
class JudgedRow:
    """What of a scene the funnel reads, and what the simulated annotators said of it.

    `good` is the label: most generalists keep the picture.
    """

    image: bytes
    caption: str
    popularity: int
    good: bool
    wanted: bool
    generalists: float
    specialists: float
    number: int


@dataclass(frozen=True)
class KeptRow:
    """What is read of a row that the funnel kept."""

    number: int
    score_aesthetic: float


@dataclass(frozen=True)
class Unseen:
    """The rows that were not labelled, as columns."""

    wanted: Bool[np.ndarray, " n"]
    popularity: Float[np.ndarray, " n"]
    generalists: Float[np.ndarray, " n"]
    specialists: Float[np.ndarray, " n"]


def study(
    pool: Path, out: Path, config: StudyConfig, progress: Progress, seed: int = 0
) -> dict[str, Any]:
    """The figures of the study; shards, fitted files and the funnel's own results lie in `out`.

    Raises:
        DataError: the pool holds no scenes, or no more of them than are to be labelled.
        OutputError: a file cannot be written.
    """
    rows = _judged(read_shards(pool, SceneRow, "pool"))
    write_shards(islice(rows, config.labelled), JudgedRow, out / "labelled", "labelled")
    unseen = _write_unseen(rows, out / "unseen")
    settings, area = fitted(out, config)
    funnel = curate([out / "unseen"], out / "funnel", settings, progress=progress)
    scores = _kept_scores(out / "funnel", config.labelled, len(unseen.wanted))
    return {
        "labelled": config.labelled,
        "eye": config.eye,
        "area_under_curve_of_labels": area,
        "unseen": len(unseen.wanted),
        "wanted": int(unseen.wanted.sum()),
        "stages": [asdict(stage) for stage in judge_stages(funnel.tally)],
        **_outcomes(unseen, scores, config, seed),
        "seconds_of_funnel": funnel.seconds,
    }


def fitted(out: Path, config: StudyConfig) -> tuple[FunnelConfig, float]:
    """The settings of the funnel, and how well the head tells labels of a held-out fifth apart.

    Thresholds keep the shares of the held-out good pictures that the config names.

    Raises:
        DataError: all labels are alike.
    """
    columns = Columns(wanted="good")
    examples = read_examples([out / "labelled"], columns, config.eye, config.labelled)
    learnt, held = examples.part(held_out=False), examples.part(held_out=True)
    head = fit_head(learnt.features, learnt.good, config.eye, config.ridge)
    few = slice(MOST_PAIRS)
    pairing = fit_pairing(learnt.features[few], learnt.captions[few], config.eye, 1.0)
    files = {out / "head.npz": head.to_bytes(), out / "pairing.npz": pairing.to_bytes()}
    write_all(files)
    looks, fits = head.score(held.features), pairing.score(held.features, held.captions)
    liked = [row for row in read_shards(out / "labelled", JudgedRow, "labelled") if row.good]
    popularity = np.array([row.popularity for row in liked], float)

    def threshold(scores: Float[np.ndarray, " n"], keeps: float) -> float:
        return float(np.quantile(scores, 1 - keeps, method="lower"))

    settings = FunnelConfig(
        caption=CaptionFilter(2),
        popularity=PopularityFilter(threshold(popularity, config.popularity_keeps)),
        size=SizeFilter(16),
        aesthetic=AestheticFilter(
            str(out / "head.npz"), threshold(looks[held.good], config.aesthetic_keeps)
        ),
        pairing=PairingFilter(
            str(out / "pairing.npz"), threshold(fits[held.good], config.pairing_keeps)
        ),
        offensive=None,  # the stand-in is none that its network knows
        ocr=None,  # letters of 64 px pictures are too small for its network
        eye=config.eye,
        columns=Columns(wanted="wanted"),
    )
    return settings, area_under_curve(looks, held.good)


def _judged(rows: Iterable[SceneRow]) -> Iterator[JudgedRow]:
    for number, row in enumerate(rows):
        yield JudgedRow(
            row.image, row.caption, row.popularity, row.generalists > 0.5, row.wanted,
            row.generalists, row.specialists, number,
        )  # fmt: skip


def _write_unseen(rows: Iterator[JudgedRow], folder: Path) -> Unseen:
    """Writes the rest of the rows; returns what is true of them."""
    told: list[tuple[bool, int, float, float]] = []

    def passing() -> Iterator[JudgedRow]:
        for row in rows:
            told.append((row.wanted, row.popularity, row.generalists, row.specialists))
            yield row

    write_shards(passing(), JudgedRow, folder, "unseen")
    if not any(wanted for wanted, *_ in told):
        raise DataError(
            f"Of the {len(told)} scenes that are not labelled, none is wanted.",
            "Make a larger pool, or label fewer.",
        )
    columns = np.array(told, float).T
    return Unseen(columns[0] > 0, columns[1], columns[2], columns[3])


def _kept_scores(folder: Path, first: int, count: int) -> Float[np.ndarray, " n"]:
    """The aesthetic score of each unseen row, numbered from `first`; -1 of those not kept."""
    scores = np.full(count, -1.0)
    for row in read_shards(folder / "kept", KeptRow, "unseen"):
        scores[row.number - first] = row.score_aesthetic
    return scores


def _outcomes(
    unseen: Unseen, scores: Float[np.ndarray, " n"], config: StudyConfig, seed: int
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
    chance = np.random.default_rng(seed).random(len(scores))
    rivals = {"chance": chance, "popularity": unseen.popularity}
    cut = {
        name: keep_for_recall(each, unseen.wanted, AT_RECALL) & (each >= 0)
        for name, each in (rivals | kept).items()
    }
    return {
        "kept": {name: asdict(judge(each >= 0, unseen.wanted)) for name, each in kept.items()},
        "at_recall": {name: asdict(judge(each, unseen.wanted)) for name, each in cut.items()},
    }
