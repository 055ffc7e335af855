"""Candidates of a small search on pictures: what it finds, and what must be beaten."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stereopsis.errors import OptionError
from stereopsis.nets.arch import Architecture, Stage, format_architecture, parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.trunk import build_trunk
from stereopsis.search.budget import Budget
from stereopsis.search.fbnetv2 import Found, MaskingConfig, search_masked
from stereopsis.search.finish import RetrainConfig, retrain
from stereopsis.search.pictures_task import PicturesTask, read_pictures
from stereopsis.search.space import draw
from stereopsis.search.task import Task
from stereopsis.search.task_cost import TaskCost
from stereopsis.search.trials import Report
from stereopsis.search.trunk_space import parse_space
from stereopsis.train.loop import LoopConfig

# The published networks for pictures of 32 px: two of five halvings left out, so that pictures of
# 4 x 4 remain, as in SPACE. MobileNetV3 is without the first two. FBNetV2, whose second stages are
# wide, would then be thin everywhere; it is without the first and the fourth.
MOBILENETV3_SMALL = parse_architecture("""
    conv_k3_s1_c16_hs
    ir_k3_s1_e1_c16_se_re
    ir_k3_s2_e4.5_c24_re
    ir_k3_s1_e3.6667_c24_re
    ir_k5_s2_e4_c40_se_hs
    ir_k5_s1_e6_c40_n2_se_hs
    ir_k5_s1_e3_c48_n2_se_hs
    ir_k5_s2_e6_c96_n3_se_hs
""")
FBNETV2_F1 = parse_architecture("""
    conv_k3_s1_c8_hs
    ir_k5_s1_e1_c8_re
    ir_k5_s2_e5.4566_c24_re
    ir_k5_s1_e4.7912_c24_re
    ir_k5_s2_e5.3501_c32_se_re
    ir_k5_s1_e4.5379_c24_se_re
    ir_k5_s1_e5.7133_c56_hs
    ir_k3_s1_e4.1212_c56_hs
    ir_k3_s1_e5.1246_c56_se_hs
    skip_c80
    ir_k5_s1_e4.507_c80_se_hs
    ir_k5_s1_e1.7712_c80_se_hs
    ir_k3_s2_e4.5685_c144_se_hs
    ir_k5_s1_e5.84_c144_se_hs
    ir_k5_s1_e6.8754_c144_se_hs
""")
PUBLISHED = {"MobileNetV3-Small": MOBILENETV3_SMALL, "FBNetV2-F1": FBNETV2_F1}
FOUND, CHANCE = "found", "chance"
SPACE = parse_space("""
    conv_k3_s1_c8:16:4_hs
    ir_k3,5_s1_e1:2:0.5_c8:16:4_re,hs
    ir_k3,5_s2_e2:6:1_c16:28:4_n1:3_se?_re,hs
    ir_k3,5_s2_e2:6:1_c24:48:8_n1:3_se?_re,hs
    ir_k3,5_s2_e2:6:1_c48:96:16_n1:2_se?_re,hs
""")
FACTORS = np.arange(2.0, 0.1, -0.01)  # of widths
NEAR = 0.9  # share of the budget that a candidate of chance has to use
DRAWS = 20_000
SEARCH_BATCH, BATCH = 64, 128


def list_settings(
    data: Path, runs: Path, budget: Budget, seeds: int, steps: int, search_steps: int
) -> list[dict[str, Any]]:
    """The settings of all trials: searches first, since they take longest."""
    common = {"data": str(data), "runs": str(runs), "macs": budget.limit, "steps": steps}
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
    place = Path(settings["runs"]) / f"{arm}_{seed}"
    train, held_out = read_pictures(Path(settings["data"]))
    task = PicturesTask(train, held_out, SPACE, BATCH, seed=seed)
    loop = LoopConfig(steps=settings["steps"], average=0.995)
    config = RetrainConfig(loop=loop, seed=seed)
    figures: dict[str, float] = {}
    found = None
    if arm == FOUND:
        start = time.monotonic()
        searching = PicturesTask(train, held_out, SPACE, SEARCH_BATCH, seed=seed)
        found = run_search(searching, budget, place / "search", settings["search_steps"], seed)
        figures["search_s"] = time.monotonic() - start
        architecture = found.architecture
    elif arm == CHANCE:
        architecture = draw_near(task, budget, seed)
    else:
        architecture = fit_width(task, PUBLISHED[arm], budget)
    place.mkdir(parents=True, exist_ok=True)
    (place / "architecture.txt").write_text(format_architecture(architecture) + "\n")
    network = retrain(task, architecture, place / "train", config)
    cost = measure_cost(network, *task.example())
    figures |= {"score": task.score(network), "macs": cost.flops, "params": cost.params}
    if found is not None:
        again = retrain(task, architecture, place / "inherit", config, found.network)
        figures["inherited_score"] = task.score(again)
    return figures


def run_search(task: Task, budget: Budget, folder: Path, steps: int, seed: int) -> Found:
    """What DMaskingNAS finds in this many steps."""
    config = MaskingConfig(loop=LoopConfig(steps=steps, average=0.99), seed=seed)
    return search_masked(task, budget, TaskCost(task), folder, config)


def fit_width(task: Task, architecture: Architecture, budget: Budget) -> Architecture:
    """The architecture as wide as the budget allows, all stages by the same factor.

    Raises:
        OptionError: at no width does it fit.
    """
    for factor in FACTORS:
        scaled = scale_width(architecture, float(factor))
        if _macs(task, scaled) <= budget.limit:
            return scaled
    raise OptionError(f"No width brings the network within {budget}.", "Raise the budget.")


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
