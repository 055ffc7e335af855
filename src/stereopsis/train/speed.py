"""How long networks take, measured one beside the other in the same minute."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from stereopsis.depth.model import open_depth_model
from stereopsis.depth.mono import input_size, resample
from stereopsis.depth.predict import predict
from stereopsis.scene.arrays import ColorImage
from stereopsis.train.teacher import LONG_SIDE, Teacher

THREADS = 2
ROUNDS = 15


@dataclass(frozen=True)
class Speed:
    """Of one look at a picture, at the network's default size.

    Without the mirror image and the second, larger look, which multiply it.
    """

    ms: float  # median, on THREADS threads
    fastest_ms: float
    megabytes: float  # of the file
    width: int
    height: int


def measure_speed(networks: dict[str, Path], teacher: Path | None) -> dict[str, Speed]:
    """The networks' speeds by name, and the teacher's as "teacher".

    They take turns, so that whatever else the machine does slows all of them alike.

    Raises:
        WeightsError: a file cannot be run.
    """
    photo = np.random.default_rng(0).integers(0, 256, (768, 1024, 3), np.uint8)
    runs = {name: _network_run(path, photo) for name, path in networks.items()}
    paths = dict(networks)
    if teacher is not None:
        runs["teacher"], paths["teacher"] = _teacher_run(teacher, photo), teacher
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, (run, _size) in runs.items():
            run()  # whoever ran before has left the caches, and threads that still wait for work
            start = time.perf_counter()
            run()
            times[name].append(1e3 * (time.perf_counter() - start))
    return {
        name: Speed(
            statistics.median(each),
            min(each),
            paths[name].stat().st_size / 1e6,
            *runs[name][1],
        )
        for name, each in times.items()
    }


def _network_run(path: Path, photo: ColorImage) -> tuple[Callable[[], object], tuple[int, int]]:
    network = open_depth_model(path, THREADS)
    size = input_size(photo.shape[1], photo.shape[0], network.manifest)
    images = resample(photo, size)[None]
    return lambda: predict(network, images), size


def _teacher_run(path: Path, photo: ColorImage) -> tuple[Callable[[], object], tuple[int, int]]:
    teacher = Teacher(path, THREADS)
    size = (LONG_SIDE, LONG_SIDE * photo.shape[0] // photo.shape[1])
    image = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.float32) / 255
    return lambda: teacher.run(image), size
