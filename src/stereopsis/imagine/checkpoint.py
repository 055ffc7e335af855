"""A run's whole state on disk, in files of 16 MB at most, replaced as one."""

import json
import shutil
from collections.abc import Iterator, Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from stereopsis.errors import DataError
from stereopsis.outputs import write_all

POINTER = "checkpoint.json"  # which folder holds the latest state, and its plain values
FILE_BYTES = 16_000_000


def save_state(folder: Path, step: int, tensors: Mapping[str, Tensor], plain: Any) -> None:
    """Writes the state; the one before is removed when the pointer names the new one.

    `plain` is anything that JSON holds.

    Raises:
        OutputError: the pointer cannot be written.
    """
    name = _free_name(folder, f"checkpoint-{step:08d}")
    target, temporary = folder / name, folder / f".{name}.part"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    for i, part in enumerate(_parts(tensors)):
        save_file(part, temporary / f"{i:03d}.safetensors")
    temporary.rename(target)
    write_all({folder / POINTER: json.dumps({"folder": name, "plain": plain}).encode()})
    for other in folder.glob("checkpoint-*"):
        if other != target:
            shutil.rmtree(other, ignore_errors=True)


def _free_name(folder: Path, name: str) -> str:
    """A name that no folder has: the pointer may name one of the same step."""
    names = chain([name], (f"{name}-{i}" for i in count(2)))
    return next(each for each in names if not (folder / each).exists())


def load_state(folder: Path) -> tuple[dict[str, Tensor], Any] | None:
    """The tensors and the plain values of the latest state; None if the folder holds none.

    Raises:
        DataError: the state is damaged.
    """
    if not (folder / POINTER).exists():
        return None
    try:
        pointer = json.loads((folder / POINTER).read_text())
        tensors: dict[str, Tensor] = {}
        for path in sorted((folder / pointer["folder"]).glob("*.safetensors")):
            tensors |= load_file(path)
        if not tensors:
            raise FileNotFoundError(pointer["folder"])
        return tensors, pointer["plain"]
    except Exception as error:  # a cut file, missing keys: each library raises its own
        raise not_a_run(folder) from error


def not_a_run(folder: Path) -> DataError:
    """What to say of a folder whose state cannot be taken up."""
    return DataError(
        f"{folder} does not hold a run of this network.",
        "Use another folder for a new run, or start from the checkpoint of the same network.",
    )


def _parts(tensors: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """The tensors in groups of FILE_BYTES at most, unless one alone is larger."""
    part: dict[str, Tensor] = {}
    size = 0
    for name, tensor in tensors.items():
        own = tensor.numel() * tensor.element_size()
        if part and size + own > FILE_BYTES:
            yield part
            part, size = {}, 0
        part[name] = tensor.detach().cpu().contiguous()
        size += own
    yield part


def flatten_optimizer(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's tensors, by parameter number and name."""
    states = optimizer.state_dict()["state"]
    return {
        f"optimizer.{i}.{name}": torch.as_tensor(value)
        for i, state in states.items()
        for name, value in state.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Gives the optimizer what flatten_optimizer gave; its settings stay."""
    whole = optimizer.state_dict()
    whole["state"] = {}
    for path, value in tensors.items():
        if path.startswith("optimizer."):
            _, i, name = path.split(".", 2)
            whole["state"].setdefault(int(i), {})[name] = value
    optimizer.load_state_dict(whole)
