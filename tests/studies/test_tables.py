from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import DataError
from stereopsis.studies.tables import (
    Table,
    read_accel,
    read_hpolib,
    read_macro,
    read_nasbench201,
)
from tests.search.small_tables import (
    table,
    write_accel,
    write_hpolib,
    write_macro,
    write_nasbench201,
)

READERS: list[tuple[str, Callable[[Path], Table]]] = [
    ("accel.csv", read_accel),
    ("nb201.npz", read_nasbench201),
    ("macro.json", read_macro),
    ("hpolib_x.npz", read_hpolib),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables")
    write_accel(path / "accel.csv")
    write_nasbench201(path / "nb201.npz")
    write_macro(path / "macro.json")
    write_hpolib(path / "hpolib_x.npz")
    return path


@pytest.mark.parametrize(("name", "read"), READERS)
def test_every_candidate_is_one_of_the_space(
    folder: Path, name: str, read: Callable[[Path], Table]
) -> None:
    found = read(folder / name)
    indices = np.array(found.candidates)
    assert (indices >= 0).all()
    assert (indices < np.array(found.space.sizes)).all()
    assert np.isfinite(found.statistics).all()
    assert len(found.statistics) == len(found.scores) == len(found.rows())


def test_of_a_network_that_was_trained_twice_the_first_counts(folder: Path) -> None:
    found = read_accel(folder / "accel.csv")
    assert len(found.scores) == 60
    assert found.scores.min() > 50
    assert found.space.describe(found.candidates[0])["b0_e"] in (1, 4, 6)


def test_cells_cost_what_nas_bench_201_publishes(folder: Path) -> None:
    found = read_nasbench201(folder / "nb201.npz")
    macs = found.costs["macs"]
    wide = found.space.find({f"edge_{i}": "nor_conv_3x3" for i in range(6)})
    empty = found.space.find({f"edge_{i}": "none" for i in range(6)})
    assert len(found.scores) == 15625
    assert macs[found.rows()[wide]] == pytest.approx(220.12, abs=0.01)
    assert macs[found.rows()[empty]] == macs.min() == pytest.approx(7.78, abs=0.01)


def test_scores_are_means_of_the_seeds_that_there_are(folder: Path) -> None:
    found = read_nasbench201(folder / "nb201.npz")
    assert sorted(set(found.scores.tolist())) == [10 * wide + 1 for wide in range(7)]


def test_macro_counts_in_millions(folder: Path) -> None:
    found = read_macro(folder / "macro.json")
    assert found.costs["macs"][found.rows()[(2,) * 8]] == 18
    assert found.costs["params"].max() == 1.8


def test_perceptrons_have_recipes_and_larger_scores_for_less_loss(folder: Path) -> None:
    found = read_hpolib(folder / "hpolib_x.npz")
    best = found.space.describe(found.candidates[int(found.scores.argmax())])
    assert (best["rate"], best["units_1"]) == (5e-4, 512)
    assert "rate" in found.space.recipe
    assert found.name == "HPOLib x"


@pytest.mark.parametrize(("name", "read"), READERS)
def test_refuses_what_is_missing_cut_or_another_table(
    folder: Path, tmp_path: Path, name: str, read: Callable[[Path], Table]
) -> None:
    with pytest.raises(DataError, match="There is no table"):
        read(tmp_path / name)
    whole = (folder / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 3] + b"\xff")
    with pytest.raises(DataError, match="is not the table that it should be"):
        read(tmp_path / name)
    (tmp_path / name).write_text('{"0": {}}' if name.endswith("json") else "a,b\n1,2\n")
    with pytest.raises(DataError, match="is not the table that it should be"):
        read(tmp_path / name)


def test_refuses_options_and_scores_that_are_none(tmp_path: Path) -> None:
    write_accel(tmp_path / "kernel.csv", b3_k=9)
    with pytest.raises(DataError, match="is not the table"):
        read_accel(tmp_path / "kernel.csv")
    write_accel(tmp_path / "score.csv", top1="nan", mmacs="nan")
    with pytest.raises(DataError, match="no finite numbers"):
        read_accel(tmp_path / "score.csv")


def test_statistics_are_logarithms() -> None:
    found = table()
    np.testing.assert_allclose(np.exp(found.statistics[:, 0]), found.costs["macs"])
