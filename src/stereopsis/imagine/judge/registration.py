"""Registered prompts and seeds: what is judged, and by which thresholds, fixed before the result.

A registration is a JSON file with a hash of its own contents. It is committed before the final run;
a report names the hash and refuses pictures of any other prompts and seeds.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from stereopsis.errors import DataError, OptionError
from stereopsis.imagine.judge.area import FLOOR
from stereopsis.imagine.judge.claims import Claim
from stereopsis.imagine.judge.winning import TIE

MOST_WINS = 0.6
CANDIDATES = 50
FAITHFULNESS_MARGIN = 0.02


@dataclass(frozen=True)
class Thresholds:
    """What has to hold.

    `area_floor` is the judge's least area under the curve; `tie`, the difference in probability
    below which two pictures tie; `most_wins`, what no attack may exceed; `candidates`, among how
    many concepts the right one is to be found; `faithfulness_margin`, how much may be lost.
    """

    area_floor: float = FLOOR
    tie: float = TIE
    most_wins: float = MOST_WINS
    candidates: int = CANDIDATES
    faithfulness_margin: float = FAITHFULNESS_MARGIN

    def __post_init__(self) -> None:
        shares = (self.area_floor, self.tie, self.most_wins, self.faithfulness_margin)
        if not all(0 <= share < 1 for share in shares) or self.candidates < 2:
            raise OptionError(
                "A threshold is out of its range.",
                "Shares lie from 0 to 1, and there are 2 candidates or more.",
            )


@dataclass(frozen=True)
class Registration:
    """Prompts and seeds, every prompt with every seed; sampler steps and guidance; the claims.

    `concepts` names what each prompt shows, by which the matcher's candidates are told apart; the
    prompts themselves where it is empty.
    """

    title: str
    prompts: tuple[str, ...]
    seeds: tuple[int, ...]
    claims: tuple[Claim, ...] = ()
    steps: int = 25
    guidance: float = 3.0
    thresholds: Thresholds = field(default_factory=Thresholds)
    concepts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.prompts or not self.seeds:
            raise OptionError("There are no prompts, or no seeds.", "Register some of both.")
        if len(set(self.prompts)) < len(self.prompts) or len(set(self.seeds)) < len(self.seeds):
            raise OptionError("A prompt or a seed comes twice.", "Name each once.")
        if self.concepts and len(self.concepts) != len(self.prompts):
            raise OptionError(
                f"{len(self.prompts)} prompts have {len(self.concepts)} concepts.",
                "Give one for each, or none.",
            )

    @property
    def digest(self) -> str:
        """16 letters that the contents alone determine."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def names(self) -> frozenset[str]:
        """What is asked for, by prompts and by concepts."""
        return frozenset((*self.prompts, *self.concepts))

    @property
    def pairs(self) -> list[tuple[str, int]]:
        """Every prompt with every seed, prompt by prompt."""
        return [(prompt, seed) for prompt in self.prompts for seed in self.seeds]


def registration_to_json(registration: Registration) -> str:
    """A file that read_registration reads back."""
    told = {"digest": registration.digest, **asdict(registration)}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def read_registration(path: Path) -> Registration:
    """The registration in a file.

    Raises:
        DataError: the file is missing or damaged, or was changed after it was written.
    """
    mend = "Write one with python -m stereopsis.imagine.judge register."
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        digest = told.pop("digest")
        registration = _built(told)
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.", mend) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} holds no registration.", mend) from error
    if digest != registration.digest:
        raise DataError(
            f"{path} was changed after it was registered (its hash is {registration.digest}).",
            "Take the file as it was committed, or register anew before the run.",
        )
    return registration


def check_unregistered(path: Path, registration: Registration) -> None:
    """Nothing, if there is no such file yet, or it holds this very registration.

    Raises:
        OptionError: it holds another, or something else.
    """
    if not path.exists():
        return
    try:
        before = read_registration(path)
    except DataError as error:
        raise OptionError(error.problem, "Name another file with -o.") from error
    if before.digest != registration.digest:
        raise OptionError(
            f"{path} holds another registration (its hash is {before.digest}).",
            "Name another file with -o, or remove that one.",
        )


def _built(told: dict[str, Any]) -> Registration:
    if set(told) != {each.name for each in fields(Registration)}:
        raise ValueError("other fields")
    lists: dict[str, Sequence[Any]] = {name: tuple(told[name]) for name in ("prompts", "seeds")}
    claims = tuple(Claim(**claim) for claim in told["claims"])
    thresholds = Thresholds(**told["thresholds"])
    rest = {name: told[name] for name in ("title", "steps", "guidance")}
    return Registration(
        **rest,
        prompts=lists["prompts"],  # type: ignore[arg-type]
        seeds=lists["seeds"],  # type: ignore[arg-type]
        claims=claims,
        thresholds=thresholds,
        concepts=tuple(told["concepts"]),
    )
