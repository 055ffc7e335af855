"""A task by name: one of ours, or an object in somebody's Python module."""

import hashlib
import importlib
import importlib.util
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from stereopsis.errors import DataError, OptionError, StereopsisError
from stereopsis.scene.input_file import check_input
from stereopsis.search.guarded_task import GuardedTask, first_line, told_by
from stereopsis.search.task import Task
from stereopsis.search.trunk_space import TrunkSpace
from stereopsis.search.watched import watched_files

BUILT_IN = ("depth", "pictures")
TAKEN = ("report", "recipe", "latency")  # names of files beside the network's
METHODS = ("build", "example", "loss", "score")
NEEDED = ("name", "space", *METHODS)  # of a task: see Task
NAME = re.compile(r"[\w-]{1,50}")  # files are called so


@dataclass(frozen=True)
class OpenedTask:
    """A task, and the name and the data by which another process opens the same."""

    task: Task
    name: str
    data: tuple[Path, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """Another one if the name, a file of data or a file of the task has changed."""
        digest = hashlib.sha256(self.name.encode())
        for path in (*self.data, *watched_files(self.name)):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:16]


def open_named(name: str, data: Sequence[Path], seed: int = 0) -> OpenedTask:
    """The task, which knows where it is from: see open_task()."""
    return OpenedTask(open_task(name, data, seed), name, tuple(path.resolve() for path in data))


def open_task(name: str, data: Sequence[Path], seed: int = 0) -> Task:
    """The task `depth` or `pictures` on this data, or the object MODULE:NAME or FILE.py:NAME.

    The batches of ours depend on the seed; how the data is split, and what judges, do not.

    Raises:
        OptionError: there is no such task, it lacks something, or the data is missing.
        DataError: the data cannot be used, or what the task has cannot be read.
    """
    if name == "depth":
        from stereopsis.search.depth_task import RECIPE, DepthTask
        from stereopsis.train.pack import read_pack

        _need(data, "packs of frames, as runs/packs.sh makes them")
        for path in data:
            check_input(path, DataError)
        return DepthTask([read_pack(path) for path in data], recipe=replace(RECIPE, seed=seed))
    if name == "pictures":
        from stereopsis.search.pictures_task import (
            PicturesConfig,
            PicturesTask,
            read_pictures,
        )

        _need(data, "one .npz file with train_x, train_y, test_x and test_y")
        if len(data) > 1:
            raise OptionError("The pictures are in one file.", "Name one with --data.")
        return PicturesTask(*read_pictures(data[0]), config=PicturesConfig(seed=seed))
    if ":" not in name:
        raise OptionError(
            f"There is no task {name}.",
            f"Use {' or '.join(BUILT_IN)}, or name an object of yours like my_task.py:task.",
        )
    if data:
        raise OptionError(f"{name} has data of its own.", "Leave --data out.")
    task: Any = _load(*name.rsplit(":", 1))
    with told_by(f"The task {name}"):  # its name or space may be a property, which may fail
        _check_parts(name, task)
        return GuardedTask(task)


def _check_parts(name: str, task: Any) -> None:
    """Refuses an object that lacks what a task has."""
    if isinstance(task, type):
        raise OptionError(
            f"{name} is a class, not an object of it.",
            f"Add a line like task = {task.__name__}() to the file, and name task.",
        )
    if lacking := [part for part in NEEDED if not hasattr(task, part)]:
        raise OptionError(
            f"{name} is no task: it has no {lacking[0]}.",
            "Give it what stereopsis.search.task.Task lists.",
        )
    if closed := [part for part in METHODS if not callable(getattr(task, part))]:
        raise OptionError(
            f"The {closed[0]} of {name} cannot be called.",
            "Give it the methods that stereopsis.search.task.Task lists.",
        )
    if not (isinstance(task.name, str) and NAME.fullmatch(task.name)) or task.name in TAKEN:
        raise OptionError(
            f"A network cannot be called {_short(task.name)}.",
            "Give the task a name of at most 50 letters, digits, _ and -, other than "
            f"{', '.join(TAKEN)}.",
        )
    if not isinstance(task.space, TrunkSpace):
        raise OptionError(
            f"The space of {name} is no TrunkSpace.", "Write it as text for parse_space()."
        )


def _short(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _need(data: Sequence[Path], what: str) -> None:
    if not data:
        raise OptionError("The task has no data to search on.", f"Name with --data {what}.")


def _load(module: str, name: str) -> object:
    """The object of this name in a module, or in a file that ends in .py."""
    try:
        if module.endswith(".py"):
            path = Path(module).resolve()
            own = f"stereopsis_task_{path.stem}"  # a file json.py must not hide the module json
            spec = importlib.util.spec_from_file_location(own, path)
            assert spec is not None and spec.loader is not None
            loaded = importlib.util.module_from_spec(spec)
            sys.modules[own] = loaded
            sys.path.append(str(path.parent))  # as for a script, whose neighbours can be imported
            spec.loader.exec_module(loaded)
        else:
            sys.path.insert(0, str(Path.cwd()))
            loaded = importlib.import_module(module)
        return getattr(loaded, name)
    except StereopsisError:
        raise  # it says best itself what is wrong
    except (Exception, SystemExit) as error:  # somebody's code may raise anything
        raise OptionError(
            f"The task {module}:{name} cannot be loaded: {first_line(error)}.",
            "Mend it, or correct its name.",
        ) from error
