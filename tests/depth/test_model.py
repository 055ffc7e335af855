import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from stereopsis.depth import model
from stereopsis.depth.model import EMBEDDED, check_depth_network, open_depth_model
from stereopsis.depth.mono import estimate_depth
from stereopsis.errors import OptionError, WeightsError
from stereopsis.runtime.catalogue import PUBLIC_MODELS, PublicModel
from stereopsis.runtime.formats import PictureFormat
from stereopsis.runtime.manifest import Manifest, Port, manifest_path, sha256_of
from stereopsis.scene.camera import Camera
from stereopsis.scene.photo import Photo
from tests.networks import (
    BYTE,
    FLOAT,
    INT64,
    TEXT,
    like_depth_anything,
    like_edition_2,
    like_midas_small,
    save_model,
)
from tests.runtime.hub_server import Hub, serving

LIKE = {"depth-anything-v2-small": like_depth_anything, "midas-small": like_midas_small}
PICTURE = Port("image", "uint8", ("n", "h", "w", 3))
DEPTH = Port("depth", "float32", ("n", "h", "w"))
PLAIN = Manifest(name="tiny", inputs=(PICTURE,), outputs=(DEPTH,), licence="MIT")


def photo() -> Photo:
    y, x = np.mgrid[:90, :120]
    pixels = np.stack([x, y, 2 * y], axis=2).astype(np.uint8)
    return Photo(pixels, Camera.from_focal_35mm(120, 90))


def stand_in(name: str, path: Path, hub: Hub) -> PublicModel:
    """The public model, but for its bytes: a tiny network on this computer's hub."""
    LIKE[name](path)
    hub.content = path.read_bytes()
    real = PUBLIC_MODELS[name]
    manifest = replace(real.manifest, sha256=sha256_of(path))
    return replace(real, manifest=manifest, url=f"{hub.url}/m.onnx", bytes=len(hub.content))


def test_embedded_networks_go_by_their_names() -> None:
    assert open_depth_model("mono", threads=1).manifest.name == "mono"
    assert EMBEDDED == ("mono", "mono-int8")


@pytest.mark.parametrize("name", PUBLIC_MODELS)
def test_public_networks_are_fetched_once_and_guess_depth(name, tmp_path, monkeypatch) -> None:
    cache, heard = tmp_path / "cache", []
    with serving(Hub(b"")) as hub:
        public = stand_in(name, tmp_path / "m.onnx", hub)
        monkeypatch.setitem(PUBLIC_MODELS, name, public)
        for _ in range(2):
            network = open_depth_model(name, 1, cache, lambda done, total: heard.append(done))
        assert len(hub.asked) == 1 and heard[-1] == public.bytes
    assert [path.name for path in cache.iterdir()] == [f"{name}.onnx"]
    depth = estimate_depth(photo(), network)
    assert name in depth.reason and public.manifest.licence in depth.reason
    assert depth.inverse_depth[-1, -1] > 0.9 and depth.inverse_depth[0, 0] < 0.1


def test_the_cache_of_the_user_is_the_default(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("STEREOPSIS_CACHE", str(tmp_path / "cache"))
    with serving(Hub(b"")) as hub:
        public = stand_in("midas-small", tmp_path / "m.onnx", hub)
        monkeypatch.setitem(PUBLIC_MODELS, "midas-small", public)
        open_depth_model("midas-small")
    assert (tmp_path / "cache" / "models" / "midas-small.onnx").is_file()


def test_a_user_without_a_home_keeps_models_among_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for variable in ("STEREOPSIS_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with serving(Hub(b"")) as hub:
        public = stand_in("midas-small", tmp_path / "m.onnx", hub)
        monkeypatch.setitem(PUBLIC_MODELS, "midas-small", public)
        open_depth_model("midas-small")
    assert list(tmp_path.rglob("stereopsis/**/midas-small.onnx"))


def test_a_public_file_needs_no_manifest(tmp_path: Path, monkeypatch) -> None:
    """Somebody fetched it by hand, under a name of their own."""
    public = stand_in("midas-small", tmp_path / "model-small.onnx", Hub(b""))
    monkeypatch.setitem(PUBLIC_MODELS, "midas-small", public)
    assert open_depth_model(tmp_path / "model-small.onnx").manifest == public.manifest


def test_a_file_with_its_manifest_is_opened(tmp_path: Path) -> None:
    path = like_edition_2(tmp_path / "two.onnx")
    assert open_depth_model(str(path)).manifest.name == "two"
    assert estimate_depth(photo(), open_depth_model(path)).uncertainty is not None


@pytest.mark.parametrize("like", LIKE.values())
def test_a_file_without_a_manifest_is_told_what_to_write(tmp_path: Path, like) -> None:
    """What the error proposes, once somebody has checked it, is a manifest that works."""
    path = like(tmp_path / "found.onnx")
    with pytest.raises(WeightsError, match=r"found\.onnx has no manifest found\.json") as caught:
        open_depth_model(path)
    draft = json.loads(caught.value.mend[caught.value.mend.index("{") : -1])
    manifest_path(path).write_text(json.dumps(draft))
    network = open_depth_model(path)
    assert estimate_depth(photo(), network).inverse_depth.shape == (90, 120)


@pytest.mark.parametrize(
    ("found", "proposed"),
    [
        ([None, 3, None, None], ["n", 3, "h", "w"]),
        ([1, None, 256, 320], [1, 3, 256, 320]),
        (["b", "x", "y", 3], ["n", "h", "w", 3]),
    ],
)
def test_proposals_keep_what_is_fixed_and_name_what_is_free(tmp_path, found, proposed) -> None:
    path = save_model(
        tmp_path / "found.onnx",
        [("x", FLOAT, found)],
        [("y", FLOAT, [None, 1, None, None])],
        [helper.make_node("Identity", ["x"], ["y"])],
        {},
    )
    with pytest.raises(WeightsError) as caught:
        open_depth_model(path)
    draft = json.loads(caught.value.mend[caught.value.mend.index("{") : -1])
    assert draft["inputs"][0]["shape"] == proposed
    assert draft["outputs"][0]["shape"][1] == 1


@pytest.mark.parametrize(
    ("inputs", "outputs", "reason"),
    [
        ([("x", FLOAT, ["b", "t"])], [("y", FLOAT, ["b", "t"])], r"takes x: float32 of b x t, not"),
        ([("x", FLOAT, [1, 1, 8, 8])], [("y", FLOAT, [1, 1, 8, 8])], "not one picture"),
        ([("x", INT64, [1, 3, 8, 8])], [("y", INT64, [1, 3, 8, 8])], "takes x: int64 of"),
        ([("x", TEXT, [1, 3, 8, 8])], [("y", TEXT, [1, 3, 8, 8])], "takes x: text of"),
        (
            [("x", FLOAT, [1, 3, 8, 8]), ("z", FLOAT, [1])],
            [("y", FLOAT, [1, 3, 8, 8])],
            r"takes x: float32 of 1 x 3 x 8 x 8 and z: float32 of 1, not one picture",
        ),
        ([("x", FLOAT, [1, 3, 8, 8])], [("y", FLOAT, [1, 3, 8, 8])], "not one value for each"),
        ([("x", BYTE, ["n", 3, "h", "w"])], [("y", BYTE, ["n", 3, "h", "w"])], "gives y: uint8"),
    ],
)
def test_what_can_be_no_depth_network_gets_no_proposal(tmp_path, inputs, outputs, reason) -> None:
    nodes = [helper.make_node("Identity", ["x"], ["y"])]
    path = save_model(tmp_path / "found.onnx", inputs, outputs, nodes, {})
    with pytest.raises(WeightsError, match=rf"found\.onnx .*{reason}") as caught:
        open_depth_model(path)
    assert "{" not in caught.value.mend and caught.value.mend.startswith("Use a network")


def test_only_maps_are_proposed_as_outputs(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["x", "last"], ["y"], keepdims=0),
        helper.make_node("Shape", ["x"], ["size"]),
    ]
    path = save_model(
        tmp_path / "found.onnx",
        [("x", FLOAT, ["n", "h", "w", 3])],
        [("size", INT64, [4]), ("y", FLOAT, ["n", "h", "w"])],
        nodes,
        {"last": np.array([3])},
    )
    with pytest.raises(WeightsError, match="such as") as caught:
        open_depth_model(path)
    draft = json.loads(caught.value.mend[caught.value.mend.index("{") : -1])
    assert [each["name"] for each in draft["outputs"]] == ["y"]


@pytest.mark.parametrize("name", ["", "midas", "absent.onnx", "mono.onnx", "a\0b"])
def test_neither_a_name_nor_a_file(name: str) -> None:
    with pytest.raises(OptionError, match=r"There is no depth model.*midas-small"):
        open_depth_model(name)


def test_nothing_is_no_name() -> None:
    with pytest.raises(OptionError, match=r"None is no name of a depth model.*mono, mono-int8"):
        open_depth_model(None)


def test_what_cannot_be_a_file_is_said_to_be_unreadable() -> None:
    with pytest.raises(OptionError, match=r"cannot be read .*too long.*midas-small"):
        open_depth_model("a" * 300)


def test_a_folder_is_no_network(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="There is no depth model"):
        open_depth_model(tmp_path)


def test_a_file_that_is_no_network_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "photo.onnx"
    path.write_bytes(b"\xff\xd8\xff\xe0 a photo")
    with pytest.raises(WeightsError, match=r"photo\.onnx is not a network"):
        open_depth_model(path)
    shutil.copy(manifest_path(like_edition_2(tmp_path / "two.onnx")), manifest_path(path))
    with pytest.raises(WeightsError, match=r"photo\.onnx is not a network"):
        open_depth_model(path)


@pytest.mark.parametrize(("gain", "reason"), [(float("nan"), "not finite"), (0.0, "everywhere")])
def test_answers_that_are_no_depth(tmp_path: Path, gain: float, reason: str) -> None:
    path = like_depth_anything(tmp_path / "bad.onnx", gain)
    manifest = replace(PUBLIC_MODELS["depth-anything-v2-small"].manifest, sha256="")
    manifest_path(path).write_text(manifest.to_json())
    with pytest.raises(WeightsError, match=reason):
        open_depth_model(path)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"inputs": (PICTURE, PICTURE)}, "takes image of n x h x w x 3 and image.*not one"),
        ({"inputs": (Port("audio", "float32", ("n", "t")),)}, "takes audio of n x t, not one"),
        ({"inputs": (Port("x", "float32", (2, 3, "h", "w")),)}, "Name its free sizes"),
        ({"inputs": (Port("x", "float32", ("n", 3, "height", "width")),)}, "Name its free sizes"),
        ({"outputs": (Port("y", "float32", ("n", 1000)),)}, "gives y of n x 1000, not one value"),
        ({"outputs": (Port("y", "float32", ("n", 21, "h", "w")),)}, "not one value"),
        ({"outputs": (Port("y", "uint8", ("n", "h", "w")),)}, "not one value"),
        ({"picture": PictureFormat(white=1.0)}, "yet has white, mean or std"),
    ],
)
def test_networks_for_other_things_are_refused(tmp_path: Path, changes, reason: str) -> None:
    check_depth_network(PLAIN, "tiny.onnx")
    path = like_edition_2(tmp_path / "tiny.onnx")
    manifest_path(path).write_text(replace(PLAIN, **changes).to_json())
    with pytest.raises(WeightsError, match=reason):
        open_depth_model(path)


def test_the_embedded_8_bit_network_is_said_to_be_missing(tmp_path: Path, monkeypatch) -> None:
    from importlib import resources

    monkeypatch.setattr(resources, "files", lambda package: tmp_path)
    with pytest.raises(WeightsError, match="mono-int8 is missing from this installation"):
        model.open_depth_model("mono-int8")
