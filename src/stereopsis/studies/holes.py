"""Is what the inpainting network paints nearer to the truth than what classical fills do?

python -m stereopsis.studies.holes PACK... -o DIR [--network FILE]...
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.ndimage import distance_transform_edt

from stereopsis.errors import DataError, OptionError
from stereopsis.lift.continued import Continued
from stereopsis.lift.inpaint import inpaint
from stereopsis.lift.paint import Painter, network_painter, paint
from stereopsis.nets.inpaint import InpaintNet
from stereopsis.outputs import prepare_folder
from stereopsis.runtime.network import open_network
from stereopsis.scene.layers import LayeredImage
from stereopsis.train.bootstrap import Difference, paired_difference
from stereopsis.train.charts import Png, bar_chart, contact_sheet
from stereopsis.train.command import run_command
from stereopsis.train.holes import Lifted, Truth, lift, true_layers
from stereopsis.train.pack import Frame, Pack, read_pack
from stereopsis.train.released import load_checkpoint

PARALLAX = 0.1  # of the longer side: holes as wide in pixels as in a photo lifted at full size
SAME_PX = 6.0
FEWEST = 200  # judged hidden pixels that a frame must have
RADIUS_PX = 3.0  # of OpenCV's fills, its usual value
PATCH_RADIUS_PX = 3  # of PatchMatch, the value of its package's examples
SHEET_ROWS = 8
DIFFUSION = "diffusion"

Method = Callable[[Lifted, LayeredImage], LayeredImage]  # of what is hidden, given the guess


@dataclass(frozen=True)
class Row:
    """The scores of one method on one frame."""

    method: str
    frame: str
    scores: dict[str, float]


def classical_methods() -> dict[str, Method]:
    """Fills that are not trained, all shown the same patches; and the diffusion along links."""
    slow: dict[str, Painter] = {
        "patchmatch": lambda shown: (fill_patchmatch(shown), shown.parallax),
        "biharmonic": lambda shown: (fill_biharmonic(shown), shown.parallax),
    }
    return quick_methods() | {name: painting(painter) for name, painter in slow.items()}


def quick_methods() -> dict[str, Method]:
    """The classical methods but for the two that take many times as long as all others."""
    painters: dict[str, Painter] = {
        "constant": fill_constant,
        "telea": lambda shown: (fill_opencv(shown, cv2.INPAINT_TELEA), shown.parallax),
        "navier-stokes": lambda shown: (fill_opencv(shown, cv2.INPAINT_NS), shown.parallax),
    }
    methods: dict[str, Method] = {DIFFUSION: lambda lifted, guessed: guessed}
    return methods | {name: painting(painter) for name, painter in painters.items()}


def network_methods(paths: Sequence[Path]) -> dict[str, Method]:
    """What the networks in these files paint, by their names.

    Raises:
        OptionError: two have one name.
        WeightsError: a file holds no such network.
    """
    by_name = {name_of(path): path for path in paths}
    if len(by_name) < len(paths):
        raise OptionError("Two networks have one name.", "Rename one of the files.")
    return {name: painting(open_painter(path)) for name, path in by_name.items()}


def painting(painter: Painter) -> Method:
    """The method that paints patches so."""
    return lambda lifted, guessed: paint(guessed, lifted.parallax_px, painter)


def fill_constant(shown: Continued) -> tuple[np.ndarray, np.ndarray]:
    """The mean colour of what is known, and no parallax from its plane."""
    known = shown.known[..., None].astype(np.float32)
    mean = (shown.color * known).sum((1, 2)) / np.maximum(known.sum((1, 2)), 1)
    color = np.broadcast_to(mean[:, None, None], shown.color.shape)
    return np.ascontiguousarray(color, np.float32), np.zeros_like(shown.parallax)


def fill_opencv(shown: Continued, method: int) -> np.ndarray:
    """Telea's or the Navier-Stokes fill (n, s, s, 3) of all that is not known."""
    filled = [
        cv2.inpaint(color.astype(np.uint8), 1 - known, RADIUS_PX, method)
        for color, known in zip(shown.color, shown.known, strict=True)
    ]
    return np.stack(filled).astype(np.float32)


def fill_patchmatch(shown: Continued) -> np.ndarray:
    """PatchMatch's fill (n, s, s, 3) of holes, from known pixels alone; equal every time.

    Source: Barnes et al., PatchMatch (2009), as the package PyPatchMatch has it.
    """
    from patchmatch import patch_match

    filled = [
        patch_match.inpaint(
            color.astype(np.uint8),
            hole.astype(bool),
            global_mask=(known == 0) & ~hole.astype(bool),
            patch_size=PATCH_RADIUS_PX,
        )
        for color, hole, known in zip(shown.color, shown.hole, shown.known, strict=True)
    ]
    return np.stack(filled).astype(np.float32)


def fill_biharmonic(shown: Continued) -> np.ndarray:
    """scikit-image's biharmonic fill (n, s, s, 3) of holes; beyond them stands what is nearest.

    It would fill that, too, which takes a minute for each patch.
    """
    from skimage.restoration import inpaint_biharmonic

    filled = []
    for color, hole, known in zip(shown.color, shown.hole, shown.known, strict=True):
        nearest = distance_transform_edt(known == 0, return_distances=False, return_indices=True)
        around = color[tuple(nearest)] / 255
        filled.append(255 * inpaint_biharmonic(around, hole, channel_axis=-1))
    return np.stack(filled).clip(0, 255).astype(np.float32)


def open_painter(path: Path) -> Painter:
    """The network in an .onnx file, or in a run's checkpoint.

    Raises:
        WeightsError: the file holds no such network.
    """
    if path.suffix == ".onnx":
        return network_painter(open_network(path))
    network = InpaintNet()
    load_checkpoint(network, path)
    network.eval()

    def painter(shown: Continued) -> tuple[np.ndarray, np.ndarray]:
        arrays = shown.color, shown.parallax, shown.hole, shown.known
        with torch.inference_mode():
            color, parallax = network(*(torch.from_numpy(each) for each in arrays))
        return color.numpy(), parallax.numpy()

    return painter


def name_of(path: Path) -> str:
    """The network's: a checkpoint has that of its run's folder."""
    return path.parent.name if path.suffix == ".pt" else path.stem


def score(found: LayeredImage, truth: Truth, parallax_px: float) -> dict[str, float]:
    """Of the hidden pixels whose truth is known: PSNR of colours, dB, and parallax off, px."""
    judged = truth.judged & found.hidden
    off = found.color[judged].astype(np.float64) - truth.color[judged]
    depth_off = np.abs(found.inverse_depth[judged] - truth.inverse_depth[judged])
    return {
        "psnr": 10 * math.log10(255**2 / max(float((off**2).mean()), 1e-6)),
        "color_off": float(np.abs(off).mean()),
        "parallax_off_px": float(parallax_px * depth_off.mean()),
    }


def score_frames(
    methods: Mapping[str, Method], frames: Mapping[str, Frame]
) -> tuple[list[Row], dict[str, list[np.ndarray]]]:
    """The scores of each method on each frame that hides enough, and pictures of some.

    Raises:
        DataError: no frame does.
    """
    rows: list[Row] = []
    pictures: dict[str, list[np.ndarray]] = {}
    for name, frame in track(frames.items(), "judging"):
        lifted = lift(frame, PARALLAX)
        guessed = inpaint(lifted.layers, lifted.parallax_px)
        truth = true_layers(lifted, guessed, frame, SAME_PX)
        if (truth.judged & guessed.hidden).sum() < FEWEST:
            continue
        found = {method: fill(lifted, guessed) for method, fill in methods.items()}
        rows += [
            Row(method, name, score(each, truth, lifted.parallax_px))
            for method, each in found.items()
        ]
        if len(pictures) < SHEET_ROWS:
            pictures[name] = [frame.image, show_hidden(guessed, truth.color, truth.judged)]
            pictures[name] += [show_hidden(e, e.color, truth.judged) for e in found.values()]
    if not rows:
        raise DataError("No frame hides enough to judge by.", "Give packs with hidden layers.")
    return rows, pictures


def show_hidden(layers: LayeredImage, color: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """The photo (h, w, 3), with the judged hidden pixels in these colours over what hides them."""
    picture = layers.color[: layers.visible_count].reshape(layers.height, layers.width, 3).copy()
    (hidden,) = np.nonzero(layers.hidden & judged)
    picture[layers.y[hidden], layers.x[hidden]] = color[hidden]
    return picture


def means(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """The mean over frames of each score, by method."""
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        for name, value in row.scores.items():
            found.setdefault(row.method, {}).setdefault(name, []).append(value)
    return {
        method: {name: float(np.mean(values)) for name, values in scores.items()}
        for method, scores in found.items()
    }


def gains(rows: Sequence[Row], ours: str, metric: str) -> dict[str, Difference]:
    """Our score minus each other method's, over frames."""
    scores: dict[str, list[float]] = {}
    for row in rows:
        scores.setdefault(row.method, []).append(row.scores[metric])
    frames = [row.frame for row in rows if row.method == ours]
    mine = np.array(scores[ours])
    return {
        method: paired_difference(mine, np.array(values), frames)
        for method, values in scores.items()
        if method != ours
    }


def told(rows: Sequence[Row], compared: Sequence[str]) -> dict[str, Any]:
    """The means of all methods, and what the compared ones gain over the others, for JSON."""
    return {
        "frames": len({row.frame for row in rows}),
        "mean": means(rows),
        "gain_in_psnr": {
            ours: {other: asdict(gap) for other, gap in gains(rows, ours, "psnr").items()}
            for ours in compared
        },
    }


def draw_sheet(columns: Sequence[str], pictures: Mapping[str, list[np.ndarray]]) -> Png:
    """A row for each frame."""
    return contact_sheet(list(columns), list(pictures.values()), list(pictures))


def print_scores(title: str, rows: Sequence[Row], compared: Sequence[str]) -> None:
    """A table of means for people, and what the compared methods gain over the others."""
    console = Console(highlight=False)
    found = means(rows)
    table = Table(title, *next(iter(found.values())))
    for method, scores in found.items():
        table.add_row(method, *(f"{value:.2f}" for value in scores.values()))
    console.print(table)
    for ours in compared:
        for other, gap in gains(rows, ours, "psnr").items():
            text = f"{gap.mean:+.2f} dB [{gap.low:+.2f}, {gap.high:+.2f}]"
            console.print(f"PSNR of {ours} minus {other}: {text}")


def read_frames(packs: Sequence[Pack], names: Sequence[str]) -> dict[str, Frame]:
    """All frames by pack and number."""
    return {
        f"{name} {i}": pack[i]
        for pack, name in zip(packs, names, strict=True)
        for i in range(len(pack))
    }


def main(
    packs: Annotated[list[Path], typer.Argument(help="Packs made with --hidden-layers.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
    network: Annotated[
        list[Path] | None, typer.Option(help="Networks: .onnx files or checkpoints.")
    ] = None,
) -> None:
    """Score networks against classical fills and a constant, on worlds that hide what is known."""
    networks = network_methods(network or [])
    prepare_folder(out)
    frames = read_frames([read_pack(path) for path in packs], [path.stem for path in packs])
    methods = classical_methods() | networks
    rows, pictures = score_frames(methods, frames)
    compared = list(networks) or [DIFFUSION]
    report = told(rows, compared)
    (out / "holes.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    (out / "holes.png").write_bytes(draw_sheet(["picture", "truth", *methods], pictures))
    bars = {method: {"PSNR, dB": scores["psnr"]} for method, scores in means(rows).items()}
    (out / "holes_psnr.png").write_bytes(bar_chart("hidden pixels, worlds", bars))
    print_scores("mean over frames", rows, compared)


if __name__ == "__main__":
    run_command(main)
