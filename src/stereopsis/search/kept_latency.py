"""The latency model of a task on this machine, measured once and then kept in a folder."""

import hashlib
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from stereopsis.errors import DataError, OptionError
from stereopsis.outputs import write_all
from stereopsis.scene.input_file import read_input
from stereopsis.search.finish import fit_task_latency
from stereopsis.search.latency import LatencyModel
from stereopsis.search.open_task import OpenedTask


def latency_path(opened: OpenedTask, folder: Path, threads: int) -> Path:
    """Where the folder keeps the model of this task, machine and number of threads."""
    machine = platform.machine(), platform.processor(), os.cpu_count()
    digest = hashlib.sha256(repr(machine).encode()).hexdigest()[:8]
    return folder / f"latency-{opened.fingerprint}-{digest}-{threads}.json"


def kept_latency(opened: OpenedTask, folder: Path, threads: int) -> LatencyModel:
    """The model that the folder has of this task, machine and number of threads, else a new one.

    Raises:
        DataError: the file of the model holds something else.
    """
    path = latency_path(opened, folder, threads)
    if path.exists():
        return read_latency(path)
    model = fit_task_latency(opened.task, threads)
    write_all({path: (json.dumps(asdict(model)) + "\n").encode()})
    return model


def read_latency(path: Path) -> LatencyModel:
    """The model in this file.

    Raises:
        DataError: it holds something else.
    """
    try:
        kept = json.loads(read_input(path, DataError))
        return LatencyModel(tuple(kept["per_unit"]), kept["fixed_ms"], kept["error"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} holds no latency model.", "Remove it.") from error


@contextmanager
def forgotten_if_refused(path: Path) -> Iterator[None]:
    """A block that removes the model in this file where an option is refused.

    The model may be of a machine that was busy: the next search measures another one.
    """
    try:
        yield
    except OptionError:
        path.unlink(missing_ok=True)
        raise
