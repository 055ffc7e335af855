"""Ahead: batches made while the network trains on those before."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Ahead(Generic[Made]):
    """Batches made by threads ahead of their use; each depends on its step alone."""

    def __init__(self, make: Callable[[int], Made], workers: int = 1) -> None:
        self._make = make
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="ahead")
        self._waiting: deque[tuple[int, Future[Made]]] = deque()
        self._most = workers + 1

    def batch(self, step: int) -> Made:
        """The batch of this step; the following ones are begun."""
        while self._waiting and self._waiting[0][0] != step:
            self._waiting.popleft()[1].cancel()
        first = self._waiting[-1][0] + 1 if self._waiting else step
        for ahead in range(first, step + self._most):
            self._waiting.append((ahead, self._pool.submit(self._make, ahead)))
        return self._waiting.popleft()[1].result()

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown(cancel_futures=True)
