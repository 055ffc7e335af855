import itertools
from dataclasses import replace

import numpy as np
import pytest

from stereopsis.train.data import Source, draw_batch
from stereopsis.train.pack import Frame
from stereopsis.train.worlds.rendering import Wanted
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.stream import WorldStream, nth_frame


def same(a: Frame, b: Frame) -> bool:
    if a.image.shape != b.image.shape or a.planes.keys() != b.planes.keys():
        return False
    planes = all((a.planes[name] == b.planes[name]).all() for name in a.planes)
    return planes and bool((a.image == b.image).all() & (a.inverse_depth == b.inverse_depth).all())


def test_frames_do_not_depend_on_the_number_of_workers(stock: Stock):
    wanted = Wanted(semantic=True)
    taken = []
    for workers in (1, 3):
        with WorldStream(stock, 4, workers, wanted, range(3)) as stream:
            taken.append(list(stream))
    one, three = taken
    assert len(one) == len(three) == 3
    assert all(same(a, b) for a, b in zip(one, three, strict=True))
    assert same(one[2], nth_frame(stock, 4, 2, wanted))
    assert not same(one[0], one[1])


def test_a_stream_goes_on_where_it_is_told_to(stock: Stock):
    with WorldStream(stock, 4, indices=itertools.count(2)) as stream:
        assert same(next(stream), nth_frame(stock, 4, 2))
        assert len(stream) > 10**9


def test_batches_can_be_drawn_from_a_stream(stock: Stock):
    with WorldStream(stock, 5) as stream:
        batch = draw_batch([Source(stream, 1.0)], (32, 64), 2, np.random.default_rng(0))
    assert batch.image.shape == (2, 32, 64, 3)
    assert batch.exact.all()


def test_what_fails_in_a_thread_is_raised(stock: Stock):
    bare = replace(stock, photos=(), materials=(), surfaces={})
    with WorldStream(bare, 0, indices=range(1)) as stream, pytest.raises((ValueError, KeyError)):
        next(stream)
