from pathlib import Path

from bench_stereo import find_pairs


def put(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(b"")


def test_raw_pictures_come_before_rectified_ones(tmp_path: Path) -> None:
    put(tmp_path / "set" / "bike", "left.png", "right.png")
    put(tmp_path / "glasses" / "walk", "left.png", "right.png", "left_raw.png", "calib.json")
    found = find_pairs(tmp_path)
    assert found["set/bike"][2] is None
    left, right, rig = found["glasses/walk"]
    assert (left.name, right.name) == ("left_raw.png", "right_raw.png")
    assert rig is not None and rig.name == "calib.json"


def test_other_folders_hold_no_pairs(tmp_path: Path) -> None:
    put(tmp_path / "set" / "bike", "picture.png")
    assert find_pairs(tmp_path) == {}
