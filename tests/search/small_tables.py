"""A space small enough to list, whose scores and costs are simple sums; and tables in files."""

import csv
import itertools
import json
from pathlib import Path

import numpy as np

from stereopsis.search.predictor import PredictorConfig
from stereopsis.search.predictor_net import NetConfig
from stereopsis.search.space import Candidate, Choice, Space
from stereopsis.studies.tables import ACCEL_BLOCKS, ACCEL_PARTS, HPOLIB_CHOICES, Table

SPACE = Space(
    (
        Choice("b0_width", (8, 16, 24, 32)),
        Choice("b1_width", (8, 16, 24, 32)),
        Choice("b0_kernel", (3, 5)),
        Choice("b1_kernel", (3, 5)),
        Choice("act", ("relu", "tanh")),
        Choice("rate", (0.001, 0.01, 0.1)),
    ),
    frozenset({"rate"}),
)
ALL: tuple[Candidate, ...] = tuple(itertools.product(*map(range, SPACE.sizes)))
QUICK = PredictorConfig(NetConfig(members=2, hidden=16, embedding=8, head=8), pretrain_steps=150)


def cost(candidate: Candidate) -> float:
    """From 2 to 20."""
    first, second, *kernels = candidate[:4]
    return float((first + 1) * (1 + kernels[0]) + (second + 1) * (1 + kernels[1])) + 4 * (
        candidate[4] > 0
    )


def score(candidate: Candidate) -> float:
    """Wider, larger and the middle rate are better."""
    first, second, third, fourth, act, rate = candidate
    return first + 1.5 * second + third + 0.5 * fourth - 0.5 * act - 2.0 * (rate - 1) ** 2


def table() -> Table:
    """The whole space."""
    costs = np.array([cost(candidate) for candidate in ALL])
    scores = np.array([score(candidate) for candidate in ALL])
    return Table("small", SPACE, ALL, scores, {"macs": costs, "params": costs + 1})


def write_accel(path: Path, count: int = 60, **changes: object) -> None:
    """Random networks whose accuracy grows with what they cost; the last is written twice."""
    rng = np.random.default_rng(0)
    names = [f"b{block}_{part}" for block in range(ACCEL_BLOCKS) for part in ACCEL_PARTS]
    rows = []
    for i in range(count):
        row = {name: int(rng.choice(ACCEL_PARTS[name[3:]][:3])) for name in names}
        size = sum(row.values())
        top1 = 60 + 0.1 * size + 0.01 * i
        rows.append(row | {"top1": top1, "mmacs": 100 + size, "mparams": 1 + size / 50} | changes)
    rows.append(rows[-1] | {"top1": 1.0})
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_nasbench201(path: Path) -> None:
    """Every cell, scored by its convolutions."""
    names = np.array(["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"])
    cells = np.array(list(itertools.product(range(5), repeat=6)), np.int8)
    wide = (cells == 3).sum(1)
    accuracy = np.stack([10.0 * wide, 10.0 * wide + 2, np.full(len(cells), np.nan)], 1)
    np.savez(
        path, op=cells, op_names=names, cifar100_val_acc=accuracy, cifar100_model_size=1 + wide
    )


def write_macro(path: Path) -> None:
    """Every network, scored by its blocks."""
    nets = {
        "".join(map(str, code)): {
            "mean_acc": 80.0 + sum(code),
            "flops": int(1e6 * (2 + sum(code))),
            "params": int(1e5 * (2 + sum(code))),
        }
        for code in itertools.product(range(3), repeat=8)
    }
    path.write_text(json.dumps(nets))


def write_hpolib(path: Path, units: tuple[int, ...] = (0, 2, 3, 5)) -> None:
    """Some perceptrons with all their recipes; small rates, and more units, lose less."""
    sizes = [range(len(choice.options)) for choice in HPOLIB_CHOICES]
    sizes[-2] = sizes[-1] = units  # type: ignore[call-overload]
    indices = np.array(list(itertools.product(*sizes)), np.int8)
    loss = np.exp(indices[:, 5] / 5 - indices[:, 7] / 10)
    np.savez(path, idx=indices, val_loss=np.stack([loss] * 4, 1), model_size=1 + indices[:, 7])
