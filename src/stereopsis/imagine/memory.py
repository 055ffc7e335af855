"""What to say when the memory is full."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from stereopsis.errors import OptionError


@contextmanager
def within_memory(what: str, mend: str) -> Iterator[None]:
    """Turns an exhausted memory into a user's error: `what` did not fit, `mend` helps.

    Raises:
        OptionError: the memory of the processor or of the GPU is exhausted.
    """
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError, RuntimeError) as error:
        # On a processor torch raises a RuntimeError that only its text tells from others.
        plain = isinstance(error, RuntimeError) and not isinstance(error, torch.OutOfMemoryError)
        if plain and "DefaultCPUAllocator" not in str(error):
            raise
        raise OptionError(f"{what} takes more memory than there is.", mend) from error
