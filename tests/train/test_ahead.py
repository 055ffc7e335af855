import pytest

from stereopsis.errors import DataError
from stereopsis.train.ahead import Ahead


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("steps", [(0, 1, 2, 3), (5, 6, 20, 21), (3, 1, 1, 2)])
def test_batches_made_ahead_are_those_of_their_step(workers: int, steps: tuple[int, ...]) -> None:
    ahead = Ahead(lambda step: 10 * step, workers)
    try:
        assert [ahead.batch(step) for step in steps] == [10 * step for step in steps]
    finally:
        ahead.close()


def test_few_batches_are_made_ahead_and_each_once() -> None:
    made: list[int] = []

    def make(step: int) -> int:
        made.append(step)
        return step

    ahead = Ahead(make)
    for step in range(5):
        assert ahead.batch(step) == step
        assert max(made) <= step + 1
    ahead.close()
    assert made[:5] == [0, 1, 2, 3, 4] and len(made) <= 6


def test_what_goes_wrong_ahead_is_raised_at_its_step() -> None:
    def make(step: int) -> int:
        if step == 2:
            raise DataError("Step 2 is damaged.", "Leave it out.")
        return step

    ahead = Ahead(make)
    try:
        assert [ahead.batch(0), ahead.batch(1)] == [0, 1]
        with pytest.raises(DataError, match="Step 2"):
            ahead.batch(2)
        assert ahead.batch(3) == 3
    finally:
        ahead.close()
