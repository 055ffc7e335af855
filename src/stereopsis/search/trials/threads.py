"""How many threads a worker computes with, so that several do not crowd each other out."""

import os
import sys

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def limit_new_libraries(count: int) -> None:
    """Tells the libraries that this process has yet to import."""
    for name in VARIABLES:
        os.environ[name] = str(count)


def limit_loaded_libraries(count: int) -> None:
    """Tells those that it has imported and that can be told; none is imported for it."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(count)
    if cv2 := sys.modules.get("cv2"):
        cv2.setNumThreads(count)
