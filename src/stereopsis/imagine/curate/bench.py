"""Measures speed and memory of a funnel: python -m stereopsis.imagine.curate.bench --help."""

import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.progress import track

from stereopsis.imagine.curate.config import FunnelConfig
from stereopsis.imagine.curate.eye import EyeName
from stereopsis.imagine.curate.filters import SizeFilter
from stereopsis.imagine.curate.run import curate
from stereopsis.outputs import prepare_folder, write_all
from stereopsis.train.charts import curve_chart
from stereopsis.train.command import run_command

SHARD_ROWS = 1000
SIZE, SMALLER = (192, 160), (134, 112)  # width, height
COPY_EVERY = 10  # each tenth picture is a smaller copy of the one before
MOST_BY_NETWORK = 10_000


def write_haystack(folder: Path, count: int, seed: int) -> None:
    """Shards of so many pictures of soft blobs, some of them copies."""
    random = np.random.default_rng(seed)
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    for shard, start in enumerate(track(range(0, count, SHARD_ROWS), "generating", transient=True)):
        cells = []
        for number in range(start, min(count, start + SHARD_ROWS)):
            if number % COPY_EVERY == 1:
                picture = np.asarray(cv2.resize(picture, SMALLER, interpolation=cv2.INTER_AREA))
            else:
                blobs = random.integers(0, 256, (5, 6, 3), np.uint8)
                picture = np.asarray(cv2.resize(blobs, SIZE, interpolation=cv2.INTER_CUBIC))
            image = cv2.imencode(".jpg", picture)[1].tobytes()
            cells.append({"image": image, "caption": f"picture {number}"})
        pq.write_table(pa.Table.from_pylist(cells), folder / f"{shard:05d}.parquet")


def measure(folder: Path, out: Path, eye: EyeName) -> dict[str, Any]:
    """Figures of one funnel in this process, whose memory's peak is its own only if it is fresh.

    Seconds are of the processor, which does little else than this.
    """
    config = FunnelConfig(offensive=None, ocr=None, size=SizeFilter(64), eye=eye)
    before = _peak_mb()
    start = time.process_time()
    funnel = curate([folder], out, config)
    seconds = time.process_time() - start
    return {
        "pictures": funnel.tally.rows,
        "eye": eye,
        "kept": funnel.kept,
        "seconds": round(seconds, 2),
        "images_per_second": round(funnel.tally.rows / seconds, 1),
        "peak_mb": round(_peak_mb()),
        "grown_mb": round(_peak_mb() - before),
    }


def main(
    counts: Annotated[list[int] | None, typer.Argument(min=1, help="How many pictures.")] = None,
    out: Annotated[Path | None, typer.Option("--output", "-o", help="Folder of results.")] = None,
    only: Annotated[Path | None, typer.Option(hidden=True)] = None,
    eye: Annotated[EyeName, typer.Option(hidden=True)] = "grid",
) -> None:
    """Generate haystacks and measure the funnel, each in a fresh process."""
    if only is not None:
        with tempfile.TemporaryDirectory() as place:
            sys.stdout.write(json.dumps(measure(only, Path(place) / "out", eye)))
        return
    folder = out or Path()
    prepare_folder(folder)
    runs = [run for count in counts or [1000] for run in _measure_apart(count)]
    report = {"machine": platform.machine(), "runs": runs}
    lines = {
        own: (
            np.array([run["pictures"] for run in runs if run["eye"] == own]),
            np.array([run["peak_mb"] for run in runs if run["eye"] == own]),
        )
        for own in ("grid", "lite0")
    }
    chart = curve_chart("Memory of the funnel", ("pictures", "peak, MB"), lines, marked=True)
    text = f"{json.dumps(report, indent=2)}\n".encode()
    write_all({folder / "curate.json": text, folder / "curate.png": chart})
    Console(highlight=False, stderr=True).print(runs)


def _measure_apart(count: int) -> list[dict[str, Any]]:
    """The figures of a haystack of so many, by each eye that is not too slow for it."""
    eyes = ("grid", "lite0") if count <= MOST_BY_NETWORK else ("grid",)
    with tempfile.TemporaryDirectory() as folder:
        write_haystack(Path(folder), count, seed=0)
        command = [sys.executable, "-m", "stereopsis.imagine.curate.bench", "--only", folder]
        return [
            json.loads(
                subprocess.run([*command, "--eye", eye], check=True, stdout=subprocess.PIPE).stdout
            )
            for eye in eyes
        ]


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    run_command(main)
