"""LatencyModel: the milliseconds that a trunk takes on this machine, fitted to measured ones."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime
from jaxtyping import Float
from scipy.optimize import nnls

from stereopsis.nets.arch import Architecture
from stereopsis.nets.count import Size
from stereopsis.search.cost import Tally
from stereopsis.search.trunk_graph import build_graph

REPEATS = 15  # of a measurement, whose fastest counts: whatever disturbs it makes it slower
PARTS = ("dense_flops", "depthwise_flops", "elements", "layers")

Clock = Callable[[], float]


@dataclass(frozen=True)
class LatencyModel:
    """Milliseconds for each unit of the PARTS of a Tally, and beside them (`fixed_ms`).

    `error` is the median relative error on networks that it was not fitted to.

    Raises:
        ValueError: a number is missing, below 0 or infinite.
    """

    per_unit: tuple[float, float, float, float]
    fixed_ms: float
    error: float

    def __post_init__(self) -> None:
        numbers = (*self.per_unit, self.fixed_ms, self.error)
        if len(numbers) != len(PARTS) + 2 or not all(0 <= number < np.inf for number in numbers):
            raise ValueError("no times")

    def of(self, tally: Tally) -> float:
        """The milliseconds to expect."""
        parts: list[float] = [getattr(tally, part) for part in PARTS]
        return self.fixed_ms + sum(ms * x for ms, x in zip(self.per_unit, parts, strict=True))


def fit_latency(tallies: Sequence[Tally], measured_ms: Sequence[float]) -> LatencyModel:
    """The model that fits best, none of whose parts makes networks faster.

    Every fourth network is kept out of the fit and measures its error. Relative errors count, so
    that small networks fit as well as large ones.
    """
    rows = np.array([[getattr(tally, part) for part in PARTS] + [1.0] for tally in tallies])
    ms = np.asarray(measured_ms, np.float64)
    is_kept_out = np.arange(len(ms)) % 4 == 3
    fitted = _fit(rows[~is_kept_out], ms[~is_kept_out])
    kept_out = rows[is_kept_out] @ fitted
    error = float(np.median(np.abs(kept_out / ms[is_kept_out] - 1))) if is_kept_out.any() else 0.0
    dense, depthwise, elements, layers, fixed = (float(value) for value in fitted)
    return LatencyModel((dense, depthwise, elements, layers), fixed, error)


def _fit(rows: Float[np.ndarray, "n 5"], ms: Float[np.ndarray, " n"]) -> Float[np.ndarray, " 5"]:
    scale = rows.max(0) + 1e-12
    solution, _ = nnls(rows / scale / ms[:, None], np.ones(len(ms)))
    return np.asarray(solution / scale)


def measure_trunk(architecture: Architecture, size: Size, threads: int) -> float:
    """The milliseconds of one run of the trunk by ONNX Runtime on a picture of this size."""
    return measure_graph(build_graph(architecture, size).SerializeToString(), threads)


def measure_graph(model: bytes, threads: int, clock: Clock | None = None) -> float:
    """The milliseconds of the fastest of several runs of an ONNX file on zeros.

    One thread is measured by its own time, which passes only while it runs: whatever else the
    machine does hardly counts. Several are measured by the clock on the wall, as they wait for each
    other.
    """
    if clock is None:
        clock = time.thread_time if threads == 1 else time.perf_counter
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    inputs = {
        port.name: np.zeros(port.shape, np.uint8 if "uint8" in port.type else np.float32)
        for port in session.get_inputs()
    }
    session.run(None, inputs)
    best = np.inf
    for _ in range(REPEATS):
        start = clock()
        session.run(None, inputs)
        best = min(best, clock() - start)
    return 1000 * best
