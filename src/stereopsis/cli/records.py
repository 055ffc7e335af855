"""What programs read: JSON objects on standard output, one per line."""

import errno
import json
import os
import sys
from contextlib import suppress

import typer

Record = dict[str, object]


class Records:
    """Writes records if they are wanted; whoever stops listening stops no work.

    `lost` is true once standard output took no more; people have been told so then.
    """

    def __init__(self, wanted: bool) -> None:
        self.lost = False
        self._wanted = wanted

    def write(self, record: Record) -> None:
        """Writes one line, unless an earlier one could not be written."""
        if not self._wanted or self.lost:
            return
        try:
            if sys.stdout is None:  # closed before Python started
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            sys.stdout.write(json.dumps(record) + "\n")
            sys.stdout.flush()
        except OSError as error:
            self.lost = True
            _drop_standard_output()
            reason = (error.strerror or str(error)).lower()
            problem = f"--json cannot be written ({reason})."
            typer.secho(f"{problem} Send standard output elsewhere.", fg="red", err=True)


def _drop_standard_output() -> None:
    """Sends what waits in standard output nowhere, lest Python tries and fails again at its end."""
    with suppress(OSError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
