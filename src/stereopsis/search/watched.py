"""The files that a task of one's own is made of, a change of which makes it another task."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

INSTALLED = {"site-packages", "dist-packages"}  # folders whose modules only versions change


def watched_files(name: str) -> list[Path]:
    """The file of the task FILE.py:NAME or MODULE:NAME, and those that it imports from its folder.

    The folder of a module, which must be loaded, is the one where its outermost package lies. Of an
    installed module its own file alone is watched. What a file imports is read from its text: the
    list does not depend on what else this process has imported, or had before.
    """
    module, _, _ = name.rpartition(":")
    if module.endswith(".py"):
        own = Path(module).resolve()
        folder = own.parent
    else:
        origin = getattr(sys.modules.get(module), "__file__", None)
        if origin is None:  # a task of ours, which comes with its version
            return []
        own = Path(origin).resolve()
        folder = own.parents[module.count(".") + (own.stem == "__init__")]
    return [own] if INSTALLED & set(own.parts) else sorted(_reached(own, folder))


def _reached(own: Path, folder: Path) -> set[Path]:
    """The file and all that are imported by it, or by those, from the folder."""
    found, open_ = {own}, [own]
    while open_:
        for path in _imports(open_.pop(), folder):
            if path not in found:
                found.add(path)
                open_.append(path)
    return found


def _imports(path: Path, folder: Path) -> Iterator[Path]:
    """The files in the folder that are loaded by what this one imports."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # it cannot be imported; whoever tries may not mind
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield from _files(folder, each.name.split("."))
        elif isinstance(node, ast.ImportFrom) and node.level <= len(path.parents):
            root = path.parents[node.level - 1] if node.level else folder
            parts = node.module.split(".") if node.module else []
            for each in node.names:  # each may be a module, too
                yield from _files(root, [*parts, each.name])


def _files(root: Path, parts: list[str]) -> Iterator[Path]:
    """Those of a module and of the packages around it that are there."""
    for i in range(len(parts) + 1):
        place = root.joinpath(*parts[:i])
        files = [place / "__init__.py"] if i == 0 else [place / "__init__.py", Path(f"{place}.py")]
        yield from (file.resolve() for file in files if file.is_file())
