import numpy as np
import pytest

from stereopsis.errors import DataError, OptionError
from stereopsis.train.data import FEWEST_KNOWN, Source, draw_batch
from stereopsis.train.pack import Frame, Pack, build_pack


def pack(exact: bool, known: float = 1.0) -> Pack:
    """Two frames of noise over a ramp, in whose lower part the depth is unknown."""
    rng = np.random.default_rng(0)
    valid = np.arange(40)[:, None].repeat(50, 1) < 40 * known
    ramp = np.linspace(1, 2, 40, dtype=np.float32)[:, None].repeat(50, 1)
    frames = [
        Frame(rng.integers(0, 256, (40, 50, 3), dtype=np.uint8), ramp * valid, valid, exact)
        for _ in range(2)
    ]
    return build_pack(frames, "noise")


def test_a_batch_repeats_with_its_seed() -> None:
    sources = (Source(pack(True), 1), Source(pack(False), 1))
    a, b = (draw_batch(sources, (32, 64), 4, np.random.default_rng(5)) for _ in range(2))
    assert a.image.shape == (4, 32, 64, 3)
    assert a.inverse_depth.shape == a.valid.shape == (4, 32, 64)
    assert (a.image == b.image).all()
    assert (a.inverse_depth == b.inverse_depth).all()
    assert (a.exact == b.exact).all()


def test_sources_are_drawn_by_share() -> None:
    sources = (Source(pack(True), 3), Source(pack(False), 1), Source(pack(False), 0))
    batch = draw_batch(sources, (32, 32), 200, np.random.default_rng(0))
    assert 0.65 < batch.exact.float().mean() < 0.85


def test_crops_with_little_known_depth_are_passed_over() -> None:
    batch = draw_batch((Source(pack(True, 0.4), 1),), (32, 32), 20, np.random.default_rng(0))
    assert batch.valid.float().mean((1, 2)).min() >= FEWEST_KNOWN


def test_packs_without_known_depth_are_refused() -> None:
    with pytest.raises(DataError, match="has known depth"):
        draw_batch((Source(pack(True, 0), 1),), (32, 32), 2, np.random.default_rng(0))


@pytest.mark.parametrize("shares", [(), (1, -1), (0, 0)])
def test_impossible_sources_are_refused(shares: tuple[float, ...]) -> None:
    sources = [Source(pack(True), share) for share in shares]
    with pytest.raises(OptionError, match="packs with frames"):
        draw_batch(sources, (32, 32), 1, np.random.default_rng(0))


def test_an_empty_pack_is_refused() -> None:
    with pytest.raises(OptionError, match="packs with frames"):
        draw_batch([Source(build_pack([], "nothing"), 1)], (32, 32), 1, np.random.default_rng(0))


def test_pictures_keep_their_light_unless_they_are_photographed() -> None:
    known = np.ones((40, 50), np.bool_)
    grey = Frame(np.full((40, 50, 3), 99, np.uint8), known.astype(np.float32), known, True)
    sources = (Source(build_pack([grey], "grey"), 1),)
    for photographed in (True, False):
        batch = draw_batch(sources, (32, 32), 8, np.random.default_rng(0), photographed)
        assert bool((batch.image == 99).all()) is not photographed
