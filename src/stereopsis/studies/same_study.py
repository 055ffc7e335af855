"""What a study's figures depend on, left beside its work: other figures are not mixed with it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from torch import nn

from stereopsis.errors import DataError, OptionError
from stereopsis.outputs import write_all
from stereopsis.search.proxy import ProxySet

LENGTH = 16  # letters of a digest


def digest(parts: Iterable[bytes | np.ndarray]) -> str:
    """A few letters that tell these parts in this order from all others."""
    told = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else np.ascontiguousarray(part).tobytes()
        told.update(f"{len(data)} ".encode())
        told.update(data)
    return told.hexdigest()[:LENGTH]


def mark_training(untrained: nn.Module, proxy: ProxySet, *settings: object) -> str:
    """A few letters that tell a training by its first weights, frames and settings from others.

    A run's folder is named so, since a run of other frames or steps would be taken for this one.
    """
    weights = untrained.state_dict()
    told = repr((settings, list(weights))).encode(), proxy.sha256.encode()
    return digest([*told, *(weight.numpy() for weight in weights.values())])


def keep_to(path: Path, settings: Mapping[str, object]) -> None:
    """Leaves the settings in the file, or sees that they are those that it holds.

    Raises:
        OptionError: they are not.
        DataError: the file holds something else.
        OutputError: it cannot be written.
    """
    text = json.dumps(settings, indent=2) + "\n"
    if not path.exists():
        write_all({path: text.encode()})
        return
    try:
        before, now = dict(json.loads(path.read_text(encoding="utf-8"))), json.loads(text)
    except (ValueError, TypeError) as error:
        raise DataError(f"{path} holds no settings.", "Begin in another folder.") from error
    changed = [
        f"{name} {before.get(name)}, not {now[name]}"
        for name in now
        if before.get(name) != now[name]
    ]
    if changed:
        raise OptionError(
            f"{path.parent} holds the study with other settings ({', '.join(changed)}).",
            "Give the same, or begin in another folder.",
        )
