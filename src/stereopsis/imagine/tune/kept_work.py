"""What a tuning says when memory or disk runs out; what is finished is kept."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from safetensors import SafetensorError

from stereopsis.errors import OutputError
from stereopsis.imagine.memory import within_memory
from stereopsis.imagine.tune.config import TuneConfig


@contextmanager
def kept_work(config: TuneConfig) -> Iterator[None]:
    """A block in which memory and disk may run out, as errors that say what to do.

    Raises:
        OptionError: memory ran out.
        OutputError: the disk is full, or the folder cannot be written.
    """
    what = f"A batch of {config.batch} in {config.accumulate} pieces"
    mend = (
        f"Use --accumulate {2 * config.accumulate} or --checkpointing (what is finished is kept), "
        "or --lora 16 in another folder."
    )
    try:
        with within_memory(what, mend):
            yield
    except (OSError, SafetensorError) as error:
        raise OutputError(
            f"The folder cannot be written ({_reason(error)}).",
            "Free some space, and run the same command again: what is finished is kept.",
        ) from error


def _reason(error: Exception) -> str:
    """What it says first; of a folder that could not be copied, what its first file says."""
    if isinstance(error, shutil.Error) and isinstance(error.args[0], list):
        return str(error.args[0][0][-1])
    return str(error).splitlines()[0]
