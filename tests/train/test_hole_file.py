from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stereopsis.errors import DataError
from stereopsis.train.hole_file import open_holes, write_holes
from stereopsis.train.holes import Holes, cut_holes
from stereopsis.train.pack import build_pack
from tests.train.test_holes import CONFIG, photo, world


@pytest.fixture(scope="module")
def parts() -> list[Holes]:
    photos = [build_pack([photo()], "noise")]
    return list(cut_holes(world(), photos, CONFIG, np.random.default_rng(0)))


def test_what_is_written_is_read(parts: list[Holes], tmp_path: Path) -> None:
    assert write_holes(parts, tmp_path / "a.npy") == sum(len(part.color) for part in parts)
    write_holes(parts[:1], tmp_path / "b.npy")
    patches = open_holes([tmp_path / "a.npy", tmp_path / "b.npy"])
    first = len(parts[0].color)
    whole = len(patches) - first
    assert whole == sum(len(part.color) for part in parts)
    drawn = patches.pick([whole, 0, first])
    for each in fields(Holes):
        read = getattr(drawn, each.name)
        wanted = getattr(parts[0], each.name)[0], getattr(parts[1], each.name)[0]
        for ours, theirs in zip(read, (wanted[0], *wanted), strict=True):
            assert ours.dtype == theirs.dtype
            torch.testing.assert_close(ours, theirs, atol=2e-2, rtol=1e-3)


def test_refuses_what_is_no_file_of_holes(parts: list[Holes], tmp_path: Path) -> None:
    whole = tmp_path / "whole.npy"
    write_holes(parts, whole)
    cut = tmp_path / "cut.npy"
    cut.write_bytes(whole.read_bytes()[:-9])
    other = tmp_path / "other.npy"
    np.save(other, np.zeros(5))
    empty = tmp_path / "empty.npy"
    np.save(empty, np.load(whole)[:0])
    for path in (cut, other, empty, tmp_path / "missing.npy"):
        with pytest.raises(DataError, match="not a whole file of holes"):
            open_holes([path])
    with pytest.raises(DataError, match="hide hardly anything"):
        write_holes([], tmp_path / "none.npy")


def test_refuses_patches_of_two_sizes(parts: list[Holes], tmp_path: Path) -> None:
    write_holes(parts, tmp_path / "a.npy")
    small = [
        replace(part, **{e.name: getattr(part, e.name)[:, :32, :32] for e in fields(Holes)})
        for part in parts
    ]
    write_holes(small, tmp_path / "b.npy")
    with pytest.raises(DataError, match="different sizes: 32, 64 px"):
        open_holes([tmp_path / "a.npy", tmp_path / "b.npy"])
