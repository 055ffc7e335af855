"""The files that a task of one's own is made of, a change of which makes it another task."""

import sys
from modulefinder import ModuleFinder
from pathlib import Path

INSTALLED = {"site-packages", "dist-packages"}  # folders whose modules only versions change


def watched_files(name: str) -> list[Path]:
    """The file of the task FILE.py:NAME or MODULE:NAME, and those that it imports from its folder.

    The folder of a module is the one where its outermost package lies. Of an installed module only
    its own file is watched. What a file imports is read from its text, so that the list does not
    depend on what else this process has imported; the module must be loaded.
    """
    module, _, _ = name.rpartition(":")
    if module.endswith(".py"):
        own = Path(module).resolve()
        return sorted({own, *_imported(own, own.parent, None)})
    origin = getattr(sys.modules.get(module), "__file__", None)
    if origin is None:  # one of ours, which comes with its version, or built into Python
        return []
    own = Path(origin).resolve()
    depth = module.count(".") + (own.stem == "__init__")
    folder = own.parents[depth]
    if INSTALLED & set(own.parts):
        return [own]
    return sorted({own, *_imported(own, folder, module)})


def _imported(own: Path, folder: Path, module: str | None) -> set[Path]:
    finder = ModuleFinder([str(folder)], excludes=["stereopsis"])
    if module is None:
        finder.run_script(str(own))
    else:
        finder.import_hook(module)
    files = (getattr(found, "__file__", None) for found in finder.modules.values())
    return {Path(file).resolve() for file in files if file}
