from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from stereopsis.errors import WeightsError
from stereopsis.runtime.catalogue import MIDAS_SMALL
from stereopsis.runtime.manifest import Manifest, Port, manifest_path, read_manifest, sha256_of
from stereopsis.runtime.network import open_network
from tests.networks import FLOAT, like_edition_2, like_midas_small, save_model

IMAGE = np.random.default_rng(0).integers(0, 256, (2, 8, 12, 3), dtype=np.uint8)


def test_runs_arrays_to_arrays(build_network) -> None:
    network = open_network(build_network(gain=2, offset=1), threads=1)
    (answer,) = network.run(IMAGE)
    np.testing.assert_allclose(answer, IMAGE.mean(axis=3) * 2 + 1, rtol=1e-5)


def test_takes_views_that_are_not_contiguous(build_network) -> None:
    network = open_network(build_network())
    (mirrored,) = network.run(IMAGE[:, :, ::-1])
    np.testing.assert_array_equal(mirrored[:, :, ::-1], network.run(IMAGE)[0])


@pytest.mark.parametrize(
    "image",
    [
        IMAGE.astype(np.float32),
        IMAGE[0],
        IMAGE[..., :2],
        IMAGE[:, :7],
    ],
    ids=["type", "dimensions", "channels", "multiple"],
)
def test_a_wrong_input_is_our_own_bug(build_network, image: np.ndarray) -> None:
    with pytest.raises(AssertionError):
        open_network(build_network()).run(image)


def test_refuses_a_changed_file(build_network) -> None:
    path = build_network()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not the file that its manifest describes"):
        open_network(path)


def test_refuses_a_missing_file(build_network) -> None:
    path = build_network()
    path.unlink()
    with pytest.raises(WeightsError, match=r"tiny\.onnx is missing"):
        open_network(path)
    with pytest.raises(WeightsError, match="is missing"):
        open_network(path.with_name("long" * 2000))  # of which is_file() raises


def test_refuses_a_missing_manifest(build_network) -> None:
    path = build_network()
    manifest_path(path).unlink()
    with pytest.raises(WeightsError, match=r"tiny\.json"):
        open_network(path)


def test_refuses_what_is_no_network(build_network) -> None:
    path = build_network()
    manifest = manifest_path(path)
    right = sha256_of(path)
    path.write_bytes(b"not a network")
    manifest.write_text(manifest.read_text().replace(right, sha256_of(path)))
    with pytest.raises(WeightsError, match="not a network that can run"):
        open_network(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": (Port("picture", "uint8", ("n", "h", "w", 3), ""),)},
        {"inputs": (Port("image", "float32", ("n", "h", "w", 3), ""),)},
        {"inputs": (Port("image", "uint8", ("h", "w", 3), ""),)},
        {"outputs": (Port("depth", "float32", ("n", "h", "w"), ""),)},
        {"outputs": (Port("inverse_depth", "float32", ("n", 1, "h", "w"), ""),)},
    ],
)
def test_refuses_other_inputs_and_outputs_than_promised(build_network, changes) -> None:
    with pytest.raises(WeightsError, match="while its manifest says"):
        open_network(build_network(**changes))


def test_refuses_an_output_of_another_size(build_network) -> None:
    with pytest.raises(WeightsError, match=r"gives inverse_depth of 1 x 128 x 3, not n x h x w"):
        open_network(build_network(axis=1))


@pytest.mark.parametrize("gain", [float("nan"), float("inf")])
def test_refuses_answers_that_are_not_finite(build_network, gain: float) -> None:
    with pytest.raises(WeightsError, match="not finite"):
        open_network(build_network(gain=gain))


def test_refuses_the_same_answer_everywhere(build_network) -> None:
    with pytest.raises(WeightsError, match="= 7 everywhere"):
        open_network(build_network(gain=0, offset=7))


def test_outputs_that_nobody_names_are_left_out(tmp_path: Path) -> None:
    path = like_edition_2(tmp_path / "two.onnx")
    manifest = read_manifest(manifest_path(path))
    network = open_network(path, manifest=replace(manifest, outputs=manifest.outputs[:1]))
    images = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8)
    assert len(network.run(images)) == 1


def test_refuses_sizes_that_the_file_does_not_take(tmp_path: Path) -> None:
    path = like_midas_small(tmp_path / "midas.onnx")
    given, answer = Port("0", "float32", (1, 3, "h", "w")), Port("797", "float32", (1, "h", "w"))
    manifest = Manifest(name="midas", inputs=(given,), outputs=(answer,), licence="MIT")
    with pytest.raises(WeightsError, match=r"of 1 x 3 x 256 x 256, while its manifest says"):
        open_network(path, manifest=manifest)
    fixed = replace(MIDAS_SMALL.manifest, sha256="")
    assert open_network(path, manifest=fixed).manifest == fixed


def test_says_so_when_the_network_itself_fails(tmp_path: Path, capfd) -> None:
    """The manifest promises free sizes, and the graph adds a map of one size."""
    sizes = ["n", "h", "w"]
    node = helper.make_node("Add", ["image", "map"], ["depth"])
    constants = {"map": np.zeros((128, 128), np.float32)}
    path = save_model(
        tmp_path / "stiff.onnx",
        [("image", FLOAT, sizes)],
        [("depth", FLOAT, [None] * 3)],
        [node],
        constants,
    )
    ports = (Port("image", "float32", tuple(sizes)), Port("depth", "float32", tuple(sizes)))
    manifest = Manifest(name="stiff", inputs=ports[:1], outputs=ports[1:], licence="MIT")
    network = open_network(path, manifest=manifest)
    with pytest.raises(WeightsError, match=r"stiff\.onnx fails on an input of 1 x 64 x 96"):
        network.run(np.zeros((1, 64, 96), np.float32))
    assert capfd.readouterr() == ("", "")


def test_a_file_nobody_vouches_for_is_not_compared(build_network) -> None:
    assert open_network(build_network(sha256="")).manifest.sha256 == ""


def test_later_answers_are_checked_too(build_network, monkeypatch) -> None:
    network = open_network(build_network())
    monkeypatch.setattr(
        network,
        "_session",
        type("Session", (), {"run": lambda *_: [np.full((2, 8, 12), np.nan, np.float32)]})(),
    )
    with pytest.raises(WeightsError, match="not finite"):
        network.run(IMAGE)


def test_the_path_may_be_relative(build_network, monkeypatch) -> None:
    path = build_network()
    monkeypatch.chdir(path.parent)
    assert open_network(Path(path.name)).manifest.name == "tiny"
