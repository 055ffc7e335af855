"""Measures the way from a raw pair to a 3D photo, stage by stage, and its memory.

    python scripts/bench_stereo.py PAIRS [--repeats N]

PAIRS holds <set>/<name>/{left.png,right.png} (rectified pairs about 720 px wide) and may hold
aria_*/<name>/{left_raw.png,right_raw.png,calib.json} of glasses. Everything is measured in a
process of its own that may use one core, then two; times are medians (and minima) after a warm-up.
OpenCV's SGBM takes turns with the dense stage. Prints JSON.
"""

import argparse
import json
import resource
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from bench import Timing, commit, in_own_process, machine

from stereopsis.depth.semiglobal import match_semiglobally
from stereopsis.depth.stereo import match_densely, open_stereo_network
from stereopsis.pipeline import stereo_to_3d
from stereopsis.runtime.network import Network, open_network
from stereopsis.runtime.weights import WeightsName, find_weights
from stereopsis.scene.photo_file import read_photo
from stereopsis.scene.stereo import StereoPair
from stereopsis.scene.stereo_file import read_stereo
from stereopsis.show.gltf import to_glb
from stereopsis.train.pair_methods import USUAL

NETWORKS: tuple[WeightsName, ...] = ("stereo", "stereo-int8")
DENSE_SIZE = (720, 500)
USUAL_RANGE = (0, 80)


@dataclass(frozen=True)
class Pipeline:
    """Pairs to .glb in memory, files read before."""

    pairs: int
    source: dict[str, str]
    whole: Timing
    slowest: Timing
    stages: dict[str, Timing]
    peak_bytes: int


def find_pairs(folder: Path) -> dict[str, tuple[Path, Path, Path | None]]:
    """Left, right and rig files by name: raw ones of glasses, others as they are."""
    found: dict[str, tuple[Path, Path, Path | None]] = {}
    for left in sorted(folder.glob("*/*/left.png")):
        raw = left.with_name("left_raw.png")
        name = f"{left.parent.parent.name}/{left.parent.name}"
        if raw.exists():
            found[name] = raw, left.with_name("right_raw.png"), left.with_name("calib.json")
        else:
            found[name] = left, left.with_name("right.png"), None
    return found


def measure_pipeline(files: dict[str, tuple[Path, Path, Path | None]], repeats: int) -> Pipeline:
    """Times every stage from pictures in memory to .glb."""
    pairs: dict[str, StereoPair] = {
        name: read_stereo(left, right, rig) for name, (left, right, rig) in files.items()
    }
    totals: dict[str, list[float]] = {name: [] for name in pairs}
    stages: dict[str, list[float]] = {}
    source: dict[str, str] = {}
    for run in range(repeats + 1):
        for name, pair in pairs.items():
            start = time.perf_counter()
            made = stereo_to_3d(pair)
            with made.report.stage("glb"):
                to_glb(made.mesh)
            if run > 0:
                totals[name].append(1e3 * (time.perf_counter() - start))
                for stage, ms in made.report.ms.items():
                    stages.setdefault(stage, []).append(ms)
                source[name] = made.depth.source
    return Pipeline(
        len(pairs),
        source,
        Timing.of([ms for runs in totals.values() for ms in runs]),
        max((Timing.of(runs) for runs in totals.values()), key=lambda timing: timing.median),
        {stage: Timing.of(runs) for stage, runs in stages.items()},
        1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    )


def measure_dense(left: Path, right: Path, threads: int, repeats: int) -> dict[str, Timing]:
    """Times each network's dense stage at 720 x 500, and SGBM's, in turns."""
    cv2.setNumThreads(threads)
    pictures = [
        np.asarray(cv2.resize(read_photo(path).pixels, DENSE_SIZE, interpolation=cv2.INTER_AREA))
        for path in (left, right)
    ]
    networks: dict[str, Network] = {
        name: open_stereo_network(open_network(find_weights(name), threads)) for name in NETWORKS
    }
    times: dict[str, list[float]] = {name: [] for name in (*NETWORKS, "sgbm-3way")}
    for _ in range(repeats + 1):
        for name, runs in times.items():
            start = time.perf_counter()
            if name == "sgbm-3way":
                match_semiglobally(pictures[0], pictures[1], *USUAL_RANGE, USUAL)
            else:
                match_densely(pictures[0], pictures[1], networks[name])
            runs.append(1e3 * (time.perf_counter() - start))
    return {name: Timing.of(runs[1:]) for name, runs in times.items()}


def main() -> None:
    """Measures, and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--repeats", type=int, default=5, metavar="N")
    arguments = parser.parse_args()
    files = find_pairs(arguments.pairs)
    if not files:
        raise SystemExit(f"{arguments.pairs} holds no <set>/<name>/left.png.")
    left, right, _ = next(iter(sorted(files.values(), key=lambda paths: -paths[0].stat().st_size)))
    report = {
        "machine": machine(),
        "commit": commit(),
        "pipeline": {
            cores: asdict(in_own_process(cores, measure_pipeline, files, arguments.repeats))
            for cores in (1, 2)
        },
        "dense_at_720x500": {
            cores: {
                name: asdict(timing)
                for name, timing in in_own_process(
                    cores, measure_dense, left, right, cores, 3 * arguments.repeats
                ).items()
            }
            for cores in (1, 2)
        },
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
