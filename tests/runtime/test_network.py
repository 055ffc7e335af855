from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import WeightsError
from stereopsis.runtime.manifest import Port, manifest_path, sha256_of
from stereopsis.runtime.network import open_network

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
        {"outputs": ()},
    ],
)
def test_refuses_other_inputs_and_outputs_than_promised(build_network, changes) -> None:
    with pytest.raises(WeightsError, match="while its manifest says"):
        open_network(build_network(**changes))


def test_refuses_an_output_of_another_size(build_network) -> None:
    with pytest.raises(WeightsError, match=r"gives inverse_depth of \(1, 8, 3\)"):
        open_network(build_network(axis=1))


@pytest.mark.parametrize("gain", [float("nan"), float("inf")])
def test_refuses_answers_that_are_not_finite(build_network, gain: float) -> None:
    with pytest.raises(WeightsError, match="not finite"):
        open_network(build_network(gain=gain))


def test_refuses_the_same_answer_everywhere(build_network) -> None:
    with pytest.raises(WeightsError, match="= 7 everywhere"):
        open_network(build_network(gain=0, offset=7))


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
