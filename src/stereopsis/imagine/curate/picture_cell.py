"""What the cell of an image column holds: bytes, a path, or an object of either."""

from pathlib import Path
from typing import Any

MAX_BYTES = 1 << 28


def picture_in(cell: Any, folder: Path) -> tuple[bytes | None, str]:
    """The picture file's bytes, and where there are none, why; paths start from `folder`."""
    if isinstance(cell, dict):
        cell = cell.get("bytes") or cell.get("path")
    if isinstance(cell, bytes):
        return (cell, "") if cell else (None, "the picture has no bytes")
    path = path_in(cell, folder)
    if path is None:
        return None, "there is no picture"
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None, f"{cell} is no file, or too large"
        return path.read_bytes() or None, f"{cell} is empty"
    except (OSError, ValueError) as error:
        return None, f"{cell} cannot be read ({error})"


def path_in(cell: Any, folder: Path) -> Path | None:
    """Where picture_in looks for the picture's file; None if the cell names none."""
    if isinstance(cell, dict):
        cell = cell.get("bytes") or cell.get("path")
    return folder / cell if isinstance(cell, str) and cell else None


def with_full_path(cell: Any, folder: Path) -> Any:
    """The same cell; where picture_in follows a path from `folder`, that path is whole."""
    if isinstance(cell, dict) and not cell.get("bytes"):
        return {**cell, "path": with_full_path(cell.get("path"), folder)}
    return str((folder / cell).resolve()) if isinstance(cell, str) and cell else cell
