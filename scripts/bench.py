"""Measures what stereopsis promises: time, memory, sizes, and the renderer against OpenGL.

    python scripts/bench.py [--photos DIR] [--repeats N] [--json]

Times are medians (and minima) over the repeats. Each measurement runs in its own process, so that
peak memory is its own and nothing is warm that should not be. The photos are those in samples/, or
in another folder, each enlarged to 12 megapixels for the times.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

from bench_frames import FRAME, TRIANGLES, opengl_frames, our_frames
from PIL import Image

from stereopsis.cli.batch import Work
from stereopsis.cli.inputs import find_photos
from stereopsis.cli.make import Wishes, make_3d_photo
from stereopsis.outputs import write_all
from stereopsis.show.html import page_around

ROOT = Path(__file__).parent.parent
MEGAPIXELS = 12
MEGABYTE, KILOBYTE = 1e6, 1e3

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Timing:
    """Milliseconds over several runs."""

    median: float
    minimum: float

    @classmethod
    def of(cls, runs: list[float]) -> "Timing":
        """The summary of these runs, in milliseconds."""
        return cls(statistics.median(runs), min(runs))

    def __str__(self) -> str:
        unit, scale, digits = ("s", 1e-3, 2) if self.median >= 1000 else ("ms", 1.0, 0)
        return f"{self.median * scale:.{digits}f} {unit} ({self.minimum * scale:.{digits}f})"


@dataclass(frozen=True)
class Pipeline:
    """Photos to .glb and .html again and again in one process, after a warm-up with each."""

    whole: Timing  # over all photos and repeats
    slowest: Timing  # of the photo that takes longest
    stages: dict[str, Timing]
    peak_bytes: int


@dataclass(frozen=True)
class Cold:
    """The command in a new process: wall time and peak memory."""

    whole: Timing
    peak_bytes: int


@dataclass(frozen=True)
class Bench:
    """All that is measured. Mappings of int are by number of processor cores."""

    machine: str
    load: float  # processes that wanted a core in the minute before
    commit: str
    warm: dict[int, Pipeline]
    cold: Cold
    first_ever: Cold
    glb_bytes: dict[str, int]
    page_bytes: int
    frame: dict[int, Timing]
    opengl: tuple[str, Timing | None]


def measure_pipeline(photos: list[Path], repeats: int) -> Pipeline:
    """Times the command's own work on each photo, files included."""
    totals: dict[Path, list[float]] = {photo: [] for photo in photos}
    stages: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for run in range(repeats + 1):
            for photo in photos:
                work = _work(photo, Path(folder))
                start = time.perf_counter()
                make_3d_photo(work, Wishes(["glb", "html"]))
                with work.stage("write"):
                    write_all(work.files)
                if run > 0:
                    totals[photo].append(1e3 * (time.perf_counter() - start))
                    for name, ms in work.ms.items():
                        stages.setdefault(name, []).append(ms)
    return Pipeline(
        Timing.of([ms for runs in totals.values() for ms in runs]),
        max((Timing.of(runs) for runs in totals.values()), key=lambda timing: timing.median),
        {name: Timing.of(runs) for name, runs in stages.items()},
        _peak_bytes(resource.RUSAGE_SELF),
    )


def measure_glb(photo: Path) -> int:
    """The size of a photo's .glb at default quality."""
    work = _work(photo, Path())
    make_3d_photo(work, Wishes(["glb"]))
    return sum(len(data) for data in work.files.values())


def measure_command(photo: Path, repeats: int, environment: Mapping[str, str]) -> Cold:
    """Times `stereopsis photo` from start to end of its process."""
    runs, peaks = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "stereopsis", "photo", str(photo), "-o", folder]
            start = time.perf_counter()
            process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            runs.append(1e3 * (time.perf_counter() - start))
            peaks.append(_in_bytes(usage.ru_maxrss))
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                raise subprocess.CalledProcessError(process.returncode, command)
    return Cold(Timing.of(runs), max(peaks))


def measure_opengl(photo: Path, repeats: int, cores: int) -> tuple[str, Timing | None]:
    """Times OpenGL on the same views; says what drew them, or why nothing did."""
    outcome = in_own_process(cores, opengl_frames, photo, repeats)
    if isinstance(outcome, str):
        return outcome, None
    name, runs = outcome
    return name, Timing.of(runs)


def bench(photos: list[Path], repeats: int) -> Bench:
    """All measurements, one after another; takes some minutes."""
    cores = sorted({1, min(2, os.cpu_count() or 1)})
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        large = [enlarged(photo, Path(folder) / f"{photo.stem}.jpg") for photo in photos]
        with tempfile.TemporaryDirectory() as cache:
            environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
            first_ever = measure_command(large[0], 1, environment)
            cold = measure_command(large[0], repeats, environment)
        return Bench(
            machine=machine(),
            load=load,
            commit=commit(),
            warm={n: in_own_process(n, measure_pipeline, large, repeats) for n in cores},
            cold=cold,
            first_ever=first_ever,
            glb_bytes={path.name: in_own_process(cores[-1], measure_glb, path) for path in photos},
            page_bytes=len(page_around(b"").encode()),
            frame={
                n: Timing.of(in_own_process(n, our_frames, large[0], 3 * repeats)) for n in cores
            },
            opengl=measure_opengl(large[0], repeats, cores[-1]),
        )


def in_own_process(cores: int, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What the function returns in a new process that may use so many processor cores."""
    with _on_cores(cores), ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


@contextmanager
def _on_cores(count: int) -> Iterator[None]:
    """Keeps this process, and those it starts, on some of its cores, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def enlarged(photo: Path, path: Path) -> Path:
    """The photo as a JPEG of 12 megapixels at `path`."""
    with Image.open(photo) as picture:
        scale = (MEGAPIXELS * 1e6 / (picture.width * picture.height)) ** 0.5
        size = (round(scale * picture.width), round(scale * picture.height))
        picture.convert("RGB").resize(size, Image.Resampling.BICUBIC).save(path, quality=92)
    return path


def machine() -> str:
    """The processor and the number of cores."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        name = next((line.split(": ")[1] for line in lines if line.startswith("model name")), name)
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"


def commit() -> str:
    """The commit that is measured, or "unknown" outside of a repository."""
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    return outcome.stdout.strip() or "unknown"


def table(result: Bench) -> str:
    """The measurements as a Markdown table beside what they must reach."""
    most = max(result.warm)
    sizes = list(result.glb_bytes.values())
    middle, largest = statistics.median(sizes) / KILOBYTE, max(sizes) / KILOBYTE
    opengl_name, opengl = result.opengl
    photo = f"{MEGAPIXELS} MP JPEG to .glb + .html"
    rows = [
        *((f"{photo}, warm, {_cores(n)}", str(p.whole), "1.0 s") for n, p in result.warm.items()),
        (f"the slowest of {len(sizes)} photos", str(result.warm[most].slowest), ""),
        *((f"- {name}", str(t), "") for name, t in result.warm[most].stages.items()),
        (f"{photo}, new process", str(result.cold.whole), "4 s"),
        (f"{photo}, first run ever", str(result.first_ever.whole), "apart"),
        ("peak memory, new process", f"{result.cold.peak_bytes / MEGABYTE:.0f} MB", "900 MB"),
        (f".glb of {len(sizes)} photos, median", f"{middle:.0f} KB", "450 KB"),
        (".glb, largest", f"{largest:.0f} KB", "800 KB"),
        ("page without the picture", f"{result.page_bytes / KILOBYTE:.1f} KB", "25 KB"),
        *((f"renderer, {_frame()}, {_cores(n)}", str(t), "30 ms") for n, t in result.frame.items()),
        (f"OpenGL, {_frame()}", f"{opengl}, {opengl_name}" if opengl else opengl_name, "rival"),
    ]
    facts = (result.machine, f"load {result.load:.1f} before", f"commit {result.commit}")
    lines = ["; ".join((*facts, "median (fastest)")), ""]
    lines += ["| figure | measured | must reach |", "|---|---|---|"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def _cores(count: int) -> str:
    return f"{count} core" if count == 1 else f"{count} cores"


def _frame() -> str:
    return f"{TRIANGLES / 1e3:.0f} k triangles at {FRAME[0]}x{FRAME[1]}"


def _work(photo: Path, folder: Path) -> Work:
    return Work(photo, folder / photo.stem, lambda done, total: None)


def _peak_bytes(who: int) -> int:
    return _in_bytes(resource.getrusage(who).ru_maxrss)


def _in_bytes(max_rss: int) -> int:
    """What the system calls the largest resident set, in bytes."""
    return max_rss if sys.platform == "darwin" else 1024 * max_rss


def main() -> None:
    """Measures, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, default=ROOT / "samples", metavar="DIR")
    parser.add_argument("--repeats", type=int, default=5, metavar="N")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = bench(find_photos([arguments.photos]), arguments.repeats)
    print(json.dumps(asdict(result), indent=2) if arguments.json else table(result))


if __name__ == "__main__":
    main()
