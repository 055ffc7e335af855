"""Groceries: kinds of a family stay together, and studio shots are the needles."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.errors import DataError
from stereopsis.imagine.haystack.groceries import GroceryConfig, GroceryRow, list_groceries
from stereopsis.imagine.haystack.making import UNWATCHED
from stereopsis.imagine.haystack.shards import read_shards
from stereopsis.imagine.haystack.write_groceries import write_groceries

KINDS = ["Fruit/Apple/Royal-Gala", "Fruit/Apple/Pink-Lady", "Fruit/Kiwi", "Fruit/Melon/Galia-Melon"]
KINDS += [f"Vegetables/{name}" for name in ("Leek", "Garlic", "Ginger", "Zucchini")]


def write_shop(folder: Path) -> Path:
    """Two photos and one studio shot of each kind, and a package that is no food of ours."""
    for i, kind in enumerate([*KINDS, "Packages/Milk/Some-Milk"]):
        name = kind.split("/")[-1]
        for place in (f"natural/train/{kind}/{name}_1", f"natural/test/{kind}/{name}_2",
                      f"iconic/{kind}/{name}_Iconic"):  # fmt: skip
            path = folder / f"{place}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), np.full((30, 40, 3), 20 * i, np.uint8))
        (folder / "iconic" / kind / f"{name}_Description.txt").write_text(f"It is {name}.")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("groceries")
    write_groceries(write_shop(folder / "shop"), folder, GroceryConfig(side=16), UNWATCHED)
    return folder


def rows(made: Path, name: str) -> list[GroceryRow]:
    return list(read_shards(made, GroceryRow, name))


def test_studio_shots_of_kinds_held_out_are_in_the_reference_only(made: Path) -> None:
    pool, picked, reference = (rows(made, name) for name in ("pool", "picked", "reference"))
    assert sum(row.style == "natural" for row in pool) == 2 * len(KINDS)
    assert all(row.split == "tune" for row in (*pool, *picked) if row.wanted)
    assert {row.split for row in reference} == {"held-out"}
    assert len(picked) + sum(row.wanted for row in reference) == len(KINDS)


def test_families_are_not_parted_and_packages_left_out(made: Path) -> None:
    pairs = {(row.family, row.split) for row in rows(made, "pool")}
    assert len(pairs) == len({family for family, _ in pairs}) == 7


def test_names_are_said_in_words(made: Path) -> None:
    concepts = {row.concept for row in rows(made, "pool")}
    assert {"royal gala apple", "kiwi", "galia melon", "leek"} <= concepts
    assert all(row.description.startswith("It is ") for row in rows(made, "picked"))


def test_a_folder_below_one_that_is_named_as_a_group_is_read_alike(
    made: Path, tmp_path: Path
) -> None:
    shop = write_shop(tmp_path / "Vegetables" / "Fruit" / "shop")
    found, same = (list_groceries(each, GroceryConfig()) for each in (shop, made / "shop"))
    assert [replace(each, path=each.path.relative_to(shop)) for each in found] == [
        replace(each, path=each.path.relative_to(made / "shop")) for each in same
    ]


def test_a_folder_without_studio_shots_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="lacks natural"):
        write_groceries(tmp_path, tmp_path / "out", GroceryConfig(), UNWATCHED)
