"""Candidates of a small search on pictures: what it finds, and what must be beaten."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stereopsis.errors import DataError, OptionError
from stereopsis.nets import fbnet
from stereopsis.nets.arch import Architecture, Stage, format_architecture, parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.trunk import build_trunk
from stereopsis.outputs import write_all
from stereopsis.scene.input_file import check_input
from stereopsis.search.budget import Budget
from stereopsis.search.fbnetv2 import Found, MaskingConfig, search_masked
from stereopsis.search.finish import RetrainConfig, retrain
from stereopsis.search.pictures_task import PicturesConfig, PicturesTask, read_pictures
from stereopsis.search.space import draw
from stereopsis.search.task import Task
from stereopsis.search.task_cost import TaskCost
from stereopsis.search.trials.trial import Report, make_trial
from stereopsis.search.trunk_space import parse_space
from stereopsis.studies.same_study import digest
from stereopsis.train.loop import LoopConfig

MOBILENETV3_SMALL = parse_architecture("""
    conv_k3_s2_c16_hs
    ir_k3_s2_e1_c16_se_re
    ir_k3_s2_e4.5_c24_re
    ir_k3_s1_e3.6667_c24_re
    ir_k5_s2_e4_c40_se_hs
    ir_k5_s1_e6_c40_n2_se_hs
    ir_k5_s1_e3_c48_n2_se_hs
    ir_k5_s2_e6_c96_n3_se_hs
""")


def for_small_pictures(architecture: Architecture, left_out: tuple[int, int]) -> Architecture:
    """A published network for pictures of 32 px: without two of its halvings, and without its head.

    So pictures of 4 x 4 remain at the end, as in SPACE.
    """
    stages = list(architecture.stages)
    while stages[-1].kind != "ir":
        stages.pop()
    halving = [i for i, stage in enumerate(stages) if stage.stride == 2]
    for number in left_out:
        stages[halving[number]] = replace(stages[halving[number]], stride=1)
    return Architecture(tuple(stages))


# FBNetV2's second stages are wide: without its second halving it would be thin everywhere.
PUBLISHED = {
    "MobileNetV3-Small": for_small_pictures(MOBILENETV3_SMALL, (0, 1)),
    "FBNetV2-F1": for_small_pictures(fbnet.PUBLISHED["FBNetV2-F1"], (0, 3)),
}
FOUND, CHANCE = "found", "chance"
SPACE = parse_space("""
    conv_k3_s1_c8:16:4_hs
    ir_k3,5_s1_e1:2:0.5_c8:16:4_re,hs
    ir_k3,5_s2_e2:6:1_c16:28:4_n1:3_se?_re,hs
    ir_k3,5_s2_e2:6:1_c24:48:8_n1:3_se?_re,hs
    ir_k3,5_s2_e2:6:1_c48:96:16_n1:2_se?_re,hs
""")
FACTORS = tuple(0.01 * n for n in range(11, 401))  # of widths
NEAR = 0.9  # share of the budget that a candidate of chance has to use
DRAWS = 20_000
SEARCH_BATCH, BATCH = 64, 128


def list_settings(
    data: Path, runs: Path, budget: Budget, seeds: int, steps: int, search_steps: int
) -> list[dict[str, Any]]:
    """The settings of all trials: searches first, since they take longest.

    A digest of the pictures is among them: trials of what the file held before are others.

    Raises:
        DataError: there is no such file, or it is empty.
    """
    check_input(data, DataError)
    common = {"data": str(data), "runs": str(runs), "macs": budget.limit, "steps": steps}
    common["pictures"] = digest([data.read_bytes()])
    return [
        {**common, "arm": arm, "seed": seed, "search_steps": search_steps if arm == FOUND else 0}
        for arm in (FOUND, *PUBLISHED, CHANCE)
        for seed in range(seeds)
    ]


def try_arm(settings: Mapping[str, Any], report: Report) -> dict[str, float]:
    """The score of one arm's network within the budget, trained from random weights.

    All arms are trained by the same recipe. The searched one is trained once more from the
    supernet's weights, as the command does: `inherited_score`.
    """
    arm, seed = settings["arm"], settings["seed"]
    budget = Budget(settings["macs"], "macs")
    place = Path(settings["runs"]) / f"{arm}_{seed}_{make_trial(settings).key[:8]}"
    pictures = PicturesConfig(BATCH, seed=seed, split_seed=seed)
    task = PicturesTask(*read_pictures(Path(settings["data"])), SPACE, pictures)
    found = None
    if arm == FOUND:
        found = run_search(task, budget, place / "search", settings["search_steps"], seed)
        architecture = found.architecture
    elif arm == CHANCE:
        architecture = draw_near(task, budget, seed)
    else:
        architecture = fit_width(task, PUBLISHED[arm], budget)
    write_all({place / "architecture.txt": f"{format_architecture(architecture)}\n".encode()})
    config = RetrainConfig(loop=LoopConfig(steps=settings["steps"], average=0.995), seed=seed)
    network = retrain(task, architecture, place / "train", config)
    cost = measure_cost(network, *task.example())
    figures = {"score": task.score(network), "macs": cost.flops, "params": cost.params}
    if found is not None:
        again = retrain(task, architecture, place / "inherit", config, found.network)
        figures["inherited_score"] = task.score(again)
    return figures


def run_search(task: PicturesTask, budget: Budget, folder: Path, steps: int, seed: int) -> Found:
    """What DMaskingNAS finds in this many steps of SEARCH_BATCH pictures."""
    pictures = replace(task.config, batch=SEARCH_BATCH)
    searching = PicturesTask(task.train, task.held_out, task.space, pictures)
    config = MaskingConfig(loop=LoopConfig(steps=steps, average=0.99), seed=seed)
    return search_masked(searching, budget, TaskCost(searching), folder, config)


def fit_width(task: Task, architecture: Architecture, budget: Budget) -> Architecture:
    """The architecture as wide as the budget allows, up to four times, all stages by one factor.

    Raises:
        OptionError: at no width does it fit.
    """

    def macs(factor: float) -> int:
        return _macs(task, scale_width(architecture, factor))

    fitting = bisect_right(FACTORS, budget.limit, key=macs)
    if not fitting:
        raise OptionError(f"No width brings the network within {budget}.", "Raise the budget.")
    return scale_width(architecture, FACTORS[fitting - 1])


def scale_width(architecture: Architecture, factor: float) -> Architecture:
    """The architecture with its channels multiplied, rounded to multiples of 4."""

    def scaled(stage: Stage) -> Stage:
        return replace(stage, channels=max(4, 4 * round(stage.channels * factor / 4)))

    return replace(architecture, stages=tuple(map(scaled, architecture.stages)))


def draw_near(task: Task, budget: Budget, seed: int) -> Architecture:
    """An architecture drawn from the task's space that uses at least NEAR of the budget.

    Raises:
        OptionError: none was drawn.
    """
    rng, space, costs = np.random.default_rng(seed), task.space.space(), TaskCost(task)
    for _ in range(DRAWS):
        candidate = draw(space, rng)
        if NEAR * budget.limit <= costs.of(candidate, budget) <= budget.limit:
            return task.space.derive(space.describe(candidate))
    raise OptionError(f"No network of the space costs about {budget}.", "Choose another budget.")


def _macs(task: Task, architecture: Architecture) -> int:
    return measure_cost(task.build(build_trunk(architecture)).eval(), *task.example()).flops
