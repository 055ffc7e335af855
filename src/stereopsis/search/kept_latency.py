"""The latency model of a task on this machine, measured once and then kept in a folder."""

import json
from dataclasses import asdict
from pathlib import Path

from stereopsis.errors import DataError
from stereopsis.outputs import write_all
from stereopsis.scene.input_file import read_input
from stereopsis.search.finish import fit_task_latency
from stereopsis.search.latency import LatencyModel
from stereopsis.search.open_task import OpenedTask


def kept_latency(opened: OpenedTask, folder: Path, threads: int) -> LatencyModel:
    """The model that the folder has of this task and number of threads, else a new one.

    Raises:
        DataError: the file of the model holds something else.
    """
    path = folder / f"latency-{opened.fingerprint}-{threads}.json"
    if path.exists():
        try:
            kept = json.loads(read_input(path, DataError))
            return LatencyModel(tuple(kept["per_unit"]), kept["fixed_ms"], kept["error"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path} holds no latency model.", "Remove it.") from error
    model = fit_task_latency(opened.task, threads)
    write_all({path: (json.dumps(asdict(model)) + "\n").encode()})
    return model
