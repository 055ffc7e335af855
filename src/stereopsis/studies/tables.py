"""Tables of trained networks: searches in them cost no training, and the best is known."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from stereopsis.errors import DataError
from stereopsis.search.space import Candidate, Choice, Space

ACCEL_BLOCKS = 7
ACCEL_PARTS = {"e": (1, 4, 6), "k": (3, 5), "l": (1, 2, 3, 4), "se": (0, 1)}
MACRO_BLOCKS = 8
HPOLIB_CHOICES = (
    Choice("activation_1", ("relu", "tanh")),
    Choice("activation_2", ("relu", "tanh")),
    Choice("batch", (8, 16, 32, 64)),
    Choice("dropout_1", (0.0, 0.3, 0.6)),
    Choice("dropout_2", (0.0, 0.3, 0.6)),
    Choice("rate", (5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1)),
    Choice("schedule", ("cosine", "constant")),
    Choice("units_1", (16, 32, 64, 128, 256, 512)),
    Choice("units_2", (16, 32, 64, 128, 256, 512)),
)
HPOLIB_RECIPE = frozenset({"batch", "dropout_1", "dropout_2", "rate", "schedule"})


@dataclass(frozen=True)
class Table:
    """Candidates without repeats, their scores (larger is better) and what they cost.

    `costs` are counted, not measured: "macs" (millions) where the table tells them, and "params".
    """

    name: str
    space: Space
    candidates: tuple[Candidate, ...]
    scores: Float[np.ndarray, " n"]
    costs: Mapping[str, Float[np.ndarray, " n"]]

    def __post_init__(self) -> None:
        assert len(set(self.candidates)) == len(self.candidates) == len(self.scores)
        for values in (self.scores, *self.costs.values()):
            if not np.isfinite(values).all():
                raise DataError(
                    f"The table {self.name} holds values that are no finite numbers.",
                    "Fetch the file again.",
                )

    @property
    def statistics(self) -> Float[np.ndarray, "n k"]:
        """The logarithms of the costs, one column for each."""
        statistics: Float[np.ndarray, "n k"] = np.log(np.stack(list(self.costs.values()), 1))
        return statistics

    def rows(self) -> dict[Candidate, int]:
        """The row of each candidate."""
        return {candidate: row for row, candidate in enumerate(self.candidates)}


def read_accel(path: Path) -> Table:
    """Accel-NASBench: networks of MobileNet blocks trained on ImageNet; scores are top-1 (%).

    Of networks that were trained twice, the first counts.
    Source: Ahmad et al., Accel-NASBench (DAC 2024).

    Raises:
        DataError: the file is missing or damaged.
    """
    return _reading(path, _accel)


def read_nasbench201(path: Path, data: str = "cifar100") -> Table:
    """All 15,625 cells of NAS-Bench-201; scores are validation accuracies (%), means of seeds.

    Source: Dong and Yang, NAS-Bench-201 (ICLR 2020).

    Raises:
        DataError: the file is missing or damaged, or does not know the data set.
    """
    return _reading(path, lambda path: _nasbench201(path, data))


def read_macro(path: Path) -> Table:
    """All 6,561 networks of NAS-Bench-Macro on CIFAR-10; scores are accuracies (%), means of three.

    Source: Su et al., Prioritized Architecture Sampling (CVPR 2021).

    Raises:
        DataError: the file is missing or damaged.
    """
    return _reading(path, _macro)


def read_hpolib(path: Path) -> Table:
    """62,208 two-layer perceptrons with their recipes; scores are -ln(validation loss).

    Source: Klein and Hutter, Tabular Benchmarks for Joint Architecture and Hyperparameter
    Optimization (2019).

    Raises:
        DataError: the file is missing or damaged.
    """
    return _reading(path, _hpolib)


def _reading(path: Path, read: Callable[[Path], Table]) -> Table:
    try:
        return read(path)
    except FileNotFoundError as error:
        raise DataError(f"There is no table {path}.", "Name a folder that holds it.") from error
    except DataError:
        raise
    except Exception as error:  # a cut zip, a missing column, text for a number
        raise DataError(f"{path} is not the table that it should be.", "Fetch it again.") from error


def _accel(path: Path) -> Table:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [f"b{block}_{part}" for block in range(ACCEL_BLOCKS) for part in ACCEL_PARTS]
    seen = {name: sorted({int(row[name]) for row in rows}) for name in names}
    choices = []
    for name, options in seen.items():
        if not set(options) <= set(ACCEL_PARTS[name[3:]]):
            raise ValueError(f"{name} has options {options}")
        choices.append(Choice(name, tuple(options)))
    space = Space(tuple(choices))
    first: dict[Candidate, dict[str, str]] = {}
    for row in rows:
        first.setdefault(space.find({name: int(row[name]) for name in names}), row)
    costs = {
        cost: np.array([float(row[key]) for row in first.values()])
        for cost, key in (("macs", "mmacs"), ("params", "mparams"))
    }
    scores = np.array([float(row["top1"]) for row in first.values()])
    return Table("Accel-NASBench", space, tuple(first), scores, costs)


def _nasbench201(path: Path, data: str) -> Table:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        names, cells = [str(name) for name in file["op_names"]], file["op"]
        scores = np.nanmean(file[f"{data}_val_acc"].astype(float), 1)
        params = file[f"{data}_model_size"].astype(float)
    space = Space(tuple(Choice(f"edge_{i}", tuple(names)) for i in range(cells.shape[1])))
    side = 16 if data == "imagenet" else 32
    macs = _nasbench201_macs(cells, names, side)
    costs = {"macs": macs, "params": params}
    return Table(f"NAS-Bench-201 {data}", space, _tuples(cells), scores, costs)


def _nasbench201_macs(cells: np.ndarray, names: Sequence[str], side: int) -> np.ndarray:
    """Multiply-adds (millions) of the whole network: three stages of five cells, 16 to 64 channels.

    Stages that double the channels halve both sides: a convolution costs the same in each. The
    last layer is left out: a few thousand.
    """
    pixels, width = side * side, 16
    pointwise = pixels * width * width
    narrow = (cells == names.index("nor_conv_1x1")).sum(1)
    wide = (cells == names.index("nor_conv_3x3")).sum(1)
    stem = 9 * 3 * width * pixels
    halvings = 2 * pointwise * (9 / 2 + 9 + 1 / 2)  # two 3x3 convolutions and a shortcut, twice
    macs: np.ndarray = (stem + halvings + 15 * pointwise * (narrow + 9 * wide)) / 1e6
    return macs


def _macro(path: Path) -> Table:
    nets: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    codes = np.array([[int(digit) for digit in code] for code in nets])
    if codes.shape[1] != MACRO_BLOCKS or codes.max() > 2:
        raise ValueError("codes of another space")
    options = ("identity", "e3_k3", "e6_k5")
    space = Space(tuple(Choice(f"block_{i}", options) for i in range(MACRO_BLOCKS)))
    scores = np.array([float(net["mean_acc"]) for net in nets.values()])
    macs = np.array([net["flops"] / 1e6 for net in nets.values()])
    params = np.array([net["params"] / 1e6 for net in nets.values()])
    costs = {"macs": macs, "params": params}
    return Table("NAS-Bench-Macro", space, _tuples(codes), scores, costs)


def _hpolib(path: Path) -> Table:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        indices, losses = file["idx"], file["val_loss"].astype(float)
        params = file["model_size"].astype(float)
    space = Space(HPOLIB_CHOICES, HPOLIB_RECIPE)
    if indices.min() < 0 or (indices.max(0) >= space.sizes).any():
        raise ValueError("options of another space")
    name = f"HPOLib {path.stem.removeprefix('hpolib_')}"
    scores = -np.log(losses.mean(1))
    return Table(name, space, _tuples(indices), scores, {"params": params})


def _tuples(indices: np.ndarray) -> tuple[Candidate, ...]:
    return tuple(tuple(int(index) for index in row) for row in indices)
