"""Judges ways of labelling photos by measured depth: python -m stereopsis.studies.judge_labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.progress import track

from stereopsis.depth.detail import transfer_detail
from stereopsis.depth.model import open_depth_model
from stereopsis.outputs import write_all
from stereopsis.runtime.network import Network
from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.scene.photo import shrink
from stereopsis.train.agree import consensus, disagreement
from stereopsis.train.bootstrap import paired_difference
from stereopsis.train.command import prepare_file, run_command
from stereopsis.train.label import LONG_SIDE
from stereopsis.train.metrics import Scores, align, score
from stereopsis.train.pack import Frame
from stereopsis.train.relabel import LabelConfig, guess_at, relabel_frame
from stereopsis.train.rivals import Method, refined, remembering
from stereopsis.train.teacher import Teacher
from stereopsis.train.truth import Truth, read_truths

TODAY = "teacher at 384"  # that the other ways are compared with
SHOWN = ("abs_rel", "epe_percent", "row_ordinal", "shape_correlation", "boundary_f1_small")
KEPT_SHARES = (1.0, 0.9, 0.8, 0.5)


@dataclass(frozen=True)
class Kept:
    """Mean error of the kept pixels of a label, in mean absolute deviations of the truth.

    Kept is the `share` of each picture in which teacher and network agree best, or one by lot.
    """

    label: str
    share: float
    agreeing: float
    by_lot: float


def list_labellers(teacher: Path, network: Network) -> dict[str, Method]:
    """Ways to label a photo, by name; the last one is what stereopsis.train.relabel does."""
    at_384, at_640 = remembering(Teacher(teacher)), remembering(Teacher(teacher, long_side=640))

    def ours(side: int) -> Method:
        return lambda image: guess_at(image, network, side)

    def agreed(image: ColorImage) -> InverseDepth:
        return consensus([guess_at(image, network, side) for side in LabelConfig.layout_sides])

    def relabelled(image: ColorImage) -> InverseDepth:
        known = np.ones(image.shape[:2], np.bool_)
        return relabel_frame(Frame(image, at_384(image), known, False), network).inverse_depth

    return {
        TODAY: at_384,
        "teacher at 640": at_640,
        "teacher at 384, refined": refined(at_384),
        "network at 256": ours(256),
        "network at 384": ours(384),
        "network at 512": ours(512),
        "network at 256 and 384": agreed,
        "that with edges of the teacher at 640": lambda i: transfer_detail(agreed(i), at_640(i)),
        "that with edges of the network at 512": lambda i: transfer_detail(agreed(i), ours(512)(i)),
        "relabelled": relabelled,
    }


def error_on_kept(
    guess: InverseDepth, doubt: InverseDepth, truth: Truth, shares: Sequence[float] = KEPT_SHARES
) -> list[float]:
    """The guess's mean error over the pixels with the least doubt, for each share of them.

    Both maps may have any size. The guess is scaled and shifted to fit all known pixels; errors
    are in mean absolute deviations of the truth.
    """
    size = (truth.valid.shape[1], truth.valid.shape[0])
    large, doubts = (
        cv2.resize(np.asarray(x, np.float64), size, interpolation=cv2.INTER_LINEAR)
        for x in (guess, doubt)
    )
    measured = truth.inverse_depth.astype(np.float64)
    error = np.abs(align(large, measured, truth.valid) - measured)[truth.valid]
    known = measured[truth.valid]
    error /= np.abs(known - np.median(known)).mean()
    sure_first = error[np.argsort(doubts[truth.valid], kind="stable")]
    return [float(sure_first[: max(1, int(share * len(error)))].mean()) for share in shares]


def judge_kept(truths: Sequence[Truth], teacher: Method, network: Method) -> list[Kept]:
    """Whether it pays to leave out pixels in which teacher and network disagree."""
    rng = np.random.default_rng(0)
    found: dict[tuple[str, str], list[list[float]]] = {}
    for truth in truths:
        image = shrink(truth.image, LONG_SIDE)
        labels = {"teacher's": teacher(image), "network's": network(image)}
        doubts = {
            "agreeing": disagreement(labels["teacher's"], labels["network's"]),
            "lot": rng.random(image.shape[:2]).astype(np.float32),
        }
        for label, guess in labels.items():
            for kind, doubt in doubts.items():
                errors = error_on_kept(guess, doubt, truth)
                found.setdefault((label, kind), []).append(errors)
    means = {key: np.mean(errors, axis=0) for key, errors in found.items()}
    return [
        Kept(label, share, float(means[label, "agreeing"][k]), float(means[label, "lot"][k]))
        for label in ("teacher's", "network's")
        for k, share in enumerate(KEPT_SHARES)
    ]


def to_markdown(
    scores: dict[str, list[Scores]], kept: Sequence[Kept], scenes: Sequence[str]
) -> str:
    """Two tables: the ways to label, and what leaving pixels out does."""
    lines = ["| label | " + " | ".join(SHOWN) + " |", "|---" * (len(SHOWN) + 1) + "|"]
    values = {
        name: {m: np.array([getattr(s, m) for s in rows]) for m in SHOWN}
        for name, rows in scores.items()
    }
    for name, figures in values.items():
        cells = [f"{figures[m].mean():.3g}" for m in SHOWN]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    last = list(values)[-1]
    gaps = [paired_difference(values[last][m], values[TODAY][m], list(scenes)) for m in SHOWN]
    cells = [f"{d.mean:+.3g} [{d.low:+.3g}, {d.high:+.3g}]" for d in gaps]
    lines.append(f"| {last} minus {TODAY} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "| label | share kept | error, agreeing pixels | error, by lot |",
        "|---|---|---|---|",
    ]
    lines += [f"| {k.label} | {k.share:.0%} | {k.agreeing:.3f} | {k.by_lot:.3f} |" for k in kept]
    return "\n".join(lines) + "\n"


def main(
    truth: Annotated[Path, typer.Option(help="Folder with stereo/ and depth/ sets.")],
    teacher: Annotated[Path, typer.Option(help="ONNX network: RGB to log inverse depth.")],
    network: Annotated[Path, typer.Option(help="Any depth network with its manifest (.onnx).")],
    out: Annotated[Path, typer.Option("--output", "-o", help="The table to write (.md).")],
) -> None:
    """Compare ways to label photos on pictures with measured depth, seen as small as the photos."""
    cv2.setNumThreads(1)
    prepare_file(out, ".md")
    truths = read_truths(truth)
    labellers = list_labellers(teacher, open_depth_model(network, threads=1))
    scores: dict[str, list[Scores]] = {name: [] for name in labellers}
    for t in track(truths, "judging"):
        image = shrink(t.image, LONG_SIDE)
        for name, label in labellers.items():
            scores[name].append(score(label(image), t.inverse_depth, t.valid))
    kept = judge_kept(truths, labellers[TODAY], labellers["network at 256 and 384"])
    write_all({out: to_markdown(scores, kept, [t.scene for t in truths]).encode()})


if __name__ == "__main__":
    run_command(main)
