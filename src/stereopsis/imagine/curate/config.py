"""FunnelConfig: which filters, in which order, with which thresholds; to and from JSON."""

import json
import types
import typing
from dataclasses import MISSING, Field, asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from stereopsis.errors import OptionError
from stereopsis.imagine.curate.aesthetic import AestheticFilter, read_head
from stereopsis.imagine.curate.alignment import ClipFilter, PairingFilter
from stereopsis.imagine.curate.balance import BalanceFilter
from stereopsis.imagine.curate.duplicates import DuplicatesFilter
from stereopsis.imagine.curate.eye import EyeName
from stereopsis.imagine.curate.filters import (
    AspectFilter,
    CaptionFilter,
    Filter,
    PopularityFilter,
    SizeFilter,
    check,
)
from stereopsis.imagine.curate.ocr import OcrFilter
from stereopsis.imagine.curate.offensive import OffensiveFilter
from stereopsis.imagine.curate.pairing import read_pairing
from stereopsis.imagine.curate.row import Columns

READABLE, DUPLICATES, BALANCE = "readable", "duplicates", "balance"


@dataclass(frozen=True)
class FunnelConfig:
    """The filters, cheap ones first; None switches one off.

    `eye` makes the features that aesthetic, pairing, duplicates and balance share.
    """

    caption: CaptionFilter | None = field(default_factory=CaptionFilter)
    popularity: PopularityFilter | None = None
    size: SizeFilter | None = field(default_factory=SizeFilter)
    aspect: AspectFilter | None = field(default_factory=AspectFilter)
    aesthetic: AestheticFilter | None = None
    pairing: PairingFilter | None = None
    offensive: OffensiveFilter | None = field(default_factory=OffensiveFilter)
    clip: ClipFilter | None = None
    ocr: OcrFilter | None = field(default_factory=OcrFilter)
    duplicates: DuplicatesFilter | None = field(default_factory=DuplicatesFilter)
    balance: BalanceFilter | None = None
    eye: EyeName = "lite0"
    columns: Columns = field(default_factory=Columns)

    def __post_init__(self) -> None:
        if self.balance is None:
            return
        preferred = self.balance.prefer
        check(
            preferred == "chance" or getattr(self, preferred) is not None,
            f"balance prefers by {preferred}, a filter that is off", '"chance", or switch it on',
        )  # fmt: skip
        check(
            self.balance.source != "picture" or self.eye == "lite0",
            "balance asks what the picture shows, which the eye grid cannot tell",
            'the eye "lite0"',
        )

    def per_picture(self) -> list[Filter]:
        """The filters that judge each picture by itself, in order."""
        each = (
            self.caption, self.popularity, self.size, self.aspect, self.aesthetic, self.pairing,
            self.offensive, self.clip, self.ocr,
        )  # fmt: skip
        return [one for one in each if one is not None]

    def rules(self) -> dict[str, str]:
        """What each stage keeps, by the stages' names in order."""
        rules = {READABLE: "a picture that can be decoded"}
        rules |= {one.name: one.rule() for one in self.per_picture()}
        if self.duplicates:
            rules[DUPLICATES] = self.duplicates.rule()
        if self.balance:
            rules[BALANCE] = self.balance.rule()
        return rules

    def switched_off(self) -> list[str]:
        """The names of the filters that do not run, in order."""
        last = ("eye", "columns")
        return [
            f.name for f in fields(self) if f.name not in last and getattr(self, f.name) is None
        ]

    def to_json(self) -> str:
        """The settings, as parse_config reads them."""
        return json.dumps(asdict(self), indent=2)


DEFAULTS = FunnelConfig()


def parse_config(text: str, name: str = "the settings") -> FunnelConfig:
    """The settings in a JSON object; what is not named keeps its default, null switches off.

    Raises:
        OptionError: it is no such object, or a value in it makes no sense.
    """
    try:
        config = _read(FunnelConfig, json.loads(text), name)
    except ValueError as error:
        raise OptionError(
            f"{name} cannot be used ({error}).", "See --show-settings for what may be set."
        ) from error
    assert isinstance(config, FunnelConfig)
    return config


def check_eyes(config: FunnelConfig) -> None:
    """Nothing, once what was fitted has been fitted on the features of the funnel's own eye.

    Raises:
        DataError: a fitted file cannot be read.
        OptionError: one was fitted on another eye's features.
    """
    fitted: dict[str, str] = {}
    if config.aesthetic:
        fitted[config.aesthetic.head] = read_head(Path(config.aesthetic.head)).eye
    if config.pairing:
        fitted[config.pairing.pairing] = read_pairing(Path(config.pairing.pairing)).eye
    for file, eye in fitted.items():
        check(
            eye == config.eye,
            f"file {file} was fitted with the eye {eye}, not {config.eye}",
            "the same eye for both",
        )


def _read(kind: Any, given: Any, what: str) -> Any:
    """The value as the type says, or ValueError."""
    if isinstance(kind, types.UnionType):
        inner = [each for each in typing.get_args(kind) if each is not type(None)]
        return None if given is None else _read(inner[0], given, what)
    if is_dataclass(kind):
        return _read_object(kind, given, what)
    if typing.get_origin(kind) is typing.Literal:
        if given not in typing.get_args(kind):
            raise ValueError(f"{what} is not one of {', '.join(typing.get_args(kind))}")
        return given
    if typing.get_origin(kind) is tuple:
        return _read_words(given, what) if kind != tuple[str, ...] else tuple(given)
    if kind is float and isinstance(given, int) and not isinstance(given, bool):
        return float(given)
    if not isinstance(given, kind) or isinstance(given, bool):
        raise ValueError(f"{what} is {given!r}, not {'text' if kind is str else 'a number'}")
    return given


def _read_object(kind: Any, given: Any, what: str) -> Any:
    if not isinstance(given, dict):
        raise ValueError(f"{what} is not an object")
    known = typing.get_type_hints(kind)
    settable = {each.name for each in fields(kind)}
    for name in given:
        if name not in settable:
            raise ValueError(f"{what} has {name}, which means nothing here")
    try:
        return kind(**{name: _read(known[name], value, name) for name, value in given.items()})
    except TypeError as error:
        missing = [f.name for f in fields(kind) if f.name not in given and _is_needed(f)]
        raise ValueError(f"{what} lacks {', '.join(missing)}") from error


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _read_words(given: Any, what: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Concepts with their words, from an object of lists or a list of pairs."""
    pairs = given.items() if isinstance(given, dict) else given
    try:
        named = tuple((concept, tuple(words)) for concept, words in pairs)
    except (TypeError, ValueError):
        raise ValueError(f"{what} is no object of lists of words") from None
    texts = [text for concept, words in named for text in (concept, *words)]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{what} holds something else than texts")
    return named
