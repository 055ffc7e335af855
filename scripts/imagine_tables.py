"""The tables of docs/imagine.md and docs/curate.md, as Markdown, from what runs measured."""

from collections.abc import Callable
from statistics import fmean
from typing import Any

from measured import results, rows_of, table


def claims_table(question: str) -> Callable[[], str]:
    """Writes what was registered of a question, and whether it holds."""

    def write() -> str:
        found = results(f"study_{question}")
        margin = found["faithfulness_margin"]
        head = ["arm", "against", "win rate", "95 %", "target", "holds"]
        return table(
            [*head, "faithfulness lost, points", f"at most {100 * margin:g}"],
            [_claim(each, margin) for each in found["claims"]],
        )

    return write


def arms_table(question: str) -> Callable[[], str]:
    """Writes what is known of each arm."""

    def write() -> str:
        found = results(f"study_{question}")
        rows = []
        for name, arm in found["arms"].items():
            tuning = found["tunings"].get(name, {"steps": [], "win_rate": []})
            rows.append([
                name, _share(arm["look"]), _share(arm["faithful"]), f"{arm['diversity']:.3f}",
                f"{100 * arm['memorised']:.1f} %", ", ".join(map(str, tuning["steps"])),
                ", ".join(f"{100 * rate:.0f}" for rate in tuning["win_rate"]),
            ])  # fmt: skip
        head = ["arm", "target-look rate", "faithfulness", "diversity", "memorised"]
        return table([*head, "steps of its tunings", "their win rates, %"], rows)

    return write


def picked_line() -> str:
    """What picked pictures did, in a sentence."""
    told = results("study_picking")
    won = next(each for each in told["claims"] if each["claim"]["theirs"] == "pre-trained")["found"]
    low, high = (100 * won["interval"][end] for end in ("low", "high"))
    random = 100 * fmean(told["tunings"]["random"]["win_rate"])
    return (
        f"300 picked pictograms win {100 * won['rate']:.0f} % ({low:.0f} to {high:.0f}) over the "
        "young model that they tuned, in the eyes of a judge that had no part in any choice; 300 "
        f"random ones {random:.0f} %: [docs/imagine.md](docs/imagine.md). {_doubts(told)}"
    )


def _doubts(told: dict[str, Any]) -> str:
    """What speaks against a report's rates, in a sentence."""
    failed = sum(not each["passed"] for each in told["attacks"])
    margin = told["faithfulness_margin"]
    kept = all(e["faithfulness_lost"]["interval"]["high"] <= margin for e in told["claims"])
    found = [f"the judge misses {failed} of its {len(told['attacks'])} checks"] if failed else []
    found += [] if kept else ["that words keep their meaning is not shown"]
    found += [] if told["human_votes"] else ["nobody has voted"]
    return f"But {'; '.join(found)}." if found else ""


def attacks_table(question: str) -> Callable[[], str]:
    """Writes how often attacks on the reporting judge win over untouched pictures."""

    def write() -> str:
        rows = [
            [
                each["name"],
                f"{100 * each['won']['rate']:.1f} %",
                each["must"],
                "yes" if each["passed"] else "**no**",
            ]
            for each in results(f"study_{question}")["attacks"]
        ]
        return table(["attack", "wins", "must be", "passed"], rows)

    return write


def overtraining_table() -> str:
    """What becomes of a model that is tuned twenty times too long."""
    losses = [(int(row["step"]), float(row["loss"])) for row in rows_of("study_over_loss")]
    rows = []
    for row in rows_of("study_over_measured"):
        step = int(row["step"])
        latest = [loss for at, loss in losses if 0.8 * step < at <= step]
        rows.append([
            f"{step:,}", f"{float(row['look']):.3f}", _percent(row["faithful"]),
            f"{float(row['diversity']):.3f}", _percent(row["memorised"]),
            f"{fmean(latest):.3f}" if latest else "",
        ])  # fmt: skip
    return table(["step", "target look", "faithfulness", "diversity", "memorised", "loss"], rows)


def curate_table() -> str:
    """How fast the funnel is and how much memory it takes, as pictures grow in number."""
    rows = [
        [
            f"{run['pictures']:,}",
            run["eye"],
            f"{run['images_per_second']:.0f}",
            f"{run['peak_mb']} MB",
            f"{run['kept']:,}",
        ]
        for run in results("curate")["runs"]
    ]
    return table(["pictures", "eye", "a second of one core", "peak memory", "kept"], rows)


def funnel_stages_table() -> str:
    """What each stage of the funnel keeps by lite0, as a mean over the seeds."""
    runs = list(results("funnel")["runs"]["lite0"].values())
    rows = []
    for stages in zip(*(run["stages"] for run in runs), strict=True):
        recall, precision, enrichment, so_far = (
            sum(stage[key] for stage in stages) / len(stages)
            for key in ("recall", "precision", "enrichment", "recall_so_far")
        )
        rows.append([
            stages[0]["stage"], f"{100 * recall:.1f} %", f"{100 * precision:.1f} %",
            f"{enrichment:.2f}", f"{100 * so_far:.1f} %",
        ])  # fmt: skip
    return table(["stage", "recall", "precision", "enrichment", "recall so far"], rows)


def funnel_cut_table() -> str:
    """Precision and enrichment where all are cut at one recall: mean, least and most of seeds."""
    eyes = results("funnel")["over_seeds"]
    grid, lite0 = (eyes[eye]["at_recall"] for eye in ("grid", "lite0"))
    rows = [
        [
            name,
            _percents(found["precision"]),
            _spread(found["enrichment"]),
            _spread(grid[name]["enrichment"]),
        ]
        for name, found in lite0.items()
    ]
    head = ["cut at 80 % recall", "precision, lite0", "enrichment, lite0", "enrichment, grid"]
    return table(head, rows)


def _spread(told: dict[str, float]) -> str:
    return f"{told['mean']:.1f} ({told['least']:.1f} to {told['most']:.1f})"


def _percents(told: dict[str, float]) -> str:
    mean, least, most = (100 * told[key] for key in ("mean", "least", "most"))
    return f"{mean:.0f} % ({least:.0f} to {most:.0f})"


def _claim(told: dict[str, Any], margin: float) -> list[str]:
    claim, found, lost = told["claim"], told["found"], told["faithfulness_lost"]
    low, high = found["interval"]["low"], found["interval"]["high"]
    lost_low, lost_high = lost["interval"]["low"], lost["interval"]["high"]
    return [
        claim["ours"],
        claim["theirs"],
        f"{100 * found['rate']:.1f} %",
        f"{100 * low:.1f} to {100 * high:.1f} %",
        f"{100 * claim['target']:.0f} %, interval above {100 * claim['above']:.0f} %",
        "yes" if told["holds"] else "**no**",
        f"{100 * lost['share']:+.1f} ({100 * lost_low:+.1f} to {100 * lost_high:+.1f})",
        "yes" if lost_high <= margin else "**no**" if lost_low > margin else "not shown",
    ]


def _share(measure: dict[str, Any]) -> str:
    return f"{100 * measure['share']:.1f} %"


def _percent(share: str) -> str:
    return f"{100 * float(share):.1f} %"
