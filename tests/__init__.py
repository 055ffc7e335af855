"""The tests, laid out as the package is.

Array shapes and types are checked while they run, in what numba does not compile: its kernels
cannot be wrapped.
"""

from jaxtyping import install_import_hook

from tests import shapes

CHECKED = ("scene", "runtime", "depth.given", "depth.mono", "show.gltf", "lift.place")

install_import_hook([f"stereopsis.{name}" for name in CHECKED], f"{shapes.__name__}.checked")
