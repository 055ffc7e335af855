"""Why the first run is slow: compiled code is kept for later ones."""

from pathlib import Path
from types import ModuleType

import typer
from numba.extending import is_jitted

NOTICE = "The first run compiles, which takes a while; later ones are quick."


def say_if_first(module: ModuleType) -> None:
    """Tells people that they must wait, if the module's compiled functions are not there yet."""
    if not is_compiled(module):
        typer.echo(NOTICE, err=True)


def is_compiled(module: ModuleType) -> bool:
    """Whether numba keeps compiled code of the module's functions, in whatever place it uses."""
    kernels = [each for each in vars(module).values() if is_jitted(each)]
    assert kernels, f"{module.__name__} compiles nothing, so nobody can tell"
    folders = {Path(str(kernel.stats.cache_path)) for kernel in kernels}
    name = module.__name__.rpartition(".")[2]
    return any(any(folder.glob(f"{name}.*.nbi")) for folder in folders)
