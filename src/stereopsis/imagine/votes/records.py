"""What the store holds: pictures, pairs, and what people said of them, every field a text.

A text that is empty says that nothing was said. Each record of a person's has a key of its own,
under which it counts once, however often it is sent or imported.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any, Literal

from stereopsis.errors import DataError, OptionError

Question = Literal["appeal", "faithfulness"]
Side = Literal["left", "right"]

CHOICES: dict[Question, tuple[str, ...]] = {
    "appeal": ("a", "b", "tie"),
    "faithfulness": ("a", "b", "both", "neither"),
}
GRADES = ("weak", "fine", "strong")
MAX_CAPTION = 1000  # characters
MAX_NAME = 60
MAX_KEY = 100

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@dataclass(frozen=True)
class Candidate:
    """A picture to pick from, by its path in the folder, and the caption it came with."""

    path: str
    caption: str = ""

    def __post_init__(self) -> None:
        check_text(self.path, "path", MAX_CAPTION, needed=True)
        check_text(self.caption, "caption", MAX_CAPTION)


@dataclass(frozen=True)
class Pair:
    """Two pictures of one prompt, by their paths in the folder, and the arms that made them."""

    prompt: str
    image_a: str
    image_b: str
    arm_a: str
    arm_b: str
    seed: str = ""

    def __post_init__(self) -> None:
        for name in ("prompt", "image_a", "image_b", "arm_a", "arm_b"):
            check_text(getattr(self, name), name, MAX_CAPTION, needed=True)
        check_text(self.seed, "seed", MAX_NAME)
        if self.arm_a == self.arm_b or self.image_a == self.image_b:
            raise DataError(
                f"Both sides of a pair for “{self.prompt[:60]}” are the same arm or picture.",
                "Name two pictures, each with the arm that made it.",
            )

    @property
    def key(self) -> str:
        """A name that follows from the contents."""
        texts = [getattr(self, field.name) for field in fields(self)]
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Vote:
    """One answer of one voter; `left` is which picture of the pair stood there, "a" or "b"."""

    key: str
    voter: str
    kind: str
    question: str
    pair: str
    showing: str
    left: str
    choice: str
    at: str

    def __post_init__(self) -> None:
        _check_source(self)
        check_text(self.pair, "pair", MAX_NAME, needed=True)
        check_one_of(self.question, CHOICES, "question")
        check_one_of(self.showing, ("first", "repeat"), "showing")
        check_one_of(self.left, ("a", "b"), "left")
        check_one_of(self.choice, CHOICES[self.question], "choice")  # type: ignore[index]

    @property
    def subject(self) -> tuple[str, ...]:
        """What this answers, and who does: of several answers to it, the latest stands.

        A person and a program are two voters, though they have one name.
        """
        return (self.voter, self.kind, self.question, self.pair, self.showing)


@dataclass(frozen=True)
class Keep:
    """A generalist's verdict on a picture."""

    key: str
    voter: str
    kind: str
    image: str
    verdict: str
    at: str

    def __post_init__(self) -> None:
        _check_source(self)
        check_text(self.image, "image", MAX_CAPTION, needed=True)
        check_one_of(self.verdict, ("keep", "drop"), "verdict")

    @property
    def subject(self) -> tuple[str, ...]:
        """As of a vote."""
        return (self.voter, self.kind, self.image)


@dataclass(frozen=True)
class Review:
    """A specialist's judgement of a picture; the last verdict is `take` or `leave`."""

    key: str
    voter: str
    kind: str
    image: str
    composition: str
    lighting: str
    color: str
    subject_background: str
    story: str
    improvable: str
    among_best: str
    verdict: str
    caption: str
    at: str

    def __post_init__(self) -> None:
        _check_source(self)
        check_text(self.image, "image", MAX_CAPTION, needed=True)
        for name in ("composition", "lighting", "color", "subject_background"):
            check_one_of(getattr(self, name), ("", *GRADES), name)
        for name in ("story", "improvable", "among_best"):
            check_one_of(getattr(self, name), ("", "yes", "no"), name)
        check_one_of(self.verdict, ("take", "leave"), "verdict")
        check_text(self.caption, "caption", MAX_CAPTION)

    @property
    def subject(self) -> tuple[str, ...]:
        """As of a vote."""
        return (self.voter, self.kind, self.image)


Said = Vote | Keep | Review


def voter_name(text: str) -> str:
    """The name by which a voter is known: small letters, one space between words.

    Raises:
        OptionError: it is empty, too long or holds control characters.
    """
    name = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    try:
        check_text(name, "name", MAX_NAME, needed=True)
    except DataError as error:
        raise OptionError(error.problem, error.mend) from None
    return name


def check_text(given: Any, what: str, most: int, needed: bool = False) -> None:
    """Nothing, once the text can be kept and written out again as it is.

    Raises:
        DataError: it is no text, missing though needed, too long, or holds control characters.
    """
    if not isinstance(given, str):
        raise DataError(f"The {what} is not a text.", "Put it in quotes.")
    if needed and not given.strip():
        raise DataError(f"The {what} is empty.", "Fill it in.")
    if len(given) > most:
        problem = f"The {what} has {len(given)} characters; at most {most} are kept."
        raise DataError(problem, "Shorten it.")
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in given):
        raise DataError(f"The {what} holds control characters.", "Type it again without them.")


def check_one_of(given: Any, choices: Collection[str], what: str) -> None:
    """Nothing, once the text is one of the choices.

    Raises:
        DataError: it is not.
    """
    if not isinstance(given, str) or given not in choices:
        named = ", ".join(choice or "empty" for choice in choices)
        raise DataError(f"The {what} {str(given)[:60]!r} is unknown.", f"Use one of: {named}.")


def _check_source(said: Said) -> None:
    """Who said it, whether a person did, and when."""
    check_text(said.key, "key", MAX_KEY, needed=True)
    if not isinstance(said.voter, str) or said.voter != voter_name(said.voter):
        raise DataError(f"The voter {said.voter!r} is no voter's name.", "Use small letters.")
    check_one_of(said.kind, ("human", "simulated"), "kind")
    if not isinstance(said.at, str) or not _TIME.fullmatch(said.at):
        mend = "Write it in UTC, like 2024-02-29T12:00:00.000Z."
        raise DataError(f"The time {said.at!r} cannot be read.", mend)
