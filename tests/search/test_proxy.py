from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import DataError, OptionError, StereopsisError
from stereopsis.search.make_proxy import main
from stereopsis.search.proxy import (
    SPLITS,
    ProxySet,
    build_proxy,
    draw_frames,
    read_proxy,
    write_proxy,
)
from stereopsis.train.pack import build_pack, write_pack
from tests.search.proxies import make_frame, make_proxy


def same(a: ProxySet, b: ProxySet) -> bool:
    pairs = ((a.image, b.image), (a.depth, b.depth), (a.semantic, b.semantic))
    return all(np.array_equal(x, y) for x, y in pairs)


@given(st.integers(5, 40))
def test_splits_are_the_whole_in_order(count: int) -> None:
    proxy = make_proxy(count, (9, 9))
    parts = [proxy.part(split) for split in SPLITS]
    assert all(len(part) for part in parts)
    assert np.array_equal(np.concatenate([part.image for part in parts]), proxy.image)


def test_frames_become_small_and_keep_their_classes() -> None:
    frames = [make_frame(seed, (64, 120)) for seed in range(5)]
    proxy = build_proxy(frames, (32, 32))
    assert proxy.image.shape == (5, 32, 32, 3)
    depth = proxy.depth.astype(np.float32).reshape(5, -1)
    np.testing.assert_allclose(np.median(depth, 1), 0, atol=0.01)
    np.testing.assert_allclose(np.abs(depth).mean(1), 1, atol=0.01)
    assert proxy.present[:, :16].all()


def test_targets_lie_in_the_middle_of_what_their_pixels_show() -> None:
    frames = [make_frame(seed, (160, 200)) for seed in range(5)]
    proxy = build_proxy(frames, (32, 32))
    assert np.array_equal(proxy.semantic[0], frames[0].planes["semantic"][2::5, 22:180:5])
    picked = frames[0].inverse_depth[2::5, 22:180:5]
    assert np.corrcoef(proxy.depth[0].ravel(), picked.ravel())[0, 1] > 0.999


def test_comes_back_from_its_file(tmp_path: Path) -> None:
    write_proxy(make_proxy(), tmp_path / "proxy.npz")
    assert same(read_proxy(tmp_path / "proxy.npz"), make_proxy())


def test_draws_whole_frames_and_mirrors() -> None:
    proxy = make_proxy()
    drawn = draw_frames(proxy, 40, np.random.default_rng(0))
    assert same(drawn, draw_frames(proxy, 40, np.random.default_rng(0)))
    seen = {frame.tobytes() for frame in proxy.image}
    turned = {frame.tobytes() for frame in proxy.image[:, :, ::-1]}
    mirrored = [frame.tobytes() in turned for frame in drawn.image]
    assert all(frame.tobytes() in seen | turned for frame in drawn.image)
    assert 0 < sum(mirrored) < 40
    assert np.array_equal(drawn.semantic == 9, drawn.depth > 0)


def test_refuses_packs_without_classes_or_exact_depth() -> None:
    with pytest.raises(DataError, match=r"class a pixel belongs.* --semantic"):
        build_proxy([make_frame(semantic=False)] * 5, (32, 32))
    with pytest.raises(DataError, match="guessed"):
        build_proxy([replace(make_frame(), exact=False)] * 5, (32, 32))
    with pytest.raises(DataError, match="too few"):
        build_proxy([make_frame()] * 4, (32, 32))


def test_refuses_what_is_no_proxy_set(tmp_path: Path) -> None:
    path = tmp_path / "proxy.npz"
    write_pack(build_pack([make_frame()], "a pack"), path)
    with pytest.raises(DataError, match=r"proxy\.npz is not a proxy set.*make_proxy"):
        read_proxy(path)
    write_proxy(make_proxy(), path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="not a proxy set"):
        read_proxy(path)
    with pytest.raises(DataError, match="not a proxy set"):
        read_proxy(tmp_path / "missing.npz")


@pytest.mark.parametrize(
    "change",
    [
        {"semantic": np.full((20, 16, 24), 16, np.uint8)},
        {"depth": np.full((20, 16, 24), np.nan, np.float16)},
        {"depth": np.zeros((20, 16, 23), np.float16)},
        {"image": np.zeros((20, 16, 24, 3), np.float32)},
    ],
)
def test_refuses_a_proxy_set_that_cannot_be(tmp_path: Path, change: dict[str, np.ndarray]) -> None:
    proxy = make_proxy()
    arrays = {"image": proxy.image, "depth": proxy.depth, "semantic": proxy.semantic} | change
    np.savez(tmp_path / "odd.npz", **arrays)
    with pytest.raises(DataError, match="not a proxy set"):
        read_proxy(tmp_path / "odd.npz")


def test_an_empty_set_has_nothing_to_draw() -> None:
    with pytest.raises(OptionError, match="no frames"):
        draw_frames(make_proxy().only(slice(0)), 1, np.random.default_rng(0))


def test_the_command_makes_a_set_and_a_sheet(tmp_path: Path) -> None:
    pack = tmp_path / "worlds.npz"
    write_pack(build_pack([make_frame(seed) for seed in range(6)], "worlds"), pack)
    main(tmp_path / "proxy.npz", [pack], height=32, width=64)
    assert read_proxy(tmp_path / "proxy.npz").size == (32, 64)
    assert (tmp_path / "proxy.png").stat().st_size > 1000
    with pytest.raises(StereopsisError, match="not a whole pack"):
        main(tmp_path / "again.npz", [tmp_path / "proxy.npz"])
