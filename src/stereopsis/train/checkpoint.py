"""Checkpoints: whole or not at all, and a sentence where a run cannot be saved."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from stereopsis.errors import OutputError


def save_whole(state: Mapping[str, Any], path: Path) -> None:
    """Writes the state for torch.load(); an earlier one stays until this one is there.

    Raises:
        OutputError: it cannot be written. Nothing of it is left.
    """
    temporary = path.with_name(f"{path.name}.part")
    try:
        torch.save(state, temporary)
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:  # torch turns a full disk into the latter
        raise cannot_save(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def cannot_save(path: Path, error: Exception) -> OutputError:
    """What to say of a file of a run that cannot be written."""
    reason = error.strerror if isinstance(error, OSError) else None
    why = f" ({reason.lower()})" if reason else ""
    return OutputError(
        f"The run cannot be saved as {path}{why}.",
        "Free some space, or see that the folder can be written; the same command then goes on "
        "from what was saved last.",
    )
