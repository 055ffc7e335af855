from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stereopsis.errors import DataError, OutputError
from stereopsis.train.pack import Frame, Pack, build_pack, build_packs, read_pack, write_pack
from tests.full_disk import no_file_longer_than


def frame(seed: int, exact: bool = True, height: int = 48, width: int = 64) -> Frame:
    rng = np.random.default_rng(seed)
    rows = np.linspace(0, 1 + seed, height, dtype=np.float32)[:, None]
    image = np.full((height, width, 3), rng.integers(0, 255, 3), np.uint8)
    valid = rng.random((height, width)) > 0.1
    return Frame(image, np.where(valid, rows, 0).astype(np.float32), valid, exact)


def small_pack() -> Pack:
    return build_pack([frame(0), frame(1, exact=False)], "two ramps")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("pack") / "a.npz"
    write_pack(small_pack(), path)
    return path.read_bytes()


def test_round_trip_keeps_everything_within_a_step(tmp_path: Path):
    write_pack(small_pack(), tmp_path / "a.npz")
    pack = read_pack(tmp_path / "a.npz")
    assert len(pack) == 2 and pack.source == "two ramps"
    for index, exact in enumerate((True, False)):
        want, got = frame(index, exact), pack[index]
        assert got.exact == exact
        assert (got.valid == want.valid).all()
        step = want.inverse_depth.max() / 8192
        assert np.abs(got.inverse_depth - want.inverse_depth).max() <= 0.51 * step
        assert np.abs(got.image.astype(int) - want.image).max() <= 8
        assert (got.inverse_depth[~got.valid] == 0).all()


def test_it_can_be_iterated_and_ends():
    assert [f.exact for f in small_pack()] == [True, False]
    with pytest.raises(IndexError):
        small_pack()[2]


def test_labels_lose_little_where_they_are_smooth():
    want = replace(frame(0, exact=False), valid=np.ones((48, 64), np.bool_))
    smooth = np.linspace(0, 1, 48, dtype=np.float32)[:, None].repeat(64, 1)
    got = build_pack([replace(want, inverse_depth=smooth)], "")[0]
    assert got.valid.all()
    assert np.abs(got.inverse_depth - smooth).max() < 0.6 / 47


def test_an_empty_pack_survives(tmp_path: Path):
    write_pack(build_pack([], "nothing"), tmp_path / "a.npz")
    assert len(read_pack(tmp_path / "a.npz")) == 0


@pytest.mark.parametrize("keep", [0, 10, 200, 0.5, 0.99])
def test_a_cut_short_file_is_refused(tmp_path: Path, keep: float):
    write_pack(small_pack(), tmp_path / "a.npz")
    data = (tmp_path / "a.npz").read_bytes()
    cut = data[: int(keep * len(data)) if isinstance(keep, float) else keep]
    with pytest.raises(DataError, match="not a whole pack"):
        read_pack(cut)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damage=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1))
def test_a_damaged_file_is_refused_or_still_whole(whole: bytes, damage: list[tuple[int, int]]):
    data = bytearray(whole)
    for place, value in damage:
        data[-1 - place % len(data)] = value
    try:
        frames = list(read_pack(bytes(data)))
    except DataError:
        return
    assert all(np.isfinite(f.inverse_depth).all() for f in frames)


def test_foreign_and_missing_files_are_refused(tmp_path: Path):
    np.savez(tmp_path / "b.npz", depth=np.zeros(3))
    np.save(tmp_path / "c.npy", np.zeros(3))
    for path in ("b.npz", "c.npy", "missing.npz"):
        with pytest.raises(DataError, match="not a whole pack"):
            read_pack(tmp_path / path)


@pytest.mark.parametrize(
    "change",
    [
        {"image_end": np.array([5, 3])},
        {"depth_end": np.array([1, 2])},
        {"depth_scale": np.array([1, -1], np.float32)},
        {"depth_scale": np.array([1, np.inf], np.float32)},
        {"exact": np.array([True])},
    ],
)
def test_inconsistent_arrays_are_refused(tmp_path: Path, change: dict[str, np.ndarray]):
    write_pack(replace(small_pack(), **change), tmp_path / "a.npz")
    with pytest.raises(DataError, match="not a whole pack"):
        read_pack(tmp_path / "a.npz")


def test_a_damaged_frame_is_named():
    pack = small_pack()
    broken = replace(pack, image_jpeg=np.zeros_like(pack.image_jpeg))
    with pytest.raises(DataError, match="Frame 1"):
        broken[1]


def test_nothing_is_left_when_writing_fails(tmp_path: Path):
    (tmp_path / "a.npz").mkdir()
    with pytest.raises(OutputError, match=r"a\.npz cannot be written"):
        write_pack(small_pack(), tmp_path / "a.npz")
    with no_file_longer_than(1000), pytest.raises(OutputError, match="Free some space"):
        write_pack(small_pack(), tmp_path / "b.npz")
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


def test_sharp_labels_can_be_stored_whole():
    step = np.repeat(np.arange(64) > 32, 48).reshape(64, 48).T.astype(np.float32)
    sharp = replace(frame(0, exact=False), inverse_depth=step, valid=np.ones((48, 64), np.bool_))
    for halve, kept in ((True, False), (False, True)):
        got = build_pack([sharp], "", halve_guesses=halve)[0]
        assert bool(np.allclose(got.inverse_depth, step, atol=1e-3)) is kept


def saved(pack: Pack, path: Path) -> dict[str, np.ndarray]:
    write_pack(pack, path)
    with np.load(path) as archive:
        return dict(archive)


def test_packs_of_the_layout_before_planes_are_read(tmp_path: Path):
    arrays = saved(small_pack(), tmp_path / "a.npz")
    del arrays["layout"], arrays["planes"]
    np.savez(tmp_path / "a.npz", **arrays)
    assert len(read_pack(tmp_path / "a.npz")) == 2


@pytest.mark.parametrize("missing", ["exact", "depth_scale", "image_end", "class:end"])
def test_packs_of_older_layouts_or_without_some_plane_are_refused(tmp_path: Path, missing: str):
    frames = [replace(frame(k), planes={"class": np.ones((4, 4), np.uint8)}) for k in range(2)]
    arrays = saved(build_pack(frames, "ramps"), tmp_path / "a.npz")
    del arrays[missing]
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=r"not a whole pack.*Make it again"):
        read_pack(tmp_path / "a.npz")


def test_packs_of_a_newer_layout_are_refused_with_another_mend(tmp_path: Path):
    arrays = saved(small_pack(), tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", **(arrays | {"layout": np.array(99)}))
    with pytest.raises(DataError, match=r"newer layout.*Use the version"):
        read_pack(tmp_path / "a.npz")


@pytest.mark.parametrize("odd", [{"layout": np.array([2, 2])}, {"planes": np.array("class")}])
def test_arrays_of_other_shapes_are_refused(tmp_path: Path, odd: dict[str, np.ndarray]):
    arrays = saved(small_pack(), tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", **(arrays | odd))
    with pytest.raises(DataError, match="not a whole pack"):
        read_pack(tmp_path / "a.npz")


def test_planes_of_another_length_are_refused(tmp_path: Path):
    frames = [replace(frame(k), planes={"class": np.ones((4, 4), np.uint8)}) for k in range(2)]
    longer = build_pack(frames, "ramps")
    write_pack(replace(longer, exact=longer.exact[:1]), tmp_path / "a.npz")
    with pytest.raises(DataError, match="not a whole pack"):
        read_pack(tmp_path / "a.npz")


def test_a_series_of_packs_holds_every_frame_in_files_of_limited_size(tmp_path: Path):
    rng = np.random.default_rng(0)
    frames = [
        replace(frame(k), image=rng.integers(0, 255, (48, 64, 3), dtype=np.uint8))
        for k in range(12)
    ]
    planes = {"class": rng.integers(0, 9, (48, 64)).astype(np.uint8)}
    frames = [replace(each, planes=planes) for each in frames]
    limit = 40_000
    packs = list(build_packs(iter(frames), "noise", limit))
    assert len(packs) > 2 and sum(len(pack) for pack in packs) == 12
    for number, pack in enumerate(packs):
        write_pack(pack, tmp_path / f"{number}.npz")
        assert (tmp_path / f"{number}.npz").stat().st_size <= limit
    depths = [each.inverse_depth for pack in packs for each in pack]
    for want, got in zip(frames, depths, strict=True):
        assert got == pytest.approx(want.inverse_depth, abs=float(want.inverse_depth.max()) / 8000)


def test_a_frame_larger_than_the_limit_has_a_pack_of_its_own():
    assert [len(pack) for pack in build_packs([frame(0), frame(1)], "big", 10)] == [1, 1]
    assert list(build_packs([], "nothing", 10)) == []


def test_frames_are_drawn_by_lot():
    pack = small_pack()
    drawn = {pack.draw(np.random.default_rng(seed)).exact for seed in range(20)}
    assert drawn == {True, False}
