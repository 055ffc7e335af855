"""What a tuning leaves for people: its curve, its model card and its figures."""

import io
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stereopsis.imagine.captioned import Captioned
from stereopsis.imagine.judge.variety import as_text, or_null
from stereopsis.imagine.tune.config import TuneConfig
from stereopsis.imagine.tune.stopping import Measures, Verdict
from stereopsis.train.curve import Row

Png = bytes


@dataclass(frozen=True)
class Origin:
    """Where a tuned generator comes from, for its card: model, pictures, their licences."""

    model: str
    pictures: str
    licences: str = "not stated"
    commit: str = ""


@dataclass(frozen=True)
class Tuning:
    """A tuning that is over: its measurements, verdict, and the step that was taken.

    `picked` says that a person chose the step.
    """

    config: TuneConfig
    origin: Origin
    count: int
    left_out: tuple[str, ...]
    measured: tuple[Measures, ...]
    verdict: Verdict
    step: int
    picked: bool = False


def name_of(model: str) -> str:
    """How a card names a model: by its ID on the hub, or its folder, not where that folder lies."""
    return "/".join(Path(model).resolve().parts[-2:]) if os.path.isdir(model) else model


def chosen(tuning: Tuning) -> str:
    """Which step was taken, and why, in a sentence."""
    best = tuning.verdict.best
    if tuning.picked:
        return f"Step {tuning.step} was picked by a person (the measured best: {best})."
    if tuning.step == best == 0:
        what = "Step 0 was kept, the pre-trained model itself, as nothing within the limits"
        return f"{what} looked better; tuning ended because {_ended(tuning)}."
    what = f"Step {tuning.step} was kept"
    best_of = ", the best within the limits" if tuning.step == best else ""
    return f"{what}{best_of}; tuning ended because {_ended(tuning)}."


def basis_to_json(origin: Origin, pictures: Captioned) -> bytes:
    """What basis_from_json() reads: the origin, how many pictures, and those left out."""
    told = {
        "origin": asdict(origin),
        "pictures": len(pictures),
        "left_out": list(pictures.left_out),
    }
    return json.dumps(told, indent=1, ensure_ascii=False).encode() + b"\n"


def basis_from_json(text: str) -> tuple[Origin, int, tuple[str, ...]]:
    """The origin, the number of pictures, and those left out.

    Raises:
        ValueError, KeyError, TypeError: the text is another.
    """
    told = json.loads(text)
    return Origin(**told["origin"]), int(told["pictures"]), tuple(told["left_out"])


def curve_picture(tuning: Tuning, losses: Sequence[Row]) -> Png:
    """Look, faithfulness, diversity, memorised share and loss over the steps, with the limits."""
    figure = Figure(figsize=(11, 6), layout="constrained")
    axes = figure.subplots(2, 3, sharex=True).ravel()
    stop, base = tuning.config.stop, tuning.measured[0]
    limits = {
        "faithful": base.faithful - stop.faithfulness_margin,
        "memorised": stop.most_memorised,
        "diversity": stop.least_diversity * base.diversity,
    }
    titles = {
        "look": "target look (selection judge)",
        "faithful": "faithfulness",
        "diversity": "diversity",
        "memorised": "memorised share",
    }
    for axis, (name, title) in zip(axes, titles.items(), strict=False):
        points = [(each.step, getattr(each, name)) for each in tuning.measured]
        axis.plot(*zip(*points, strict=True), "o-", color="#3b6ea5")
        if name in limits:
            axis.axhline(limits[name], color="#c4533a", linestyle="--", label="limit")
            axis.legend(fontsize="small")
        _dress(axis, title, tuning)
    if losses:
        axes[4].plot([row["step"] for row in losses], [row["loss"] for row in losses], color="0.4")
    _dress(axes[4], "loss (never used)", tuning)
    axes[5].axis("off")
    axes[5].text(0, 0.6, chosen(tuning), wrap=True, va="center")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()


def to_json(tuning: Tuning) -> str:
    """The figures for programs."""
    told: dict[str, Any] = {
        "step": tuning.step,
        "picked_by_a_person": tuning.picked,
        "best": tuning.verdict.best,
        "reason": _ended(tuning),
        "pictures": tuning.count,
        "left_out": list(tuning.left_out),
        "measured": [
            {**asdict(each), "diversity": or_null(each.diversity)} for each in tuning.measured
        ],
        "config": asdict(tuning.config),
        "origin": asdict(tuning.origin),
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def model_card(tuning: Tuning, is_noised: bool) -> str:
    """The README.md of the tuned generator; of one that takes no noise, nor its offset, none."""
    config, origin = tuning.config, tuning.origin
    offset = f"noise offset {config.noise_offset:g}, " if is_noised else ""
    way = f"a LoRA of rank {config.lora}, merged" if config.lora else "all weights"
    rows = [
        f"| {each.step}{' (taken)' if each.step == tuning.step else ''} | {each.look:.3f} | "
        f"{each.faithful:.3f} | {as_text(each.diversity)} | {each.memorised:.3f} |"
        for each in tuning.measured
    ]
    lines = [
        "# A quality-tuned text-to-image model",
        "",
        f"Made from {origin.model} with stereopsis{f' ({origin.commit})' if origin.commit else ''} "
        f"on {tuning.count} captioned pictures.",
        "",
        f"- Tuning pictures: {origin.pictures}. Their licences: {origin.licences}. The licence of "
        f"{origin.model} holds as well.",
        f"- Recipe: {way}, batch {config.batch}, rate {config.rate:g}, {offset}"
        f"step {tuning.step} of at most {config.steps}, seed "
        f"{config.seed}. After Emu (Dai et al., 2023); rate, average and stop are ours.",
        f"- {chosen(tuning)}",
        "",
        "| step | target look | faithfulness | diversity | memorised |",
        "|---|---|---|---|---|",
        *rows,
        "",
        "All on fixed prompts and seeds, by the judge that selected the step: these figures "
        "flatter it. A report needs a judge that had no part in the choice.",
        "",
        f"Pictures left out, as damaged or without a caption: {len(tuning.left_out)}.",
    ]
    return "\n".join(lines) + "\n"


def _dress(axis: Axes, title: str, tuning: Tuning) -> None:
    axis.set_title(title, fontsize=10)
    axis.set_xscale("symlog", linthresh=max(1, min(tuning.config.first, tuning.config.steps)))
    axis.axvline(tuning.step, color="0.7", zorder=0)


def _ended(tuning: Tuning) -> str:
    """Why the tuning ended, for people."""
    if tuning.verdict.ends:
        return tuning.verdict.reason
    last = tuning.measured[-1].step
    return "all steps were taken" if last == tuning.config.steps else f"it was left at {last}"
