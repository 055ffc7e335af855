"""The tables of docs/search_tables.md and docs/fbnetv5.md, as Markdown, from what runs measured."""

import statistics
from collections.abc import Sequence

from measured import results, table

TABLES = ("accel", "nasbench201", "macro")
POINTS = (16, 32, 64, 96, 192)  # evaluations
MILLION = 1e6
TRUTHS = {"abs_rel": 3, "row_ordinal": 1, "shape_correlation": 3}  # and digits shown


def predictor_table() -> str:
    """Kendall's tau by method and number of labels."""
    taus = results("predictor")["tau"]
    labels = list(next(iter(taus.values())))
    rows = [
        [name, *(f"{row[n]['tau']:.3f} ± {row[n]['deviation']:.3f}" for n in labels)]
        for name, row in taus.items()
    ]
    return table(["tau, mean and deviation", *(f"{n} labels" for n in labels)], rows)


def regret_table() -> str:
    """Mean regret by table, method and number of evaluations."""
    rows = []
    for found in (results(f"regret_{name}") for name in TABLES):
        for method, figures in found["methods"].items():
            cells = [
                f"{figures[str(n)]['regret']:.2f}" if str(n) in figures else "" for n in POINTS
            ]
            best = figures["evaluations_to_best"]
            rows.append([found["table"], method, *cells, str(best)])
    head = ["table", "method", *(f"after {n}" for n in POINTS), "median evaluations to the best"]
    return table(head, rows)


def joint_table() -> str:
    """Regret of searching architecture and recipe together or in turn."""
    rows = []
    for name, found in results("joint").items():
        if not isinstance(found, dict):
            continue
        for method, figures in found.items():
            if isinstance(figures, dict):
                low, high = figures["excess"][1:]
                excess = "" if method == "together" else f"{low:+.3f} to {high:+.3f}"
                spread = f"{figures['regret']:.3f} ± {figures['deviation']:.3f}"
                rows.append([name, method, spread, excess])
    return table(["table", "search", "regret", "more than together, 95 %"], rows)


def small_search_table() -> str:
    """What was found on CIFAR-10's subset, beside networks of the same cost."""
    found = results("small_search")
    rows = []
    for arm, trials in found["arms"].items():
        gains = found["found_minus"].get(arm)
        rows.append(
            [
                arm,
                _spread([100 * each["score"] for each in trials], 1),
                f"{statistics.mean(each['macs'] for each in trials) / MILLION:.2f}",
                f"{statistics.mean(each['params'] for each in trials) / 1e3:.0f}",
                ", ".join(f"{100 * gain:+.1f}" for gain in gains) if gains else "",
            ]
        )
    inherited = [100 * each["inherited_score"] for each in found["arms"]["found"]]
    rows.insert(
        1, ["found, trained on from the search's weights", _spread(inherited, 1), "", "", ""]
    )
    head = ["network", "told right, %", "M multiply-adds", "K parameters", "found is better by"]
    return table(head, rows)


def depth_search_table() -> str:
    """Networks found for depth beside the released one, trained alike, on measured truth."""
    arms, scores = results("depth_search"), results("depth_search_scores")
    rows = []
    for arm, told in arms.items():
        method = "previous" if arm == "released" else arm
        cells = [
            f"{scores['mean'][method][metric]:.{digits}f}" for metric, digits in TRUTHS.items()
        ]
        gains = scores["differences"].get(method, {}).get("previous")
        cells.append("" if gains is None else _gain(gains["row_ordinal"]))
        cost = [f"{told['macs'] / MILLION:.0f} M", f"{told['ms']:.1f}"]
        rows.append(
            [arm, *cost, f"{told['params'] / MILLION:.2f} M", f"{-told['held_out']:.3f}", *cells]
        )
    head = ["network", "multiply-adds", "ms, one thread", "parameters", "error on held-out frames"]
    truth = ["AbsRel", "order on the same row, %", "correlation without plane"]
    return table([*head, *truth, "order gained, 95 % over scenes"], rows)


def depth_recipe_table() -> str:
    """An architecture for depth trained by the recipe found with it, and by ours."""
    found = results("depth_recipe")
    rows = []
    for name, scores in found["scores"].items():
        recipe = [f"{value:.2g}" for value in found["recipes"][name].values()]
        errors = " ".join(f"{-each:.3f}" for each in scores)
        rows.append([name, *recipe, f"{-found['mean'][name]:.3f}", errors])
    head = [name.replace("_", " ") for name in found["recipes"]["our recipe"]]
    return table(["recipe", *head, "error on held-out frames", "by seed"], rows)


def times_table() -> str:
    """What a step of the multitask search takes, by its tasks."""
    times = results("fbnetv5_time")["times"]
    alone = statistics.mean(each["cpu_ms"] for each in times if len(each["tasks"]) == 1)
    rows = []
    for number in sorted({len(each["tasks"]) for each in times}):
        some = [each for each in times if len(each["tasks"]) == number]
        mean = statistics.mean(each["cpu_ms"] for each in some)
        sets = "; ".join(f"{' + '.join(e['tasks'])} {e['cpu_ms']:.0f}" for e in some)
        passes = f"{some[0]['forward_passes']:.0f} and {some[0]['backward_passes']:.0f}"
        rows.append([str(number), passes, f"{mean:.0f}", _more(mean / alone - 1), sets])
    head = ["tasks", "passes forward and back", "ms of a step", "more than one task", "by set, ms"]
    return table(head, rows)


def gradient_table() -> str:
    """Bias and variance of shared draws, with whole weights and with weights that are cut."""
    found = results("fbnetv5")
    rows = [
        [
            name, cut, f"{each['bias']:.0e}", f"{each['shared_variance']:.1e}",
            f"{each['gain']:.1f}", f"{each['largest_weight']:.1f}",
        ]
        for cut, key in (("no", "gradients"), ("at e^0.5", "gradients_cut_0.5"))
        for name, each in found[key].items()
    ]  # fmt: skip
    head = ["distributions", "weights cut", "largest bias", "variance"]
    return table([*head, "separate draws need, times the passes", "largest weight"], rows)


def found_table() -> str:
    """Held-out losses of what the searches found, by task."""
    found = results("fbnetv5")
    trials, constants = found["trials"], found["without_looking"]
    rows = []
    for arm in dict.fromkeys(trial["arm"] for trial in trials):
        own = {
            task: [t for t in trials if (t["arm"], t["task"]) == (arm, task)] for task in constants
        }
        losses = [_spread([t["loss"] for t in some], 3) for some in own.values()]
        cost = statistics.mean(t["flops"] for some in own.values() for t in some) / MILLION
        rows.append([arm, *losses, f"{cost:.1f}"])
    rows.append(["without looking", *(f"{each['loss']:.3f}" for each in constants.values()), ""])
    return table(["topology", *constants, "M multiply-adds"], rows)


def transfer_table() -> str:
    """Held-out losses of the depth network on found trunks and others."""
    rows = [
        [
            name,
            _spread([t["loss"] for t in some], 3),
            f"{statistics.mean(t['flops'] for t in some) / MILLION:.2f}",
        ]
        for name, some in results("fbnetv5_transfer")["trials"].items()
    ]
    return table(["trunk of the depth network", "loss", "M multiply-adds"], rows)


def _more(share: float) -> str:
    return f"{share:+.1%}" if share else ""


def _spread(values: Sequence[float], digits: int) -> str:
    mean = statistics.mean(values)
    return f"{mean:.{digits}f} ({min(values):.{digits}f}..{max(values):.{digits}f})"


def _gain(gap: dict[str, float]) -> str:
    return f"{gap['mean']:+.2f} [{gap['low']:+.2f}, {gap['high']:+.2f}]"
