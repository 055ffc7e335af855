"""How well autoencoders give pictures back, beside trivial rivals.

python -m stereopsis.imagine.reconstruction --help
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer
from jaxtyping import Float64, UInt8

from stereopsis.imagine.autoencoder_loss import reconstruct
from stereopsis.imagine.captioned import read_captioned, without_learned
from stereopsis.imagine.models.autoencoder import Autoencoder, check_side, open_autoencoder
from stereopsis.imagine.models.pixels import to_pictures, to_signal
from stereopsis.outputs import write_all
from stereopsis.train.command import prepare_file, run_command
from stereopsis.train.features import build_eye, feature_distance

Array = UInt8[np.ndarray, "n s s 3"]
Picture = UInt8[np.ndarray, "s s 3"]
Method = Callable[[Array], Array]

BATCH = 32
MOST_DB = 99.0


@dataclass(frozen=True)
class Likeness:
    """Means over pictures: PSNR in dB, SSIM, and the feature distance (0 to 2)."""

    psnr: float
    ssim: float
    feature: float


def compare(given: Array, painted: Array) -> Likeness:
    """How like the painted pictures are to the given ones."""
    pairs = list(zip(given, painted, strict=True))
    eye, features = build_eye(), 0.0
    with torch.no_grad():
        for i in range(0, len(given), BATCH):
            ours, theirs = (torch.from_numpy(x[i : i + BATCH]).float() for x in (painted, given))
            features += float(feature_distance(ours, theirs, eye)) * len(ours)
    ratios, likenesses = (float(np.mean([f(a, b) for a, b in pairs])) for f in (psnr, ssim))
    return Likeness(ratios, likenesses, features / len(given))


def psnr(given: Picture, painted: Picture) -> float:
    """The peak signal-to-noise ratio in dB; MOST_DB where nothing differs."""
    error = np.square(given.astype(np.float64) - painted).mean()
    return min(MOST_DB, 10 * float(np.log10(255**2 / max(error, 1e-12))))


def ssim(given: Picture, painted: Picture) -> float:
    """The mean structural similarity over places and colours; borders are mirrored.

    Source: Wang et al., Image Quality Assessment (2004), with its Gaussian window.
    """
    a, b = given.astype(np.float64), painted.astype(np.float64)
    mean_a, mean_b = _blur(a), _blur(b)
    var_a, var_b = _blur(a * a) - mean_a**2, _blur(b * b) - mean_b**2
    shared = _blur(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * shared + c2)
    return float((top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean())


def method_of(autoencoder: Autoencoder) -> Method:
    """The pictures through the autoencoder."""

    def run(pictures: Array) -> Array:
        painted = []
        with torch.no_grad():
            for i in range(0, len(pictures), BATCH):
                signal = to_signal(torch.from_numpy(pictures[i : i + BATCH]))
                painted.append(to_pictures(reconstruct(autoencoder, signal)[0]).numpy())
        return np.concatenate(painted)

    return run


def rivals(learned_from: Array) -> dict[str, Method]:
    """What costs nothing: the mean picture of the training set, and a box average enlarged."""
    mean = learned_from.mean(0).round().astype(np.uint8)

    def averaged(pictures: Array) -> Array:
        side = pictures.shape[1]
        small, whole = (side // 8, side // 8), (side, side)
        means = [cv2.resize(x, small, interpolation=cv2.INTER_AREA) for x in pictures]
        return np.stack([cv2.resize(x, whole, interpolation=cv2.INTER_CUBIC) for x in means])

    return {
        "mean picture": lambda pictures: np.repeat(mean[None], len(pictures), 0),
        "average of 8 x 8 px": averaged,
    }


def table(given: Array, methods: Mapping[str, Method]) -> dict[str, Likeness]:
    """The likeness that each method reaches on the given pictures."""
    return {name: compare(given, method(given)) for name, method in methods.items()}


def as_markdown(rows: Mapping[str, Likeness]) -> str:
    """The table, one line per method."""
    lines = ["| method | PSNR (dB) | SSIM | feature distance |", "|---|---|---|---|"]
    lines += [f"| {n} | {x.psnr:.2f} | {x.ssim:.3f} | {x.feature:.4f} |" for n, x in rows.items()]
    return "\n".join(lines) + "\n"


def of_how_many(tested: int, dropped: int) -> str:
    """What to say of the pictures that a table is about."""
    more = f"; {dropped} more were left out, as they were learned from" if dropped else ""
    return f"Tested on {tested} held-out pictures{more}."


def sheet_rows(given: Array, methods: Sequence[Method]) -> list[list[Picture]]:
    """For each given picture, itself and what each method makes of it."""
    painted = [method(given) for method in methods]
    return [[picture, *(each[i] for each in painted)] for i, picture in enumerate(given)]


def _blur(x: Float64[np.ndarray, "s s 3"]) -> Float64[np.ndarray, "s s 3"]:
    return np.asarray(cv2.GaussianBlur(x, (11, 11), 1.5))


def main(
    held_out: Annotated[Path, typer.Argument(help="A folder, list or shard to test with.")],
    runs: Annotated[list[str], typer.Argument(help="What to call each autoencoder: NAME=RUN.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The table, a .md file.")],
    learned_from: Annotated[
        list[Path] | None,
        typer.Option(help="All that was learned from: none of it is tested, its mean is a rival."),
    ] = None,
    side: Annotated[int, typer.Option(min=16, help="Pixels of the square pictures.")] = 64,
    threads: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Compare autoencoders with each other and with trivial rivals."""
    torch.set_num_threads(threads)
    prepare_file(output, ".md")
    methods = {}
    for run in runs:
        name, _, folder = run.rpartition("=")
        autoencoder = open_autoencoder(Path(folder))
        check_side(side, autoencoder.config["block_out_channels"])
        methods[name or folder] = method_of(autoencoder)
    given = read_captioned([held_out], side, needs_caption=False)
    tested, base, told = given, given, ""
    if learned_from:
        base = read_captioned(learned_from, side, needs_caption=False)
        tested = without_learned(given, base.hashes)
        told = f"\n{of_how_many(len(tested), len(given) - len(tested))}\n"
    rows = table(tested.pictures, {**methods, **rivals(base.pictures)})
    write_all({output: (as_markdown(rows) + told).encode()})


if __name__ == "__main__":
    run_command(main)
