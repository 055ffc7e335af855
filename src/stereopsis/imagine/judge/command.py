"""What the commands of this package share: bars, arms, claims and prompts as people write them."""

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from stereopsis.errors import DataError, OptionError
from stereopsis.imagine.judge.claims import Claim
from stereopsis.imagine.judge.registration import Registration
from stereopsis.scene.input_file import read_input

_CLAIM = re.compile(r"([^>:]+)>([^>:]+)(?::(\d*\.?\d+))?(?::(\d*\.?\d+))?")


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A function that shows on standard error how much of how much is done."""
    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def own_commit() -> str:
    """The commit of the source tree that runs; "" where it is installed without one."""
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "rev-parse", "--short", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:  # there is no git
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def second_run(registration: Registration, again: bool) -> Registration:
    """The registration as it is or, for a second run, with as many other seeds."""
    if not again:
        return registration
    first = max(registration.seeds) + 1
    seeds = tuple(range(first, first + len(registration.seeds)))
    return replace(registration, seeds=seeds)


def parse_arms(given: Sequence[str]) -> dict[str, Path]:
    """The folder of each arm, by its name, from texts like tuned=runs/tuned.

    Raises:
        OptionError: one is no such text, or a name comes twice.
    """
    arms: dict[str, Path] = {}
    for text in given:
        name, sign, folder = text.partition("=")
        if not (name and sign and folder) or name in arms:
            raise OptionError(f"{text} names no new arm.", "Write it as NAME=FOLDER.")
        arms[name] = Path(folder)
    return arms


def parse_claim(text: str) -> Claim:
    """The claim in a text like tuned>base:0.85:0.75, rate and interval's end wished for.

    Raises:
        OptionError: it is no such text.
    """
    found = _CLAIM.fullmatch(text)
    numbers = [float(each) for each in (found[3], found[4]) if each] if found else []
    if not found or not all(0 <= each <= 1 for each in numbers):
        raise OptionError(f"{text} is no claim.", "Write it as OURS>THEIRS:0.85:0.75.")
    return Claim(found[1].strip(), found[2].strip(), *numbers)


def read_prompts(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The prompts in a file, one a line, and their concepts, which may follow after a tab.

    Raises:
        DataError: the file is missing or no text, or only some lines name a concept.
    """
    try:
        lines = read_input(path, DataError).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not in UTF-8.", "Save it in UTF-8.") from error
    rows = [line.split("\t") for line in lines if line.strip()]
    concepts = tuple(row[1].strip() for row in rows if len(row) > 1)
    if concepts and len(concepts) != len(rows):
        raise DataError(
            f"Only {len(concepts)} of {len(rows)} prompts name a concept.", "Name all, or none."
        )
    return tuple(row[0].strip() for row in rows), concepts
