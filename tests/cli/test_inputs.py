import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stereopsis.cli.inputs import find_namesake, find_photos, name_results
from stereopsis.errors import OptionError


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")


def test_folders_give_their_pictures_sorted(tmp_path: Path) -> None:
    touch(tmp_path, "b.JPG", "a.heic", "c.txt", ".hidden.jpg", "movie.mp4", "d.webp")
    touch(tmp_path / "deeper", "e.jpg")
    assert [path.name for path in find_photos([tmp_path])] == ["a.heic", "b.JPG", "d.webp"]


def test_results_of_earlier_runs_are_no_photos(tmp_path: Path) -> None:
    photos = {"dog.jpg", "depth.png", "cat.jpg", "cat.png"}
    touch(tmp_path, *photos, "dog_depth.png", "dog_orbit.webp", "dog_push-in.webp")
    touch(tmp_path, "cat_jpg_depth.png", "cat_png_sway.webp")
    assert {path.name for path in find_photos([tmp_path])} == photos


def test_photos_that_are_merely_called_like_results(tmp_path: Path) -> None:
    photos = {"park.jpg", "park_swing.jpg", "park_depth.webp", "Park_depth.png", "lake_orbit.webp"}
    touch(tmp_path, *photos, "lake_orbit_orbit.webp", "park_swing_depth.png")
    assert {path.name for path in find_photos([tmp_path])} == photos


def test_a_path_that_no_file_system_takes_is_left_to_the_reader(tmp_path: Path) -> None:
    endless = tmp_path / ("long" * 2000)
    assert find_photos([endless]) == [endless]


def test_named_files_are_taken_as_they_are_and_once(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.xyz")
    named = [tmp_path / "b.xyz", tmp_path / "a.jpg", tmp_path, tmp_path / "b.xyz"]
    assert find_photos(named) == [tmp_path / "b.xyz", tmp_path / "a.jpg"]
    assert find_photos([tmp_path / "absent.jpg"]) == [tmp_path / "absent.jpg"]


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    touch(tmp_path, "notes.txt", "dog.glb")
    with pytest.raises(OptionError, match="no pictures"):
        find_photos([tmp_path])


def names(photos: Sequence[str], folder: str | None = None) -> list[str]:
    return [
        str(path)
        for path in name_results(list(map(Path, photos)), None if folder is None else Path(folder))
    ]


def test_results_go_beside_the_photo_or_into_the_folder() -> None:
    assert names(["a/dog.jpg", "b/cat.jpg"]) == ["a/dog", "b/cat"]
    assert names(["a/dog.jpg", "b/cat.tar.jpg"], "out") == ["out/dog", "out/cat.tar"]


def test_photos_that_share_a_name_are_told_apart() -> None:
    assert names(["dog.jpg", "dog.png", "cat.png"]) == ["dog_jpg", "dog_png", "cat"]
    assert names(["a/dog.jpg", "b/dog.jpg"]) == ["a/dog", "b/dog"]
    assert names(["a/dog.jpg", "b/dog.jpg"], "out") == ["out/dog_jpg", "out/dog_jpg_2"]
    assert names(["dog.jpg", "dog.png", "dog_jpg.png"]) == ["dog_jpg_2", "dog_png", "dog_jpg"]
    assert names(["Dog.jpg", "dog.png"]) == ["Dog_jpg", "dog_png"]
    assert names(["dog", "dog.png", "dog_png"]) == ["dog", "dog_png_2", "dog_png"]


def test_names_of_dots_alone_keep_their_suffix() -> None:
    assert names(["a/..jpg"]) == ["a/..jpg"]
    assert names(["..jpg", "..png", "...jpg"]) == ["..jpg", "..png", "...jpg"]


def test_folders_are_known_by_any_name(tmp_path: Path) -> None:
    touch(tmp_path / "a", "dog.jpg", "dog.png")
    touch(tmp_path / "far")
    touch(tmp_path / "far" / "deep", "cat.jpg")
    touch(tmp_path, "cat.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "far" / "deep")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    twice = [tmp_path / "a" / "dog.jpg", tmp_path / "b" / "dog.jpg"]
    assert find_photos(twice) == twice[:1]
    two = [tmp_path / "cat.jpg", tmp_path / "link" / ".." / "cat.jpg"]  # the other is far/cat.jpg
    assert find_photos(two) == two


def test_namesakes_are_sought_beside_the_photo_first() -> None:
    photos = [Path("a/Dog.jpg"), Path("b/dog.jpg"), Path("b/dog.png"), Path("b/cat.png")]
    assert find_namesake(photos[2], photos) == photos[1]
    assert find_namesake(photos[0], photos) == photos[1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    photos=st.lists(st.sampled_from("ab"), min_size=1, max_size=8).flatmap(
        lambda stems: st.tuples(
            *(
                st.builds(
                    "{}/{}{}".format,
                    st.sampled_from(["x", "y", "z", "x/../y", "z/../x", "."]),  # z is a link to x
                    st.sampled_from([stem, stem.upper(), f"{stem}_jpg", f"{stem}_jpg_2"]),
                    st.sampled_from([".jpg", ".JPG", ".png", ""]),
                )
                for stem in stems
            )
        )
    ),
    folder=st.sampled_from([None, "out"]),
)
def test_no_two_photos_get_one_name(
    tmp_path: Path, photos: tuple[str, ...], folder: str | None
) -> None:
    for name in "xy":
        (tmp_path / name).mkdir(exist_ok=True)
    if not (tmp_path / "z").exists():
        (tmp_path / "z").symlink_to(tmp_path / "x")
    results = names([str(tmp_path / photo) for photo in sorted(set(photos))], folder)
    assert len({os.path.realpath(result).casefold() for result in results}) == len(results)
