"""What the funnel of the study learns from labelled scenes: a head, a pairing and thresholds."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from stereopsis.imagine.curate.aesthetic import (
    AestheticFilter,
    Head,
    fit_head,
)
from stereopsis.imagine.curate.alignment import PairingFilter
from stereopsis.imagine.curate.config import FunnelConfig
from stereopsis.imagine.curate.eye import EyeName
from stereopsis.imagine.curate.filters import CaptionFilter, PopularityFilter, SizeFilter
from stereopsis.imagine.curate.fit import read_examples
from stereopsis.imagine.curate.pairing import MOST_PAIRS, fit_pairing
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.haystack.labels import JudgedRow
from stereopsis.imagine.haystack.shards import read_shards
from stereopsis.outputs import write_all
from stereopsis.train.ranking import area_under_curve


@dataclass(frozen=True)
class StudyConfig:
    """How many pictures are labelled, and how much of what generalists like a filter must keep.

    The scenes must have been made for as many labels: else some copies have no original among
    those that go through the funnel.
    """

    labelled: int = 3000
    eye: EyeName = "lite0"
    ridge: float = 0.1
    aesthetic_keeps: float = 0.90
    pairing_keeps: float = 0.95
    popularity_keeps: float = 0.95
    generalists: float = 0.3  # of them must want a picture: one of three is enough
    specialists: float = 0.6  # two of three


@dataclass(frozen=True)
class Fitted:
    """The settings of the funnel, and how well its head tells the labels of a held-out fifth apart.

    `weighed` scores aesthetic score and likes together, fitted on that fifth.
    """

    settings: FunnelConfig
    area_under_curve: float
    weighed: Head


def fit(out: Path, config: StudyConfig) -> Fitted:
    """What is learnt from the labelled pictures in `out`; the head and the pairing go there too.

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
    write_all({out / "head.npz": head.to_bytes(), out / "pairing.npz": pairing.to_bytes()})
    looks, fits = head.score(held.features), pairing.score(held.features, held.captions)
    rows = list(read_shards(out / "labelled", JudgedRow, "labelled"))
    likes = np.array([row.popularity for row in rows], float)
    good = np.array([row.good for row in rows])
    weighed = fit_head(
        evidence(looks, likes[examples.held_out]), held.good, config.eye, config.ridge
    )

    def threshold(scores: Float[np.ndarray, " n"], keeps: float) -> float:
        return float(np.quantile(scores, 1 - keeps, method="lower"))

    settings = FunnelConfig(
        caption=CaptionFilter(2),
        popularity=PopularityFilter(threshold(likes[good], config.popularity_keeps)),
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
    return Fitted(settings, area_under_curve(looks, held.good), weighed)


def evidence(
    looks: Float[np.ndarray, " n"], likes: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "n 2"]:
    """The evidence of looks (probabilities) and of likes, on scales that may be added."""
    share = np.clip(looks, 1e-6, 1 - 1e-6)
    return np.column_stack([np.log(share / (1 - share)), np.log1p(likes)])
