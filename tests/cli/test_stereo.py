import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from stereopsis.depth.given import read_depth
from stereopsis.scene.rig import Lens, Rig
from stereopsis.show.gltf import read_glb
from tests.cli.running import names, records, refusal, run
from tests.depth.two_planes import CARD, HEIGHT, NEAR_PX, WIDTH, two_planes
from tests.scene.rig_files import rig_to_json
from tests.scene.rigs import transform

Pictures = tuple[Path, Path]


def save(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def pair(tmp_path: Path) -> Pictures:
    seen = two_planes()
    return save(tmp_path / "left.png", seen.left), save(tmp_path / "right.png", seen.right)


def straight_rig(folder: Path, shown: str | None = None) -> Path:
    lens = Lens("pinhole", WIDTH, HEIGHT, (300.0, 300.0), (WIDTH / 2, HEIGHT / 2))
    rig = Rig(lens, lens, transform(np.eye(3), (0.064, 0.0, 0.0)), shown)  # type: ignore[arg-type]
    path = folder / "rig.json"
    path.write_text(rig_to_json(rig))
    return path


def test_a_pair_becomes_a_glb_and_a_page_beside_the_left_picture(pair: Pictures) -> None:
    before = [path.read_bytes() for path in pair]
    result = run("stereo", *pair)
    assert result.exit_code == 0, result.stderr
    assert names(pair[0].parent) == {"left.png", "right.png", "left.glb", "left.html"}
    assert [path.read_bytes() for path in pair] == before
    assert len(read_glb(pair[0].with_suffix(".glb").read_bytes()).faces) > 2
    assert "<title>left</title>" in pair[0].with_suffix(".html").read_text()
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[0].startswith("left.png: left.glb ") and len(lines) == 2
    assert lines[1].startswith("Measured with both eyes, for the left one: ")


def test_json_tells_programs_how_depth_came_about(pair: Pictures) -> None:
    result = run("stereo", *pair, "--json", "--format", "glb", "--quality", "small")
    (record,) = records(result)
    assert record["input"] == str(pair[0])
    assert record["depth"]["source"] == "stereo" and record["depth"]["scale"] == "relative"
    assert record["depth"]["reason"] in result.stderr
    assert record["warnings"] == []
    assert {"undistort", "rectify", "match", "judge", "mesh", "total"} <= record["ms"].keys()
    assert [Path(file["path"]).name for file in record["files"]] == ["left.glb"]


@pytest.mark.parametrize("shown", ["left", "right"])
def test_depth_is_that_of_the_shown_eye(pair: Pictures, shown: str) -> None:
    result = run("stereo", *pair, "--shown", shown, "--format", "depth", "--json")
    (record,) = records(result)
    assert f"for the {shown} one" in record["depth"]["reason"]
    near = read_depth(pair[0].with_name("left_depth.png")).inverse_depth
    rows, columns = CARD
    shift = NEAR_PX if shown == "right" else 0
    inside = near[rows, columns.start + 4 - shift : columns.stop - 4 - shift]
    beyond = near[rows, columns.stop + 20 :]
    assert np.median(inside) > np.median(beyond) + 0.5


def test_depth_alone_is_that_of_the_3d_photo_without_making_one(
    pair: Pictures, tmp_path: Path
) -> None:
    found = {}
    for formats in ("depth", "depth,glb"):
        out = tmp_path / formats
        command = ("stereo", *pair, "--format", formats, "--quality", "small", "-o", out, "--json")
        (found[formats],) = records(run(*command))
    (alone, made) = (tmp_path / formats / "left_depth.png" for formats in found)
    assert alone.read_bytes() == made.read_bytes()
    assert {"cut", "grow", "mesh", "glb"} <= found["depth,glb"]["ms"].keys()
    assert not {"cut", "grow", "mesh", "glb"} & found["depth"]["ms"].keys()
    for said in ("depth", "warnings"):
        assert found["depth"][said] == found["depth,glb"][said]


def test_options_go_where_they_should(pair: Pictures, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    options = ("--format", "html,gif", "--move", "sway", "--title", "A & B", "--quality", "small")
    result = run("stereo", *pair, "-o", out, *options, "--no-second-eye")
    assert result.exit_code == 0, result.stderr
    assert names(out) == {"left.html", "left_sway.gif"}
    assert "<title>A &amp; B</title>" in (out / "left.html").read_text()


def test_a_rig_is_used_and_says_which_eye_is_shown(pair: Pictures, tmp_path: Path) -> None:
    rig = straight_rig(tmp_path, "right")
    result = run("stereo", *pair, "--rig", rig, "--format", "glb", "--json", "--quality", "small")
    (record,) = records(result)
    assert record["depth"]["source"] == "stereo"
    assert "for the right one" in record["depth"]["reason"]
    assert record["focal_source"] == "rig"
    assert "undistorted by the rig" in record["warnings"][0]


def alone(eye: str, *arguments: object) -> dict[str, object]:
    """The record of a command that could use one eye's picture only, and said so."""
    result = run("stereo", *arguments, "--format", "glb", "--json", "--quality", "small")
    assert result.exit_code == 0, result.stderr
    (record,) = records(result)
    depth = record["depth"]
    assert depth["source"] == "mono"
    assert f"from the {eye} picture alone, because " in depth["reason"]
    assert depth["reason"] in result.stderr.splitlines()
    return record


def without_rig(*arguments: object) -> dict[str, object]:
    """The record of a command that measured with both eyes, but left the rig out and said so."""
    result = run("stereo", *arguments, "--format", "glb", "--json", "--quality", "small")
    assert result.exit_code == 0, result.stderr
    (record,) = records(result)
    depth = record["depth"]
    assert depth["source"] == "stereo"
    assert depth["reason"].startswith("Measured with both eyes, for the left one: ")
    assert " The rig was left out, because " in depth["reason"]
    assert depth["reason"] in result.stderr.splitlines()
    assert len(record["warnings"]) == 1
    return record


@pytest.mark.parametrize("text", ["{", "[]", '{"left": 3}', ""])
def test_a_rig_that_is_none_is_left_out(pair: Pictures, tmp_path: Path, text: str) -> None:
    (tmp_path / "rig.json").write_text(text)
    record = without_rig(*pair, "--rig", tmp_path / "rig.json")
    assert record["depth"]["reason"].count("rig.json") == 1
    assert "rig.json " in record["warnings"][0]
    assert record["warnings"][0].count(". ") == 1  # the mend, which the reason leaves out


def test_a_rig_for_other_pictures_is_left_out(pair: Pictures, tmp_path: Path) -> None:
    rig = straight_rig(tmp_path)
    rig.write_text(rig.read_text().replace(str(HEIGHT), str(HEIGHT + 80)))
    assert "rig.json is for 320 x 320 px" in without_rig(*pair, "--rig", rig)["depth"]["reason"]
    shown = json.loads(rig.read_text()) | {"shown": "right"}
    (tmp_path / "right.json").write_text(json.dumps(shown))
    quick = ("--format", "glb", "--quality", "small")
    result = run("stereo", *pair, "--rig", tmp_path / "right.json", "--json", *quick)
    assert "with both eyes, for the right one" in records(result)[0]["depth"]["reason"]


def test_a_rig_whose_lenses_see_nothing_in_common_is_left_out(
    pair: Pictures, tmp_path: Path
) -> None:
    rig = json.loads(straight_rig(tmp_path).read_text())
    apart = [[0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.06], [0, 0, 0, 1.0]]
    (tmp_path / "apart.json").write_text(json.dumps(rig | {"T_right_from_left": apart}))
    record = without_rig(*pair, "--rig", tmp_path / "apart.json")
    assert "because the two lenses of the rig see hardly" in record["depth"]["reason"]


def test_a_bad_rig_and_a_bad_pair_leave_one_eye_and_both_are_told(
    pair: Pictures, tmp_path: Path
) -> None:
    (tmp_path / "rig.json").write_text("{")
    record = alone("left", pair[0], pair[0], "--rig", tmp_path / "rig.json")
    assert "same one" in record["depth"]["reason"]
    assert "The rig was left out, because rig.json " in record["depth"]["reason"]
    pair[1].write_bytes(b"not a picture")
    record = alone("left", *pair, "--rig", tmp_path / "rig.json")
    assert "right.png" in record["depth"]["reason"] and "right.png" in record["warnings"][-1]


def test_one_eye_alone_is_the_one_that_the_rig_shows(pair: Pictures, tmp_path: Path) -> None:
    save(pair[1], two_planes().right[:, :HEIGHT])  # fits neither the rig nor the left one
    command = (*pair, "--rig", straight_rig(tmp_path, "right"))
    record = alone("right", *command)
    assert "The rig was left out, because right.png " in record["depth"]["reason"]
    alone("left", *command, "--shown", "left")


@pytest.mark.parametrize("damage", ["missing", "damaged"])
@pytest.mark.parametrize("eye", ["left", "right"])
def test_one_picture_that_cannot_be_read_leaves_the_other(
    pair: Pictures, eye: str, damage: str
) -> None:
    bad = pair[eye == "right"]
    if damage == "missing":
        bad.unlink()
    else:
        bad.write_bytes(b"not a picture")
    other = "right" if eye == "left" else "left"
    record = alone(other, *pair)
    assert record["depth"]["reason"].count(bad.name) == 1 and bad.name in record["warnings"][0]


def test_two_pictures_that_cannot_be_read_are_refused(pair: Pictures) -> None:
    pair[0].write_bytes(b"not a picture")
    pair[1].unlink()
    assert "left.png" in refusal("stereo", *pair)
    result = run("stereo", *pair, "--json")
    (record,) = records(result)
    assert result.exit_code == 2 and set(record) == {"input", "error", "mend"}
    assert names(pair[0].parent) == {"left.png"}


def test_pictures_of_other_aspect_or_size_are_told_apart(pair: Pictures) -> None:
    whole = cv2.imread(str(pair[1]))
    cv2.imwrite(str(pair[1]), cv2.resize(whole, (160, 120), interpolation=cv2.INTER_AREA))
    result = run("stereo", *pair, "--json", "--format", "depth", "--quality", "small")
    (record,) = records(result)
    assert "left.png was reduced to the 160 x 120 px" in record["warnings"][0]
    cv2.imwrite(str(pair[1]), whole[:, :HEIGHT])
    record = alone("left", *pair)
    assert "right.png 240 x 240" in record["warnings"][0]


def test_swapped_pictures_are_told(pair: Pictures) -> None:
    record = alone("left", *pair[::-1])
    assert "look swapped" in record["depth"]["reason"]
    assert record["input"] == str(pair[1])


def test_the_same_picture_twice_is_told(pair: Pictures) -> None:
    assert "same one" in alone("right", pair[0], pair[0], "--shown", "right")["depth"]["reason"]


def test_one_file_may_hold_both_eyes(tmp_path: Path) -> None:
    seen = two_planes()
    both = save(tmp_path / "both.png", np.hstack([seen.left, seen.right]))
    result = run("stereo", both, "--json", "--format", "glb", "--quality", "small")
    (record,) = records(result)
    assert record["depth"]["source"] == "stereo"
    assert record["warnings"] == ["both.png holds both eyes side by side."]
    assert names(tmp_path) == {"both.png", "both.glb"}


def test_one_file_with_one_eye_is_used_alone(pair: Pictures) -> None:
    result = run("stereo", pair[0], "--format", "depth", "--quality", "small")
    assert result.exit_code == 0
    assert "from the picture alone" in result.stderr and "left.png holds one view" in result.stderr


def test_nothing_to_do_is_refused(pair: Pictures, tmp_path: Path) -> None:
    assert run("stereo").exit_code == 2
    assert "name is empty" in refusal("stereo", "")
    assert "name is empty" in refusal("stereo", pair[0], "")
    assert "is a folder" in refusal("stereo", ".", pair[1])
    assert "is a folder" in refusal("stereo", pair[0], tmp_path)
    assert "--rig is empty" in refusal("stereo", *pair, "--rig", "")
    for rig in (tmp_path / "absent.json", tmp_path, "a\0b", "long" * 100):
        assert "There is no rig file" in refusal("stereo", *pair, "--rig", rig)
    assert "--output is empty" in refusal("stereo", *pair, "-o", "")
    assert "obj is no format" in refusal("stereo", *pair, "--format", "obj")
    assert "no film" in refusal("stereo", *pair, "--move", "sway")
    assert "is a file, not a folder" in refusal("stereo", *pair, "-o", pair[0])
    for option in (["--shown", "both"], ["--quality", "best"], ["--move", "jump"]):
        result = run("stereo", *pair, *option)
        assert result.exit_code == 2 and option[1] in result.stderr
    assert names(tmp_path) == {"left.png", "right.png"}


@pytest.mark.parametrize("role", ["right", "rig"])
def test_no_input_is_overwritten(pair: Pictures, tmp_path: Path, role: str) -> None:
    """left_depth.png is here the right eye's picture, or the rig."""
    place = tmp_path / "left_depth.png"
    if role == "right":
        pair[1].rename(place)
        command: list[object] = [pair[0], place]
    else:
        straight_rig(tmp_path).rename(place)
        command = [*pair, "--rig", place]
    before = place.read_bytes()
    result = run("stereo", *command, "--format", "depth", "--quality", "small")
    assert result.exit_code == 2 and "replace an input" in result.stderr
    assert place.read_bytes() == before


def test_help_fits_a_screen_and_names_both_pictures() -> None:
    result = run("stereo", "--help")
    assert result.exit_code == 0
    usage = result.stdout.lower()
    assert "{left}" in usage and "right" in usage and "--rig" in usage and "--shown" in usage
    assert result.stdout.count("\n") <= 50
