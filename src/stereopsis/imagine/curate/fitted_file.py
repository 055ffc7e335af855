"""Files of what was fitted on an eye's features: .npz with its kind and the eye's name."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from stereopsis.errors import DataError
from stereopsis.imagine.curate.eye import EyeName
from stereopsis.train.pack import UNREADABLE


def to_fitted(kind: str, eye: EyeName, arrays: Mapping[str, np.ndarray]) -> bytes:
    """The bytes of such a file."""
    file = io.BytesIO()
    np.savez(file, kind=np.array(kind), eye=np.array(eye), **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def read_fitted(
    path: Path, kind: str, names: Sequence[str]
) -> tuple[EyeName, dict[str, np.ndarray]]:
    """The eye's name, and the arrays by their names.

    Raises:
        DataError: the file is missing, damaged or of another kind.
    """
    mend = "Make one with python -m stereopsis.imagine.curate.fit."
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            stated, eye = str(file["kind"]), str(file["eye"])
            arrays = {name: file[name] for name in names}
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.", mend) from None
    except UNREADABLE as error:
        raise DataError(f"{path} is no {kind}, or damaged.", mend) from error
    finite = all(np.isfinite(array).all() for array in arrays.values())
    if stated != kind or eye not in get_args(EyeName) or not finite:
        raise DataError(f"{path} is no {kind}, or damaged.", mend)
    return eye, arrays  # type: ignore[return-value]
