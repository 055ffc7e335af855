from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from stereopsis.depth.predict import predict, to_inverse_depth
from stereopsis.errors import WeightsError
from stereopsis.runtime.catalogue import MIDAS_SMALL
from stereopsis.runtime.formats import DepthFormat, Quantity
from stereopsis.runtime.manifest import Manifest, Port
from stereopsis.runtime.network import open_network
from tests.networks import FLOAT, like_edition_2, like_midas_small, save_model

DISTANCE = np.random.default_rng(0).uniform(1, 9, (2, 5, 7)).astype(np.float32)


@pytest.mark.parametrize(
    ("quantity", "sign", "values"),
    [
        ("inverse_depth", 1, 3 / DISTANCE),
        ("inverse_depth", -1, -1 / DISTANCE),
        ("log_inverse_depth", 1, -np.log(DISTANCE)),
        ("log_inverse_depth", -1, np.log(DISTANCE)),
        ("log_inverse_depth", 1, 500 - np.log(DISTANCE)),
        ("depth", 1, 7 * DISTANCE),
        ("depth", -1, -DISTANCE),
    ],
)
def test_every_quantity_becomes_inverse_depth(quantity: Quantity, sign, values) -> None:
    found = to_inverse_depth(values.astype(np.float32), DepthFormat(quantity, sign), "tiny")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found * DISTANCE, (found * DISTANCE).mean(), rtol=1e-3)


def test_metric_depth_is_in_one_over_metres() -> None:
    found = to_inverse_depth(DISTANCE, DepthFormat("metric_depth"), "tiny")
    np.testing.assert_allclose(found, 1 / DISTANCE, rtol=1e-6)


def test_what_touches_the_lens_stays_finite() -> None:
    touching = DISTANCE.copy()
    touching[0, 0, :2] = (0.0, -3.0)
    found = to_inverse_depth(touching, DepthFormat("depth"), "tiny")
    assert np.isfinite(found).all() and found[0, 0, 0] == found[0, 0, 1] == found.max()


@pytest.mark.parametrize("values", [-DISTANCE, np.zeros_like(DISTANCE)])
def test_depth_behind_the_camera_is_refused(values: np.ndarray) -> None:
    with pytest.raises(WeightsError, match="tiny gives depth behind the camera"):
        to_inverse_depth(values, DepthFormat("depth"), "tiny")


def test_one_picture_at_a_time_gives_what_all_at_once_would(tmp_path: Path) -> None:
    images = np.random.default_rng(1).integers(0, 256, (3, 256, 256, 3), dtype=np.uint8)
    path = like_midas_small(tmp_path / "midas.onnx")
    network = open_network(path, manifest=replace(MIDAS_SMALL.manifest, sha256=""))
    prediction = predict(network, images)
    assert prediction.error is None
    np.testing.assert_allclose(prediction.inverse_depth, images.mean(axis=3) / 255, atol=1e-5)


def test_the_error_is_scaled_by_each_picture_s_own_spread(tmp_path: Path) -> None:
    images = np.random.default_rng(1).integers(0, 256, (2, 32, 64, 3), dtype=np.uint8)
    images[1] //= 4
    prediction = predict(open_network(like_edition_2(tmp_path / "two.onnx", 0.25)), images)
    for depth, error in zip(prediction.inverse_depth, prediction.error, strict=True):
        np.testing.assert_allclose(error, 0.25 * np.abs(depth - depth.mean()).mean(), rtol=0.01)


@pytest.mark.parametrize("axis", [1, 3])
def test_an_axis_of_one_channel_is_dropped(tmp_path: Path, axis: int) -> None:
    shape: list[int | str] = ["n", "h", "w"]
    shape.insert(axis, 1)
    nodes = [
        helper.make_node("ReduceMean", ["x", "last"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["y"]),
    ]
    path = save_model(
        tmp_path / "tiny.onnx",
        [("x", FLOAT, ["n", "h", "w", 3])],
        [("y", FLOAT, shape)],
        nodes,
        {"last": np.array([3]), "axis": np.array([axis])},
    )
    manifest = Manifest(
        name="tiny",
        inputs=(Port("x", "float32", ("n", "h", "w", 3)),),
        outputs=(Port("y", "float32", tuple(shape)),),
        licence="MIT",
    )
    images = np.random.default_rng(1).integers(0, 256, (2, 8, 12, 3), dtype=np.uint8)
    found = predict(open_network(path, manifest=manifest), images).inverse_depth
    np.testing.assert_allclose(found, images.mean(axis=3), rtol=1e-5)
