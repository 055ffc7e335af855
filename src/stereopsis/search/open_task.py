"""A task by name: one of ours, or an object in somebody's Python module."""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stereopsis.errors import OptionError
from stereopsis.search.task import Task

BUILT_IN = ("depth", "pictures")
NEEDED = ("name", "space", "build", "example", "loss", "score")  # of a task: see Task


def open_task(name: str, data: Sequence[Path]) -> Task:
    """The task `depth` or `pictures` on this data, or the object MODULE:NAME or FILE.py:NAME.

    Raises:
        OptionError: there is no such task, it lacks something, or the data is missing.
        DataError: the data cannot be used.
    """
    if name == "depth":
        from stereopsis.search.depth_task import DepthTask
        from stereopsis.train.pack import read_pack

        _need(data, "packs of frames, as runs/packs.sh makes them")
        return DepthTask([read_pack(path) for path in data])
    if name == "pictures":
        from stereopsis.search.pictures_task import PicturesTask, read_pictures

        _need(data, "one .npz file with train_x, train_y, test_x and test_y")
        return PicturesTask(*read_pictures(data[0]))
    if ":" not in name:
        raise OptionError(
            f"There is no task {name}.",
            f"Use {' or '.join(BUILT_IN)}, or name an object of yours like my_task.py:task.",
        )
    task: Any = _load(*name.rsplit(":", 1))
    if lacking := [part for part in NEEDED if not hasattr(task, part)]:
        raise OptionError(
            f"{name} is no task: it has no {lacking[0]}.",
            "Give it what stereopsis.search.task.Task lists.",
        )
    found: Task = task
    return found


def _need(data: Sequence[Path], what: str) -> None:
    if not data:
        raise OptionError("The task has no data to search on.", f"Name with --data {what}.")


def _load(module: str, name: str) -> object:
    """The object of this name in a module, or in a file that ends in .py."""
    try:
        if module.endswith(".py"):
            path = Path(module).resolve()
            spec = importlib.util.spec_from_file_location(path.stem, path)
            assert spec is not None and spec.loader is not None
            loaded = importlib.util.module_from_spec(spec)
            sys.modules[path.stem] = loaded
            spec.loader.exec_module(loaded)
        else:
            sys.path.insert(0, str(Path.cwd()))
            loaded = importlib.import_module(module)
        return getattr(loaded, name)
    except Exception as error:  # somebody's code may raise anything
        raise OptionError(
            f"The task {module}:{name} cannot be loaded: {type(error).__name__}: {error}.",
            "Mend it, or correct its name.",
        ) from error
