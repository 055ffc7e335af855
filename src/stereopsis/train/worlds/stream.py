"""Stream: rendered frames without end, drawn one by one as from a pack."""

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

import numpy as np

from stereopsis.train.pack import Frame
from stereopsis.train.worlds.factory import make_rendering
from stereopsis.train.worlds.packed import as_frame
from stereopsis.train.worlds.rendering import PICTURE_ALONE, Wanted
from stereopsis.train.worlds.stock import Stock

ENDLESS = 2**31 - 1  # frames
AHEAD = 2  # frames that each worker may be ahead of what is asked for


def nth_frame(stock: Stock, seed: int, index: int, wanted: Wanted = PICTURE_ALONE) -> Frame:
    """Frame `index` of the worlds of a seed: it depends on these arguments alone."""
    rng = np.random.default_rng([seed, index])
    return as_frame(make_rendering(stock, rng, wanted), wanted)


class WorldStream:
    """Frames of rendered worlds in order, made ahead by worker threads.

    What comes out depends on stock, seed and wanted alone, not on how many workers there are.
    Threads will do: rendering runs in compiled code that holds no lock. A source of
    stereopsis.train.data, and an iterator. Close it, or use it in a `with` statement.
    """

    def __init__(
        self,
        stock: Stock,
        seed: int,
        workers: int = 1,
        wanted: Wanted = PICTURE_ALONE,
        indices: Iterable[int] = range(ENDLESS),
    ) -> None:
        self._make = (stock, seed, wanted)
        self._indices = iter(indices)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="worlds")
        self._waiting: deque[Future[Frame]] = deque()
        self._ahead = workers * AHEAD

    def __len__(self) -> int:
        """Endless, as far as drawing goes."""
        return ENDLESS

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        stock, seed, wanted = self._make
        for index in itertools.islice(self._indices, self._ahead - len(self._waiting)):
            self._waiting.append(self._pool.submit(nth_frame, stock, seed, index, wanted))
        if not self._waiting:
            raise StopIteration
        return self._waiting.popleft().result()

    def draw(self, rng: np.random.Generator) -> Frame:
        """The next frame; the generator is not needed, frames are as random as the seed."""
        return next(self)

    def close(self) -> None:
        """Ends the threads once what they are at is done."""
        self._pool.shutdown(cancel_futures=True)

    def __enter__(self) -> "WorldStream":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
