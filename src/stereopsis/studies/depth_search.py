"""Is a searched encoder better than the released depth network's at the same cost?

python -m stereopsis.studies.depth_search MONO.onnx PACK... -o DIR

The search goes on from the released weights. What it finds, within the released network's
multiply-adds and within its milliseconds, and the released network itself are then trained on by
one recipe, the latter for as many more steps as the search trained weights, so that each network
has had the same training. stereopsis.train.evaluate judges them: see runs/depth_search.sh.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import nn

from stereopsis.errors import DataError
from stereopsis.nets.arch import Architecture, format_architecture, parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.trunk import build_trunk
from stereopsis.nets.unet import UNetConfig
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.search.budget import Budget
from stereopsis.search.depth_task import DepthTask
from stereopsis.search.fbnetv2 import MaskingConfig, search_masked, trains_theta
from stereopsis.search.finish import (
    RetrainConfig,
    derive_in_time,
    fit_task_latency,
    measure_network,
    retrain,
)
from stereopsis.search.started import StartedTask
from stereopsis.search.task_cost import TaskCost
from stereopsis.search.trunk_space import parse_space
from stereopsis.studies.same_study import digest, keep_to
from stereopsis.train.command import run_command, tell_steps
from stereopsis.train.data import draw_batch
from stereopsis.train.export import export_network
from stereopsis.train.loop import LoopConfig
from stereopsis.train.mono import check_device
from stereopsis.train.pack import Pack, read_pack
from stereopsis.train.release import describe_sources, example_images, mono_manifest
from stereopsis.train.released import load_released

AROUND_RELEASED = parse_space("""
    conv_k3_s2_c16:32:8
    ir_k3_s1_e1_c8:24:8
    ir_k3,5_s2_e3:6:1_c16:32:4_n1:3
    ir_k3,5_s2_e3:6:1_c24:56:8_n1:3
    ir_k3,5_s2_e3:6:1_c48:96:16_n2:4
    ir_k3,5_s1_e3:6:1_c80:144:16_n2:4
    ir_k3,5_s2_e3:6:1_c128:256:32_n2:5
    ir_k3,5_s1_e3:6:1_c192:384:64
""")
RELEASED, SAME_MACS, SAME_MS = "released", "same-macs", "same-ms"
SETTINGS = "settings.json"
FOUND = "found.pt"  # the networks that were found, before their training
TYPICAL = 16  # frames on which batch norms are measured anew


@dataclass(frozen=True)
class DepthSearchConfig:
    """Our setting. The rates are those of weights that know much already."""

    steps: int = 2000
    search_steps: int = 2000
    learning_rate: float = 4e-4
    temperatures: tuple[float, float] = (1.0, 0.2)
    threads: int = 2
    seed: int = 0
    device: str = "cpu"

    @property
    def masking(self) -> MaskingConfig:
        """Of the search."""
        return MaskingConfig(
            loop=LoopConfig(steps=self.search_steps, average=0.99),
            learning_rate=self.learning_rate,
            temperatures=self.temperatures,
            seed=self.seed,
            device=self.device,
        )

    def retraining(self, steps: int) -> RetrainConfig:
        """Of what was found, and of the released network, for this many steps."""
        loop = LoopConfig(steps=steps, average=0.995)
        return RetrainConfig(loop, self.learning_rate, seed=self.seed, device=self.device)

    @property
    def weight_steps(self) -> int:
        """How many steps of the search train weights."""
        masking = self.masking
        return sum(not trains_theta(step, masking) for step in range(self.search_steps))


@dataclass(frozen=True)
class Arm:
    """A network that is compared: how it starts, and for how many steps it is trained."""

    architecture: Architecture
    start: nn.Module
    steps: int


def load_mono(path: Path, task: DepthTask) -> MonoDepth:
    """The released network, fit to be trained.

    Raises:
        WeightsError: the file holds another network.
    """
    rng = np.random.default_rng(0)
    images = draw_batch(task.splits["both"], task.recipe.sizes[0], TYPICAL, rng).image
    network = MonoDepth(task.heads)
    load_released(network, path, images)
    return network


def find_arms(
    task: DepthTask, released: MonoDepth, folder: Path, config: DepthSearchConfig
) -> dict[str, Arm]:
    """The released network, and what is found within its multiply-adds and its milliseconds.

    What was found is kept in the folder: measured anew, milliseconds would be others.

    Raises:
        OptionError: the released network's trunk is not in the task's space.
        DataError: the folder holds something else.
    """
    known = task.heads.trunk
    arms = {RELEASED: Arm(known, released, config.steps + config.weight_steps)}
    started = StartedTask(task, released, known)
    if not (folder / FOUND).exists():
        _keep_found(started, released, folder, config)
    try:
        kept = torch.load(folder / FOUND, weights_only=True)
        for name in (SAME_MACS, SAME_MS):
            architecture = parse_architecture(kept[name]["architecture"])
            network = task.build(build_trunk(architecture))
            network.load_state_dict(kept[name]["weights"])
            arms[name] = Arm(architecture, network, config.steps)
    except Exception as error:  # pickle and zip raise whatever the bytes provoke
        raise DataError(f"{folder / FOUND} holds no networks.", "Remove it.") from error
    return arms


def _keep_found(
    started: StartedTask, released: MonoDepth, folder: Path, config: DepthSearchConfig
) -> None:
    """Searches, and writes architectures and weights of what is found into the folder."""
    costs = TaskCost(started, fit_task_latency(started, config.threads))
    macs = Budget(measure_cost(released.eval(), *started.example()).flops, "macs")
    milliseconds = Budget(measure_network(started, released, config.threads), "ms")
    tell = tell_steps("searching", config.search_steps)
    found = search_masked(started, macs, costs, folder / "search", config.masking, tell)
    in_time = derive_in_time(started, found.supernet, costs, milliseconds, config.threads)
    kept = {
        name: {
            "architecture": format_architecture(each.architecture),
            "weights": each.network.state_dict(),
        }
        for name, each in ((SAME_MACS, found), (SAME_MS, in_time))
    }
    file = io.BytesIO()
    torch.save(kept, file)
    write_all({folder / FOUND: file.getvalue()})


def train_arm(
    task: DepthTask, name: str, arm: Arm, folder: Path, config: DepthSearchConfig
) -> MonoDepth:
    """The arm's network after its training, which the folder keeps."""
    settings, tell = config.retraining(arm.steps), tell_steps(name, arm.steps)
    network = retrain(task, arm.architecture, folder / name, settings, arm.start, tell)
    assert isinstance(network, MonoDepth)
    return network


def export_arm(network: MonoDepth, name: str, packs: Sequence[Pack], folder: Path) -> Path:
    """The network as stereopsis.train.evaluate takes it."""
    manifest = replace(
        mono_manifest(name, "study", "", describe_sources(packs), {}), recipe="runs/depth_search.sh"
    )
    return export_network(network, manifest, folder, example_images(packs[0]))


def main(  # noqa: PLR0913 - typer reads options from the arguments
    released: Annotated[Path, typer.Argument(help="The released mono.onnx.")],
    packs: Annotated[list[Path], typer.Argument(help="Packs of frames to search and train on.")],
    folder: Annotated[Path, typer.Option("--output", "-o", help="Where runs and networks go.")],
    steps: Annotated[int, typer.Option(min=1)] = DepthSearchConfig.steps,
    search_steps: Annotated[int, typer.Option(min=10)] = DepthSearchConfig.search_steps,
    threads: Annotated[int, typer.Option(min=1, help="That time a network.")] = 2,
    seed: Annotated[int, typer.Option()] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
) -> None:
    """Search, train what is found and the released network on, and write all as .onnx files."""
    check_device(device)
    prepare_folder(folder)
    opened = [read_pack(path) for path in packs]
    compare(
        DepthTask(opened, AROUND_RELEASED, heads=UNetConfig()),
        released,
        folder,
        DepthSearchConfig(steps, search_steps, threads=threads, seed=seed, device=device),
    )


def settings_of(task: DepthTask, released: Path, config: DepthSearchConfig) -> dict[str, object]:
    """All that decides what is found and how good it is; where it is trained does not."""
    settings = {name: value for name, value in asdict(config).items() if name != "device"}
    packs = [part for pack in task.packs for part in (pack.image_jpeg, pack.depth_png)]
    return settings | {
        "space": digest([repr(task.space).encode()]),
        "released": digest([released.read_bytes()]),
        "packs": digest(packs),
    }


def compare(task: DepthTask, released: Path, folder: Path, config: DepthSearchConfig) -> None:
    """Writes into the folder a network for each arm, and depth_search.json on their costs.

    Raises:
        OptionError: the folder holds the study by another setting, of another network or packs.
    """
    torch.set_num_threads(config.threads)
    keep_to(folder / SETTINGS, settings_of(task, released, config))
    report = {}
    arms = find_arms(task, load_mono(released, task), folder, config)
    for name, arm in arms.items():
        network = train_arm(task, name, arm, folder, config)
        path = export_arm(network, name, task.packs, folder)
        cost = measure_cost(network.eval(), *task.example())
        report[name] = {
            "network": path.name,
            "architecture": format_architecture(arm.architecture).splitlines(),
            "steps": arm.steps,
            "macs": cost.flops,
            "params": cost.params,
            "ms": round(measure_network(task, network, config.threads), 2),
            "held_out": task.score(network),
        }
        typer.echo(f"{name}: {cost.flops / 1e6:.0f} M multiply-adds, {report[name]['ms']} ms")
    write_all({folder / "depth_search.json": (json.dumps(report, indent=2) + "\n").encode()})


if __name__ == "__main__":
    run_command(main)
