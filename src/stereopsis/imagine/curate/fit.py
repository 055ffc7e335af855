"""Fits what a funnel learns from examples: python -m stereopsis.imagine.curate.fit --help."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from jaxtyping import Bool, Float, Int
from rich.progress import track

from stereopsis.errors import DataError, OptionError, PhotoError
from stereopsis.imagine.curate.aesthetic import fit_head
from stereopsis.imagine.curate.eye import EyeName, give_features, open_eye
from stereopsis.imagine.curate.pairing import MOST_PAIRS, fit_pairing
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.curate.sample import Sample
from stereopsis.imagine.curate.score_shard import batches_of
from stereopsis.imagine.curate.shards import find_shards, read_rows
from stereopsis.outputs import write_all
from stereopsis.train.command import prepare_file, run_command
from stereopsis.train.ranking import area_under_curve

RIDGES = (0.01, 0.1, 1.0, 10.0)  # the best for fold 1 is taken
FOLDS = 5  # by content; fold 0 is held out

What = Literal["aesthetic", "pairing"]


@dataclass(frozen=True)
class Examples:
    """Features with captions, labels and folds; without a column of labels all are False."""

    features: Float[np.ndarray, "n d"]
    captions: list[str]
    good: Bool[np.ndarray, " n"]
    folds: Int[np.ndarray, " n"]

    @property
    def held_out(self) -> Bool[np.ndarray, " n"]:
        """Which are to be tested on: fold 0."""
        return np.asarray(self.folds == 0)

    def part(self, held_out: bool) -> "Examples":
        """Those held out, or the others."""
        return self.pick(self.held_out == held_out)

    def pick(self, own: Bool[np.ndarray, " n"]) -> "Examples":
        """Only these."""
        captions = [text for text, is_own in zip(self.captions, own, strict=True) if is_own]
        return Examples(self.features[own], captions, self.good[own], self.folds[own])


# How well what is fitted on the first, with a ridge, does on the others.
AreaOf = Callable[[Examples, Examples, float], float]


def read_examples(inputs: Sequence[Path], columns: Columns, eye: EyeName, most: int) -> Examples:
    """At most so many examples in the shards; pictures that cannot be read are left out.

    Raises:
        DataError: a shard cannot be read, or there are fewer than 10 examples.
    """
    # a sample would hold its picture's file
    features, captions, labels, folds = [], [], [], []
    shards = track(find_shards(inputs), "looking", transient=True)
    for rows in (rows for shard in shards for rows in batches_of(read_rows(shard, columns))):
        batch = [sample for sample in map(Sample, rows) if _is_readable(sample)]
        give_features(batch, open_eye(eye))
        features += [sample.features for sample in batch]
        captions += [sample.row.caption for sample in batch]
        labels += [bool(sample.row.wanted(columns)) for sample in batch]
        folds += [sample.content % FOLDS for sample in batch]
        if len(captions) >= most:
            break
    if len(captions) < 10:
        raise DataError(f"There are {len(captions)} examples.", "Give 10 or more, better hundreds.")
    return Examples(
        np.array(features[:most], np.float64),
        captions[:most],
        np.array(labels[:most]),
        np.array(folds[:most]),
    )


def best_head(examples: Examples, eye: EyeName) -> tuple[bytes, float]:
    """The head's file, fitted on all, and how often it told good from bad among the held out."""

    def area_of(learnt: Examples, others: Examples, ridge: float) -> float:
        head = fit_head(learnt.features, learnt.good, eye, ridge)
        return area_under_curve(head.score(others.features), others.good)

    ridge, area = choose_ridge(examples, area_of)
    return fit_head(examples.features, examples.good, eye, ridge).to_bytes(), area


def best_pairing(examples: Examples, eye: EyeName) -> tuple[bytes, float]:
    """The pairing's file, and how often it told a held-out caption from that of another picture."""

    def area_of(learnt: Examples, others: Examples, ridge: float) -> float:
        pairing = fit_pairing(learnt.features, learnt.captions, eye, ridge)
        shifted = others.captions[1:] + others.captions[:1]
        right, wrong = (pairing.score(others.features, c) for c in (others.captions, shifted))
        is_right = np.repeat([True, False], len(right))
        return area_under_curve(np.concatenate([right, wrong]), is_right)

    ridge, area = choose_ridge(examples, area_of)
    return fit_pairing(examples.features, examples.captions, eye, ridge).to_bytes(), area


def choose_ridge(examples: Examples, area_of: AreaOf) -> tuple[float, float]:
    """The ridge, and its area on the held-out examples, which had no say in the choice."""
    learnt, held = examples.part(held_out=False), examples.part(held_out=True)
    fitted, judging = learnt.pick(learnt.folds != 1), learnt.pick(learnt.folds == 1)
    areas = {ridge: area_of(fitted, judging, ridge) for ridge in RIDGES}
    ridge = max(areas, key=lambda each: (not np.isnan(areas[each]), areas[each], each))
    return ridge, area_of(learnt, held, ridge)


def main(
    what: Annotated[What, typer.Argument(help="What to fit.")],
    inputs: Annotated[list[Path], typer.Argument(help="Shards, or folders of them.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="The .npz to write.")],
    label: Annotated[str, typer.Option(help="The column that tells good from bad.")] = "good",
    eye: Annotated[EyeName, typer.Option(help="Whose features.")] = "lite0",
    most: Annotated[int, typer.Option(min=10, help="Use so many examples.")] = MOST_PAIRS,
) -> None:
    """Fit an aesthetic head to labels, or a pairing to captions."""
    prepare_file(out, ".npz")
    if what == "pairing" and most > MOST_PAIRS:
        raise OptionError(f"A pairing is fitted on at most {MOST_PAIRS}.", "Use a smaller --most.")
    columns = Columns(wanted=label if what == "aesthetic" else None)
    examples = read_examples(inputs, columns, eye, most)
    data, area = (best_head if what == "aesthetic" else best_pairing)(examples, eye)
    write_all({out: data}, inputs)
    told = {"examples": len(examples.captions), "held_out": int(examples.held_out.sum())}
    text = json.dumps({**told, "area_under_curve": None if np.isnan(area) else round(area, 4)})
    sys.stdout.write(f"{text}\n")


def _is_readable(sample: Sample) -> bool:
    try:
        _ = sample.pixels
    except PhotoError:
        return False
    return True


if __name__ == "__main__":
    run_command(main)
