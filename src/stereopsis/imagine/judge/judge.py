"""Judges: one by which checkpoints are selected, and another by which results are reported.

They are of two types, lie in files of two kinds and stand on different backbones. Whatever selects
by a judge drifts towards its mistakes, so that its figures say little of the result; the judge that
reports must have had no part in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeVar

import numpy as np
from jaxtyping import Float64

from stereopsis.errors import DataError, OptionError
from stereopsis.imagine.judge.area import Area
from stereopsis.imagine.judge.backbone import BackboneConfig, Features, open_backbone
from stereopsis.imagine.judge.pictures import Pictures
from stereopsis.imagine.logistic import Logistic

Role = Literal["selection", "reporting"]


@dataclass(frozen=True)
class JudgeFacts:
    """What a judge was made of.

    `source` says on which pictures, `commit` by which state of this project. `needles` and `hay`
    are how many pictures it was fitted on, each with `copies` disturbed ones, and all of it once
    more as a model drew them again at each strength of `areas_again`: the areas under the curve on
    held-out pictures drawn again so. `nothings` pictures more were hay that shows nothing.
    """

    source: str
    needles: int
    hay: int
    copies: int
    ridge: float
    commit: str
    areas_again: Mapping[str, float] = field(default_factory=dict)
    nothings: int = 0


@dataclass(frozen=True)
class Judge:
    """How likely a picture has the target look: logistic in a frozen backbone's features.

    `hashes` are those of the pictures it was fitted on; `area` is how good it is on others.
    """

    backbone: BackboneConfig
    head: Logistic
    hashes: frozenset[str]
    area: Area
    facts: JudgeFacts

    role: ClassVar[Role]

    def look(self, pictures: Pictures, device: str = "cpu") -> Features:
        """The features on which it judges."""
        return open_backbone(self.backbone, device).look(pictures)

    def score(self, pictures: Pictures, device: str = "cpu") -> Float64[np.ndarray, " n"]:
        """The probability that each picture has the target look."""
        return self.head.score(self.look(pictures, device))


@dataclass(frozen=True)
class SelectionJudge(Judge):
    """By whom checkpoints and settings are selected, and nothing is reported."""

    role: ClassVar[Role] = "selection"


@dataclass(frozen=True)
class ReportingJudge(Judge):
    """By whom results are reported, and nothing is selected."""

    role: ClassVar[Role] = "reporting"


JudgeT = TypeVar("JudgeT", SelectionJudge, ReportingJudge)


def as_role(judge: Judge, role: type[JudgeT]) -> JudgeT:
    """The judge, if it has this role.

    Raises:
        OptionError: it has the other.
    """
    if isinstance(judge, role):
        return judge
    own = "reports and must not select" if judge.role == "reporting" else "selects, nothing else"
    raise OptionError(
        f"This judge {own}; a {role.role} judge is needed here.",
        f"Fit one with --role {role.role}, on other pictures and another backbone.",
    )


def check_apart(one: Judge, other: Judge) -> None:
    """Nothing, once the two judges share neither role, nor backbone, nor pictures.

    Raises:
        OptionError: they share a role or a backbone.
        DataError: they share pictures.
    """
    if one.role == other.role:
        raise OptionError(f"Both judges are {one.role} judges.", "Give one of each role.")
    _check_backbones(one.backbone, other)
    check_new(one.hashes, other)


def check_new(hashes: Iterable[str], other: Judge) -> None:
    """Nothing, once none of these pictures is among those that the other judge was fitted on.

    Raises:
        DataError: some are.
    """
    shared = len(other.hashes.intersection(hashes))
    if shared:
        raise DataError(
            f"The {other.role} judge was fitted on {shared} of these pictures.",
            "Give pictures that it has not seen, best of other concepts.",
        )


def check_may_fit(backbone: BackboneConfig, hashes: Iterable[str], other: Judge) -> None:
    """Nothing, once a judge that is independent of the other may be fitted so.

    Raises:
        OptionError: the backbone is the other's.
        DataError: the other was fitted on some of these pictures.
    """
    _check_backbones(backbone, other)
    check_new(hashes, other)


def _check_backbones(backbone: BackboneConfig, other: Judge) -> None:
    if backbone.name == other.backbone.name:
        raise OptionError(
            f"Both judges stand on the backbone {backbone.name}.",
            "Choose another with --backbone: judges that share one share its mistakes.",
        )
