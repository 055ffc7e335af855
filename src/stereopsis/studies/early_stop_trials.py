"""Small networks trained to the end, and what stopping most of them early would have done."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor, nn

from stereopsis.errors import DataError
from stereopsis.search.fbnetv3 import early_stop_epoch
from stereopsis.search.space import Candidate, Choice, Space

SIDE = 16
CLASSES = 10
SPACE = Space(
    (
        Choice("width", (8, 16, 24)),
        Choice("depth", (1, 2, 3)),
        Choice("kernel", (3, 5)),
        Choice("rate", (3e-4, 1e-3, 3e-3, 1e-2)),
        Choice("batch", (32, 64, 128)),
    ),
    frozenset({"rate", "batch"}),
)
FINALISTS = 4
SHUFFLES = 200

Curves = Float[np.ndarray, "nets epochs"]


@dataclass(frozen=True)
class Pictures:
    """Small pictures (0 to 1) and their classes; the second part judges."""

    shown: Float32[np.ndarray, "n 3 h w"]
    shown_classes: Int[np.ndarray, " n"]
    judged: Float32[np.ndarray, "m 3 h w"]
    judged_classes: Int[np.ndarray, " m"]


@dataclass(frozen=True)
class Saving:
    """What early stopping cost and saved over many orders of the same trainings.

    `share` is that of all epochs which were trained; `same` how often the pick was that of full
    trainings; `loss` the mean score lost by other picks; `stop_epoch` the median. `chance_loss` is
    lost when the same epochs are spent on full trainings of fewer networks, drawn by chance.
    """

    share: float
    same: float
    loss: float
    stop_epoch: float
    chance_loss: float


def train_curve(candidate: Candidate, pictures: Pictures, epochs: int, seed: int) -> list[float]:
    """The share of judged pictures that are classified well, after each epoch.

    Adam; the rate falls along half a cosine over all epochs, whenever the training will stop.
    """
    options = SPACE.describe(candidate)
    generator = torch.Generator().manual_seed(seed)
    width, depth, kernel = (int(options[name] or 0) for name in ("width", "depth", "kernel"))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = build_net(width, depth, kernel)
    rate, batch = float(options["rate"] or 0), int(options["batch"] or 0)
    optimizer = torch.optim.Adam(net.parameters(), rate)
    x, y = torch.from_numpy(pictures.shown), torch.from_numpy(pictures.shown_classes)
    curve = []
    for epoch in range(epochs):
        optimizer.param_groups[0]["lr"] = rate * (0.5 + 0.5 * math.cos(math.pi * epoch / epochs))
        net.train()
        for rows in torch.split(torch.randperm(len(x), generator=generator), batch):
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        curve.append(_accuracy(net, pictures))
    return curve


def build_net(width: int, depth: int, kernel: int) -> nn.Sequential:
    """A classifier whose `depth` stages halve the picture and double the channels."""
    layers: list[nn.Module] = []
    channels = 3
    for stage in range(depth):
        wider = width * 2**stage
        layers += [
            nn.Conv2d(channels, wider, kernel, 2, kernel // 2, bias=False),
            nn.BatchNorm2d(wider),
            nn.ReLU(),
        ]
        channels = wider
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * channels, CLASSES)
    )


def judge_stopping(curves: Curves, first: int, correlation: float = 0.92, seed: int = 0) -> Saving:
    """What JointNAS's early stopping does to these trainings, in many orders of them.

    The `first` are trained to the end and say where the rest stops; then FINALISTS of all are
    trained to the end, and the best of them is picked.
    """
    nets, epochs = curves.shape
    rng, best = np.random.default_rng(seed), curves[:, -1].max()
    shares, losses, stops, chance = [], [], [], []
    for _ in range(SHUFFLES):
        order = rng.permutation(nets)
        stop = early_stop_epoch(curves[order[:first]].tolist(), correlation)
        finalists = order[np.argsort(-curves[order, stop - 1], kind="stable")[:FINALISTS]]
        whole = set(order[:first]) | set(finalists)
        shares.append((len(whole) * epochs + (nets - len(whole)) * stop) / (nets * epochs))
        losses.append(best - curves[list(whole), -1].max())
        stops.append(stop)
        chance.append(best - curves[order[: round(shares[-1] * nets)], -1].max())
    same = float(np.mean(np.array(losses) == 0))
    share, loss, by_chance = (float(np.mean(each)) for each in (shares, losses, chance))
    return Saving(share, same, loss, float(np.median(stops)), by_chance)


def read_pictures(path: Path, count: int, seed: int = 0) -> Pictures:
    """`count` pictures to show, and all others to judge, SIDE pixels wide.

    Raises:
        DataError: the file is missing or holds other things.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            images = _shrink(np.concatenate([file["train_x"], file["test_x"]]))
            classes = np.concatenate([file["train_y"], file["test_y"]]).astype(np.int64)
    except FileNotFoundError as error:
        raise DataError(f"There is no file {path}.", "Name a .npz of small pictures.") from error
    except Exception as error:  # a cut zip, a missing array
        raise DataError(
            f"{path} does not hold pictures and their classes.",
            "Give train_x, train_y, test_x and test_y; pictures are uint8 (n, 32, 32, 3).",
        ) from error
    if count >= len(images):
        raise DataError(
            f"{path} holds {len(images)} pictures.", "Show fewer, to judge by the rest."
        )
    order = np.random.default_rng(seed).permutation(len(images))
    shown, judged = order[:count], order[count:]
    return Pictures(images[shown], classes[shown], images[judged], classes[judged])


def _shrink(pictures: np.ndarray) -> Float32[np.ndarray, "n 3 h w"]:
    n, h, w, _ = pictures.shape
    blocks = pictures.reshape(n, SIDE, h // SIDE, SIDE, w // SIDE, 3).mean((2, 4)) / 255
    return np.ascontiguousarray(blocks.transpose(0, 3, 1, 2), np.float32)


@torch.no_grad()
def _accuracy(net: nn.Module, pictures: Pictures) -> float:
    net.eval()
    guessed: Tensor = net(torch.from_numpy(pictures.judged)).argmax(1)
    return float((guessed.numpy() == pictures.judged_classes).mean())
