"""The pictures of the multitask study."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stereopsis.studies.gradients import GradientFigures
from stereopsis.studies.multitask_trials import ARMS, Trial
from stereopsis.studies.proxy_scores import ProxyScore
from stereopsis.train.charts import Png


def draw_study(
    gradients: Mapping[str, GradientFigures],
    trials: Sequence[Trial],
    constants: Mapping[str, ProxyScore],
) -> Png:
    """Variance of the gradient, and losses of what was found."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 2.2))
    _draw_gradients(left, gradients)
    _draw_trials(right, trials, constants)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return file.getvalue()


def _draw_gradients(axes: Axes, gradients: Mapping[str, GradientFigures]) -> None:
    places = np.arange(len(gradients))
    shared = [each.shared_variance for each in gradients.values()]
    separate = [each.separate_variance for each in gradients.values()]
    axes.bar(places - 0.2, shared, 0.4, label="shared draws")
    axes.bar(places + 0.2, separate, 0.4, label="a draw for each task")
    axes.set_xticks(places, [name.replace(" ", "\n", 1) for name in gradients])
    axes.set_yscale("log")
    axes.set_ylabel("variance of the gradient")
    axes.set_title("at equally many passes")
    axes.legend(fontsize="small")


def _draw_trials(axes: Axes, trials: Sequence[Trial], constants: Mapping[str, ProxyScore]) -> None:
    for number, arm in enumerate(ARMS):
        for group, task in enumerate(constants):
            losses = [t.score.loss for t in trials if (t.arm, t.task) == (arm, task)]
            place = group + (number - 1.5) * 0.2
            label = arm if group == 0 else "_"  # which a legend leaves out
            axes.plot([place] * len(losses), losses, "o", color=f"C{number}", label=label)
            axes.hlines(np.mean(losses), place - 0.08, place + 0.08, color=f"C{number}")
    for group, score in enumerate(constants.values()):
        axes.hlines(score.loss, group - 0.4, group + 0.4, "k", linestyles="--")
    axes.set_xticks(range(len(constants)), list(constants))
    axes.set_ylabel("held-out loss (flat answer: 1)")
    axes.plot([], [], "k--", label="without looking")
    axes.set_title("trained again; each dot a seed")
    axes.legend(fontsize="small", loc="lower left")
