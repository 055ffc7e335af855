import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto

from stereopsis.errors import WeightsError
from stereopsis.nets.mono import MonoDepth
from stereopsis.runtime.network import open_network
from stereopsis.train.export import export_network
from stereopsis.train.quantise import Calibration, _quiet, follow
from tests.train.test_export import EXAMPLES, MANIFEST, images, with_lived_in_norms

HEADS = ("head.", "error_head.")
INT8 = replace(MANIFEST, name="tiny-int8")


@pytest.fixture(scope="module")
def network() -> MonoDepth:
    return with_lived_in_norms()


@pytest.fixture(scope="module")
def exported(network: MonoDepth, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("net")
    calibration = Calibration(images(*[(1, 64, 64)] * 8), HEADS)
    return export_network(network, INT8, folder, EXAMPLES, 0.3, calibration)


def test_weights_and_activations_take_a_byte(exported: Path) -> None:
    model = onnx.load(exported)
    large = [weight for weight in model.graph.initializer if np.prod(weight.dims) >= 512]
    assert large
    assert all(weight.data_type == TensorProto.INT8 for weight in large)
    assert any(node.op_type == "QuantizeLinear" for node in model.graph.node)


def test_answers_are_about_those_of_the_module(network: MonoDepth, exported: Path) -> None:
    ((image,),) = images((2, 64, 96))
    wanted = network(torch.from_numpy(image))[0].detach().numpy()
    got = open_network(exported).run(image)[0]
    assert np.corrcoef(wanted.ravel(), got.ravel())[0, 1] > 0.97


def test_answers_are_not_in_256_levels(exported: Path) -> None:
    ((image,),) = images((1, 64, 96))
    assert all(len(np.unique(answer)) > 2000 for answer in open_network(exported).run(image))


def test_ranges_that_were_measured_wrongly_are_noticed(network: MonoDepth, tmp_path: Path) -> None:
    black = [(np.zeros((1, 64, 64, 3), np.uint8),)]
    with pytest.raises(WeightsError, match="differs from the network it came from"):
        export_network(network, INT8, tmp_path, EXAMPLES, 0.02, Calibration(black, HEADS))
    assert list(tmp_path.iterdir()) == []


def test_logging_is_as_it_was_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.root.manager, "disable", logging.DEBUG)
    with pytest.raises(KeyError), _quiet():
        assert logging.root.manager.disable == logging.WARNING
        raise KeyError
    assert logging.root.manager.disable == logging.DEBUG


def test_all_that_follows_a_layer_is_found() -> None:
    helper = onnx.helper
    chain = [
        helper.make_node("Relu", ["x"], ["a"], name="before"),
        helper.make_node("Mul", ["a", "head.weight"], ["b"], name="head"),
        helper.make_node("Relu", ["b"], ["y"], name="after"),
        helper.make_node("Relu", ["a"], ["z"], name="beside"),
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in ("x", "y", "z")]
    weight = onnx.numpy_helper.from_array(np.ones(1, np.float32), "head.weight")
    graph = helper.make_graph(chain, "chain", ends[:1], ends[1:], [weight])
    assert follow(helper.make_model(graph), ("head.",)) == ["head", "after"]
