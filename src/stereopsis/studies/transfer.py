"""Does a topology found on the proxy set make a better depth network than chance or a chain?

python -m stereopsis.studies.transfer PROXY.npz FBNETV5.json -o DIR --runs DIR
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.progress import track
from torch import Tensor, nn

from stereopsis.errors import DataError
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.topology import Part, parse_topology
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.search.multitask import ProxyTask, build_tasks
from stereopsis.search.proxy import ProxySet, draw_frames, read_proxy
from stereopsis.search.transfer import (
    MOST_REPEATS,
    Decoder,
    build_chain_mono,
    build_parallel_mono,
)
from stereopsis.studies.multitask import SHARE, SPACE
from stereopsis.studies.multitask_trials import random_topology
from stereopsis.studies.proxy_scores import CHUNK, mean_correlation
from stereopsis.studies.same_study import mark_training
from stereopsis.train.command import run_command
from stereopsis.train.loop import LoopConfig, train
from stereopsis.train.losses import normalise, trimmed_l1
from stereopsis.train.report_json import report_json

BATCH, RATE = 16, 5e-3

Build = Callable[[int], MonoDepth]  # of a seed


def read_found(path: Path) -> list[frozenset[Part]]:
    """The depth topologies of the multitask searches in a report of studies.multitask, by seed.

    Raises:
        DataError: the file is no such report.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        found = [each["multitask"]["depth"]["topology"] for each in report["found"]]
        return [parse_topology(SPACE, "\n".join(lines)) for lines in found]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path.name} does not tell which topologies were found.",
            "Make it with stereopsis.studies.multitask.",
        ) from error


def list_arms(
    found: Sequence[frozenset[Part]], depth: ProxyTask, proxy: ProxySet
) -> dict[str, Build]:
    """By name how to build a network: a found topology, one of chance, the largest chain.

    Chains have no more multiply-adds than the first found network.
    """
    decoder = Decoder()
    picture = torch.zeros(1, *proxy.size, 3)
    first = build_parallel_mono(SPACE, found[0], decoder).eval()
    limit = measure_cost(first, picture).flops
    chains = [build_chain_mono(SPACE, n, decoder).eval() for n in range(1, MOST_REPEATS + 1)]
    fitting = [measure_cost(each, picture).flops <= limit for each in chains]
    repeats = max(1, sum(fitting))

    def by_chance(seed: int) -> MonoDepth:
        on = random_topology(SPACE, depth, proxy, np.random.default_rng(seed))
        return build_parallel_mono(SPACE, on, decoder)

    return {
        "found": lambda seed: build_parallel_mono(SPACE, found[seed % len(found)], decoder),
        "random": by_chance,
        f"chain of {repeats}": lambda seed: build_chain_mono(SPACE, repeats, decoder),
    }


def try_network(
    build: Build, proxy: ProxySet, steps: int, seed: int, folder: Path
) -> dict[str, float]:
    """The cost of a network, and its error on held-out frames after a short training.

    The training is kept inside the folder, under a name that tells it from all others.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build(seed)
    place = folder / mark_training(network, proxy, steps, seed, BATCH, RATE)
    seen = proxy.only(np.arange(len(proxy) - len(proxy.part("held_out"))))

    def objective(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        drawn = draw_frames(seen, BATCH, np.random.default_rng([seed, step]))
        guess, _ = module(torch.from_numpy(drawn.image))
        return depth_error(guess, drawn), {}

    optimizer = torch.optim.AdamW(network.parameters(), RATE)
    loop = LoopConfig(steps=steps, warmup=20, record_every=steps, save_every=steps)
    trained = train(network, optimizer, objective, loop, place)
    held_out = proxy.part("held_out")
    with torch.inference_mode():
        chunks = [held_out.image[i : i + CHUNK] for i in range(0, len(held_out), CHUNK)]
        guess = torch.cat([trained(torch.from_numpy(chunk))[0] for chunk in chunks])
        cost = measure_cost(network.eval(), torch.zeros(1, *proxy.size, 3))
    correlation = mean_correlation(guess.numpy(), held_out.depth.astype(np.float32))
    return {
        "flops": cost.flops,
        "loss": round(float(depth_error(guess, held_out)), 4),
        "correlation": round(100 * correlation, 2),
    }


def depth_error(guess: Tensor, frames: ProxySet) -> Tensor:
    """Mean absolute error of inverse depth after normalise(), at full size."""
    target = torch.from_numpy(frames.depth.astype(np.float32))
    known = torch.ones_like(target, dtype=torch.bool)
    return trimmed_l1(normalise(guess, known), target, known, torch.ones(len(target))).mean()


def main(
    proxy: Annotated[Path, typer.Argument(help="A proxy set of stereopsis.search.make_proxy.")],
    found: Annotated[Path, typer.Argument(help="fbnetv5.json of stereopsis.studies.multitask.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    runs: Annotated[Path, typer.Option(help="Folder for what is trained.")],
    steps: Annotated[int, typer.Option(min=1, help="Steps of a training.")] = 300,
    seeds: Annotated[int, typer.Option(min=1, help="How often each is trained.")] = 3,
) -> None:
    """Train the depth network with the found trunk, with trunks of chance and with a chain."""
    frames, topologies = read_proxy(proxy), read_found(found)
    prepare_folder(out)
    torch.set_num_threads(1)
    (depth,) = build_tasks(["depth"], frames, SPACE, SHARE)
    arms = list_arms(topologies, depth, frames)
    results: Mapping[str, list[dict[str, Any]]] = {name: [] for name in arms}
    for seed in track(range(seeds), "training"):
        for name, build in arms.items():
            place = runs / f"mono_{name}_{seed}".replace(" ", "_")
            results[name].append(try_network(build, frames, steps, seed, place))
    report = report_json({"steps": steps, "trials": results})
    write_all({out / "fbnetv5_transfer.json": report.encode()})
    for name, rows in results.items():
        losses = [row["loss"] for row in rows]
        spread = f"{np.mean(losses):.3f} ({min(losses):.3f}..{max(losses):.3f})"
        cost = np.mean([row["flops"] for row in rows]) / 1e6
        typer.echo(f"{name}: loss {spread}, {cost:.2f} M multiply-adds")


if __name__ == "__main__":
    run_command(main)
