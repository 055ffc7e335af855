"""When is stereo better than mono? Fits what depth/trust.py believes, and says how good that is.

python -m stereopsis.studies.decision --truth DIR -o DIR [--seeds N] [--network FILE]
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import Bool, Float
from rich.console import Console
from rich.progress import track
from rich.table import Table

from stereopsis.depth.stereo import open_stereo_network
from stereopsis.depth.trust import THRESHOLD, WEIGHTS
from stereopsis.errors import DataError
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.studies.decision_trials import NO_PAIR, Trial, try_pair
from stereopsis.train.charts import curve_chart
from stereopsis.train.command import run_command
from stereopsis.train.pair_truth import PairTruth, read_pair_truths
from stereopsis.train.ranking import area_under_curve
from stereopsis.train.report_json import report_json

RIDGE = 1.0  # on weights of measures scaled to unit deviation
STEPS = 50  # of Newton's method

Matrix = Float[np.ndarray, "n k"]
Vector = Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Verdict:
    """How good a score for "use stereo" is: trials without a score count as refused.

    `auc` is the chance that a pair on which stereo is better scores higher than one on which it
    is not. `loss_percent` is how much worse the chosen depth is than the better of both, on
    average over pairs that are pairs; `always_stereo` and `always_mono` are the rivals'.
    `accepted_no_pairs` counts swapped and foreign pairs that stereo was used on.
    """

    auc: float
    right_percent: float
    loss_percent: float
    worst_loss_percent: float
    always_stereo_loss_percent: float
    always_mono_loss_percent: float
    accepted_no_pairs: int
    no_pairs: int


def fit(measured: Matrix, better: Bool[np.ndarray, " n"]) -> Float[np.ndarray, " k1"]:
    """Weights of a logistic regression, the constant first; ridge on the scaled others."""
    mean, scale = measured.mean(axis=0), np.maximum(measured.std(axis=0), 1e-9)
    design = np.column_stack([np.ones(len(measured)), (measured - mean) / scale])
    penalty = RIDGE * np.eye(design.shape[1])
    penalty[0, 0] = 1e-6
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (chance - better) + penalty @ weights
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + penalty
        weights = weights - np.clip(np.linalg.solve(curve, slope), -1, 1)
    plain = weights[1:] / scale
    return np.asarray(np.concatenate([[weights[0] - plain @ mean], plain]))


def held_out_scores(trials: Sequence[Trial]) -> Vector:
    """Each trial's score by weights fitted to the other scenes; -inf where stereo is ruled out."""
    scores = np.full(len(trials), -np.inf)
    scenes = np.array([trial.scene for trial in trials])
    usable = np.array([bool(t.measured) and not t.swapped for t in trials])
    better = np.array([t.stereo_is_better for t in trials])
    names = list(WEIGHTS)[1:]
    measured = np.array([[t.measured.get(name, 0.0) for name in names] for t in trials])
    for scene in np.unique(scenes):
        known, asked = usable & (scenes != scene), usable & (scenes == scene)
        weights = fit(measured[known], better[known])
        scores[asked] = weights[0] + measured[asked] @ weights[1:]
    return scores


def verdict(trials: Sequence[Trial], scores: Vector, threshold: float) -> Verdict:
    """How good it is to use stereo where the score reaches the threshold."""
    better = np.array([t.stereo_is_better for t in trials])
    is_pair = np.array([t.condition not in NO_PAIR for t in trials])
    used = scores >= threshold
    mono = np.array([t.mono_px for t in trials])
    stereo = np.array([t.mono_px if t.stereo_px is None else t.stereo_px for t in trials])

    def loss(chosen: Vector) -> Vector:
        return np.asarray((100 * (chosen / np.minimum(mono, stereo) - 1))[is_pair])

    ours = loss(np.where(used, stereo, mono))
    return Verdict(
        auc=area_under_curve(scores, better),
        right_percent=float(100 * (used == better).mean()),
        loss_percent=float(ours.mean()),
        worst_loss_percent=float(ours.max()),
        always_stereo_loss_percent=float(loss(stereo).mean()),
        always_mono_loss_percent=float(loss(mono).mean()),
        accepted_no_pairs=int((used & ~is_pair).sum()),
        no_pairs=int((~is_pair).sum()),
    )


def to_json(trials: Sequence[Trial], held_out: Verdict, shipped: Verdict, weights: Vector) -> str:
    """What was found, with every condition's means."""
    names = sorted({t.condition for t in trials})
    per_condition = {}
    for name in names:
        group = [t for t in trials if t.condition == name]
        known = [t.stereo_px for t in group if t.stereo_px is not None]
        per_condition[name] = {
            "trials": len(group),
            "mono_px": float(np.mean([t.mono_px for t in group])),
            "stereo_px": float(np.mean(known)) if known else None,
            "stereo_is_better": sum(t.stereo_is_better for t in group),
            "stereo_used": sum(t.problem is None for t in group),
        }
    report = {
        "trials": len(trials),
        "scenes": len({t.scene for t in trials}),
        "held_out": asdict(held_out),
        "shipped": asdict(shipped),
        "threshold": THRESHOLD,
        "weights": dict(zip(WEIGHTS, (round(float(w), 3) for w in weights), strict=True)),
        "conditions": per_condition,
    }
    return report_json(report)


def draw(trials: Sequence[Trial], scores: Vector) -> bytes:
    """True against false acceptance, of the score and of chance."""
    better = np.array([t.stereo_is_better for t in trials])
    order = np.argsort(-scores, kind="stable")
    accepted = [np.cumsum(each[order]) / max(each.sum(), 1) for each in (~better, better)]
    chance = np.linspace(0, 1, 2)
    curves = {
        "trust, other scenes' weights": (accepted[0], accepted[1]),
        "chance": (chance, chance),
    }
    labels = ("worse pairs accepted, share", "better pairs accepted, share")
    return curve_chart("use stereo?", labels, curves)


def main(
    truth: Annotated[Path, typer.Option(help="Folder with stereo/ sets.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    seeds: Annotated[int, typer.Option(min=1, help="Random drifts of each pair.")] = 1,
    network: Annotated[Path | None, typer.Option(help="A stereo .onnx file.")] = None,
) -> None:
    """Try stereo on pairs good and bad, fit the weights of trust, and say how good they are."""
    prepare_folder(out)
    opened = open_stereo_network(network)
    truths = read_pair_truths(truth)
    if len({each.scene for each in truths}) < 2:
        raise DataError(f"{truth} shows one scene only.", "Add pairs of another: each needs one.")
    trials = [
        trial
        for number, each in enumerate(track(truths, "deciding"))
        for seed in range(seeds)
        for trial in try_pair(each, _another(truths, number), seed, opened)
    ]
    scores = held_out_scores(trials)
    logit = float(np.log(THRESHOLD / (1 - THRESHOLD)))
    held_out = verdict(trials, scores, logit)
    shipped = verdict(trials, np.array([_shipped_score(t) for t in trials]), THRESHOLD)
    usable = [t for t in trials if t.measured and not t.swapped]
    names = list(WEIGHTS)[1:]
    measured = np.array([[t.measured[name] for name in names] for t in usable])
    weights = fit(measured, np.array([t.stereo_is_better for t in usable]))
    rows = "".join(json.dumps(asdict(trial)) + "\n" for trial in trials)
    write_all(
        {
            out / "decision.json": to_json(trials, held_out, shipped, weights).encode(),
            out / "decision.png": draw(trials, scores),
            out / "trials.jsonl": rows.encode(),
        }
    )
    _show(held_out, shipped, weights)


def _another(truths: Sequence[PairTruth], number: int) -> PairTruth:
    """The next pair that shows another scene."""
    later = (truths[(number + k) % len(truths)] for k in range(1, len(truths)))
    return next(each for each in later if each.scene != truths[number].scene)


def _shipped_score(trial: Trial) -> float:
    return trial.trust if trial.problem is None or trial.trust < THRESHOLD else -np.inf


def _show(held_out: Verdict, shipped: Verdict, weights: Vector) -> None:
    console = Console(highlight=False)
    table = Table("", "weights of other scenes", "as shipped")
    for name, value in asdict(held_out).items():
        table.add_row(name, f"{value:.4g}", f"{asdict(shipped)[name]:.4g}")
    console.print(table)
    for name, weight in zip(WEIGHTS, weights, strict=True):
        console.print(f'        "{name}": {weight:.2f},')


if __name__ == "__main__":
    run_command(main)
