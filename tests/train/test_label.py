from collections import Counter
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
import pytest

from stereopsis.errors import DataError, OptionError, WeightsError
from stereopsis.train.label import describe_outcome, list_photos, main, read_small
from stereopsis.train.pack import read_pack
from stereopsis.train.teacher import Teacher
from tests.train.teacher_network import write_teacher


def write_photo(path: Path, width: int, height: int) -> np.ndarray:
    """A photo whose brightness grows to the right."""
    path.parent.mkdir(parents=True, exist_ok=True)
    levels = np.linspace(20, 235, width).astype(np.uint8)
    image = np.broadcast_to(levels[None, :, None], (height, width, 3)).copy()
    cv2.imwrite(str(path), image)
    return image


def test_the_teacher_answers_at_the_pictures_size(tmp_path: Path):
    teacher = Teacher(write_teacher(tmp_path / "t.onnx"))
    image = write_photo(tmp_path / "a.png", 300, 200)
    got = teacher(image)
    assert got.shape == (200, 300) and got.dtype == np.float32
    assert np.median(got) == pytest.approx(1, abs=1e-5)
    truth = np.exp(image[:, :, 0] / 255.0)
    assert np.abs(got / got.mean() - truth / truth.mean()).max() < 0.01


def test_a_picture_and_its_mirror_get_mirrored_answers(tmp_path: Path):
    teacher = Teacher(write_teacher(tmp_path / "t.onnx"))
    image = np.random.default_rng(0).integers(0, 255, (160, 192, 3)).astype(np.uint8)
    mirrored = teacher(np.ascontiguousarray(image[:, ::-1]))
    assert teacher(image) == pytest.approx(mirrored[:, ::-1], abs=1e-5)


def test_foreign_networks_are_refused(tmp_path: Path):
    (tmp_path / "t.onnx").write_bytes(b"no network")
    for name in ("t.onnx", "missing.onnx"):
        with pytest.raises(WeightsError, match=name):
            Teacher(tmp_path / name)


def test_large_photos_become_a_pack_and_small_or_broken_ones_do_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    photos = tmp_path / "photos"
    write_photo(photos / "a" / "large.jpg", 600, 400)
    write_photo(photos / "small.png", 300, 100)
    (photos / "broken.jpg").write_bytes(b"broken")
    (photos / "torn.png").write_bytes(b"")
    out = tmp_path / "new" / "out.npz"
    main(write_teacher(tmp_path / "t.onnx"), out, [photos])
    said = capsys.readouterr().out.replace("\n", " ")
    assert f"{out}: 1 photos labelled, 3 left out" in said
    assert "2 unreadable" in said and "1 short side under 160 px" in said
    pack = read_pack(out)
    (frame,) = pack
    assert frame.image.shape == (256, 384, 3)
    assert not frame.exact and frame.valid.all()
    assert (np.diff(frame.inverse_depth[128, ::8]) > 0).all()
    assert "t.onnx" in pack.source and "photos" in pack.source


def test_parts_cover_all_photos_once(tmp_path: Path):
    for number in range(7):
        write_photo(tmp_path / f"{number}.png", 8, 8)
    paths = list_photos([tmp_path])
    assert paths == list_photos([tmp_path])
    assert sorted(p.name for p in paths) == [f"{k}.png" for k in range(7)]


def test_new_photos_move_no_others_about(tmp_path: Path):
    for number in range(20):
        (tmp_path / f"{number}.png").touch()
    before = list_photos([tmp_path])
    assert before != sorted(before)
    (tmp_path / "0a.png").touch()
    assert [p for p in list_photos([tmp_path]) if p.name != "0a.png"] == before
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    assert [p.name for p in list_photos([moved]) if p.name != "0a.png"] == [p.name for p in before]


def test_photos_of_folders_in_each_other_are_listed_once(tmp_path: Path):
    for place in (tmp_path, tmp_path / "part"):
        place.mkdir(exist_ok=True)
        (place / "a.png").touch()
    twice = [tmp_path, tmp_path / "part", tmp_path / "part" / ".." / "part"]
    assert sorted(list_photos(twice)) == [tmp_path / "a.png", tmp_path / "part" / "a.png"]


def test_folders_without_photos_are_refused(tmp_path: Path):
    with pytest.raises(DataError, match="no photos"):
        list_photos([tmp_path])


def test_small_photos_are_not_enlarged(tmp_path: Path):
    write_photo(tmp_path / "a.png", 100, 50)
    image = read_small(tmp_path / "a.png")
    assert image is not None and image.shape == (50, 100, 3)


def test_nothing_to_label_is_refused_and_no_file_is_written(tmp_path: Path):
    teacher, out = write_teacher(tmp_path / "t.onnx"), tmp_path / "out.npz"
    write_photo(tmp_path / "photos" / "small.png", 300, 100)
    with pytest.raises(OptionError, match="only 1 photos to skip 1"):
        main(teacher, out, [tmp_path / "photos"], skip=1)
    with pytest.raises(DataError, match=r"0 photos labelled, 1 left out \(1 short side"):
        main(teacher, out, [tmp_path / "photos"])
    assert not out.exists()


def test_that_none_was_left_out_is_said_too():
    assert describe_outcome(2, Counter()) == "2 photos labelled, none left out"


def test_a_network_of_ours_labels_too(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    write_photo(photos / "large.jpg", 320, 240)
    ours = Path(str(resources.files("stereopsis.runtime.weights"))) / "mono-int8.onnx"
    main(ours, tmp_path / "out.npz", [photos])
    frame = read_pack(tmp_path / "out.npz")[0]
    depth = frame.inverse_depth
    assert frame.valid.all() and depth.min() < 0.01 * depth.max() and depth.std() > 0
