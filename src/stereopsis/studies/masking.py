"""What a search's step costs, by masks and by branches: python -m stereopsis.studies.masking.

With masks a step should take the same time and memory for any number of options; with a branch for
each option, as before FBNetV2, both grow with their number.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import Tensor, nn
from torch.nn import functional

from stereopsis.nets.arch import Stage
from stereopsis.nets.blocks import InvertedResidual
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.search.supernet import MaskedTrunk
from stereopsis.search.trunk_space import StageOptions, TrunkSpace
from stereopsis.train.charts import curve_chart
from stereopsis.train.command import run_command
from stereopsis.train.report_json import report_json

OPTIONS = (2, 4, 8, 16, 32, 64)
INPUTS, MOST, EXPANSION, SIDE, BATCH = 32, 128, 3, 32, 8


@dataclass(frozen=True)
class Spent:
    """What one step took: the median of its milliseconds, and megabytes kept for the gradient."""

    options: int
    ms: float
    megabytes: float


class Branches(nn.Module):
    """A block for each number of channels, padded with zeros to the most and added up by weights.

    Source: the search by branches that Wan et al., FBNetV2 (2020), section 3.1, start from.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            InvertedResidual(INPUTS, Stage("ir", 3, 1, count, EXPANSION), first=True)
            for count in channels
        )

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        """Features (n, INPUTS, h, w) to (n, MOST, h, w)."""
        mixed = torch.zeros(len(x), MOST, *x.shape[2:])
        for block, weight in zip(self.blocks, weights, strict=True):
            y = block(x)
            mixed = mixed + weight * functional.pad(y, (0, 0, 0, 0, 0, MOST - y.shape[1]))
        return mixed


def count_options(options: int) -> tuple[int, ...]:
    """So many numbers of channels, evenly spread up to the most."""
    return tuple(round(MOST * (i + 1) / options) for i in range(options))


def step_of_masks(options: int) -> Callable[[], None]:
    """A forward and backward pass of a masked block with so many numbers of channels."""
    stage = StageOptions("ir", (3,), 1, count_options(options), (EXPANSION,))
    trunk = MaskedTrunk(TrunkSpace((stage,)), INPUTS)
    x = torch.randn(BATCH, INPUTS, SIDE, SIDE)
    theta = torch.zeros(options, requires_grad=True)

    def step() -> None:
        trunk.weigh({"0.channels": theta.softmax(0)})
        (block,) = trunk.stages[0].children()
        block(x).square().mean().backward()

    return step


def step_of_branches(options: int) -> Callable[[], None]:
    """The same with a branch for each."""
    branches = Branches(count_options(options))
    x = torch.randn(BATCH, INPUTS, SIDE, SIDE)
    theta = torch.zeros(options, requires_grad=True)

    def step() -> None:
        branches(x, theta.softmax(0)).square().mean().backward()

    return step


def kept_megabytes(step: Callable[[], None]) -> float:
    """What a step keeps for its gradient; a tensor that is kept twice counts once."""
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        step()
    return sum(kept.values()) / 1e6


def measure(steps: dict[str, dict[int, Callable[[], None]]], rounds: int) -> dict[str, list[Spent]]:
    """Each step's cost. All take turns, so that what disturbs one disturbs all."""
    times: dict[tuple[str, int], list[float]] = {}
    for _ in range(rounds):
        for name, by_options in steps.items():
            for options, step in by_options.items():
                step()  # untimed: after a much larger one memory is to be fetched anew
                start = time.perf_counter()
                step()
                spent = 1000 * (time.perf_counter() - start)
                times.setdefault((name, options), []).append(spent)
    return {
        name: [
            Spent(options, float(np.median(times[name, options])), kept_megabytes(step))
            for options, step in by_options.items()
        ]
        for name, by_options in steps.items()
    }


def main(
    folder: Annotated[Path, typer.Option("--output", "-o", help="Where figures and plot go.")],
    rounds: Annotated[int, typer.Option(min=1, help="Steps that are timed.")] = 15,
    threads: Annotated[int, typer.Option(min=1, help="Processor threads.")] = 1,
) -> None:
    """Measure time and memory of a search's step against the number of options."""
    prepare_folder(folder)
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    steps = {
        "masks": {options: step_of_masks(options) for options in OPTIONS},
        "branches": {options: step_of_branches(options) for options in OPTIONS},
    }
    spent = measure(steps, rounds)
    for name, rows in spent.items():
        for row in rows:
            typer.echo(f"{name:9} {row.options:3} options {row.ms:8.1f} ms {row.megabytes:8.1f} MB")
    figures = {name: [asdict(row) for row in rows] for name, rows in spent.items()}
    files = {folder / "masking.json": report_json(figures).encode()}
    x = np.array(OPTIONS)
    for what in ("ms", "megabytes"):
        curves = {
            name: (x, np.array([getattr(row, what) for row in rows]))
            for name, rows in spent.items()
        }
        title = f"One step with so many numbers of channels, {threads} thread(s)"
        files[folder / f"masking_{what}.png"] = curve_chart(title, ("options", what), curves)
    write_all(files)
    for name, rows in spent.items():
        ratio = rows[-1].ms / rows[0].ms, rows[-1].megabytes / rows[0].megabytes
        typer.echo(
            f"{name}: {OPTIONS[-1]} options take {ratio[0]:.2f} times the time and "
            f"{ratio[1]:.2f} times the memory of {OPTIONS[0]}"
        )


if __name__ == "__main__":
    run_command(main)
