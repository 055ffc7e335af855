"""Ctrl-C held back until a step has ended, so that what was done up to there can be saved."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def hold_interrupt() -> Iterator[Callable[[], bool]]:
    """A block, and whether Ctrl-C was pressed in it, which is raised only when the block ends.

    Pressed again, it is raised at once. Nothing is held where Python lets nobody do so, outside
    of the main thread, nor where Ctrl-C does something else than to raise KeyboardInterrupt.
    """
    pressed = False

    def note(*given: object) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    raises = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not raises or threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if pressed:
        raise KeyboardInterrupt
