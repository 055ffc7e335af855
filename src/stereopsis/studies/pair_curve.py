"""How much error how much time buys: the stereo network and SGBM at several sizes of the pictures.

python -m stereopsis.studies.pair_curve --truth DIR -o DIR
"""

import resource
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.progress import track

from stereopsis.depth.semiglobal import Disparity
from stereopsis.depth.stereo import match_densely
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.runtime.network import Network
from stereopsis.runtime.weights import find_weights
from stereopsis.scene.arrays import ColorImage, InverseDepth, Mask
from stereopsis.train.bootstrap import Difference, paired_difference
from stereopsis.train.charts import curve_chart
from stereopsis.train.command import run_command
from stereopsis.train.evaluate_pairs import RIVAL, THREADS, Row, score_all
from stereopsis.train.pair_methods import Method, matched, open_stereo, semiglobal
from stereopsis.train.pair_truth import PairTruth, read_pair_truths
from stereopsis.train.report_json import report_json

SHARES = (0.5, 0.6, 0.7, 0.85, 1.0, 1.2)  # of the width; networks reduce what is too large again
FULL = 1.0


@dataclass(frozen=True)
class Point:
    """A method at one size: its mean error and time, and both against SGBM at full size."""

    bad2: float
    epe: float
    ms: float
    times_sgbm: float
    bad2_minus_sgbm: Difference


def unguided(network: Network) -> Method:
    """Our way with this network, without the dense guess; the range is found as always."""
    return lambda pair: match_densely(pair.left, pair.right, network, nothing_sure).disparity


def nothing_sure(
    left: ColorImage, right: ColorImage, least_px: int, most_px: int
) -> tuple[Disparity, Mask]:
    """A matcher that knows nothing."""
    return np.zeros(left.shape[:2], np.float32), np.zeros(left.shape[:2], np.bool_)


def at_share(method: Method, share: float) -> Method:
    """The method on pictures whose sides are this share, its disparity enlarged again."""

    def found(pair: PairTruth) -> InverseDepth:
        height, width = pair.valid.shape
        size = round(width * share), round(height * share)
        factor = np.float32(size[0] / width)
        kind = cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC
        left, right = (
            np.asarray(cv2.resize(image, size, interpolation=kind), np.uint8)
            for image in (pair.left, pair.right)
        )
        truth = np.asarray(cv2.resize(pair.disparity * factor, size), np.float32)
        small = PairTruth(pair.set, pair.name, left, right, truth, truth > 0, None)
        answer = cv2.resize(method(small), (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(answer / factor, np.float32)

    return method if share == FULL else found


def collect_families(networks: dict[str, Path]) -> dict[str, Method]:
    """What is tried at every size: SGBM, each network, and the first without its guess."""
    opened = {name: open_stereo(path, THREADS) for name, path in networks.items()}
    families: dict[str, Method] = {RIVAL: semiglobal}
    families |= {name: matched(network) for name, network in opened.items()}
    name, first = next(iter(opened.items()))
    return families | {f"{name} unguided": unguided(first)}


def measure_points(
    families: dict[str, Method], truths: Iterable[PairTruth]
) -> dict[str, dict[float, Point]]:
    """Of each family the points by share, all measured in turns on each pair."""
    methods = {
        f"{name}@{share}": at_share(method, share)
        for name, method in families.items()
        for share in SHARES
    }
    rows: dict[str, list[Row]] = {name: [] for name in methods}
    for row in score_all(methods, truths):
        rows[row.method].append(row)
    rival = rows[f"{RIVAL}@{FULL}"]
    return {
        name: {share: _point(rows[f"{name}@{share}"], rival) for share in SHARES}
        for name in families
    }


def draw_points(points: dict[str, dict[float, Point]]) -> bytes:
    """The curves as a PNG."""
    curves = {
        name: (
            np.array([point.ms for point in each.values()]),
            np.array([point.bad2 for point in each.values()]),
        )
        for name, each in points.items()
    }
    sizes = ", ".join(f"{share:g}" for share in SHARES)
    labels = f"ms a pair, {THREADS} threads", "pixels off by more than 2 px, %"
    return curve_chart(f"pictures {sizes} times as wide", labels, curves, marked=True)


def _point(rows: list[Row], rival: list[Row]) -> Point:
    def mean(metric: str, of: list[Row]) -> float:
        return statistics.mean(row.scores[metric] for row in of)

    ours, theirs = (np.array([row.scores["bad2"] for row in of]) for of in (rows, rival))
    ms = mean("ms", rows)
    gap = paired_difference(ours, theirs, [row.scene for row in rows])
    return Point(mean("bad2", rows), mean("epe", rows), ms, ms / mean("ms", rival), gap)


def main(
    truth: Annotated[Path, typer.Option(help="Folder with stereo/ sets.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder for results.")],
) -> None:
    """Score the embedded stereo networks and SGBM at several sizes, and time them."""
    cv2.setNumThreads(THREADS)
    truths = read_pair_truths(truth)
    prepare_folder(out)
    families = collect_families(
        {"stereo": find_weights("stereo"), "stereo-int8": find_weights("stereo-int8")}
    )
    points = measure_points(families, track(truths, "evaluating"))
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = {
        "pairs": len(truths),
        "threads": THREADS,
        "peak_bytes": peak,
        "curves": {
            name: {str(share): asdict(point) for share, point in each.items()}
            for name, each in points.items()
        },
    }
    write_all(
        {
            out / "stereo_curve.json": report_json(report).encode(),
            out / "stereo_curve.png": draw_points(points),
        }
    )
    for name, each in points.items():
        for share, point in each.items():
            gap = point.bad2_minus_sgbm
            typer.echo(
                f"{name} at {share:g}: bad2 {point.bad2:.1f} %, {point.ms:.0f} ms, "
                f"{point.times_sgbm:.1f} times SGBM, {gap.mean:+.1f} [{gap.low:+.1f}, "
                f"{gap.high:+.1f}] points"
            )


if __name__ == "__main__":
    run_command(main)
