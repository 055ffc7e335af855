"""What several tests need: a tiny network, Ctrl-C as usual, and patience with a busy machine."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from hypothesis import settings
from onnx import TensorProto, helper

from stereopsis.runtime.manifest import Manifest, Port, manifest_path, sha256_of

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

MANIFEST = Manifest(
    name="tiny",
    edition="1",
    inputs=(Port("image", "uint8", ("n", "h", "w", 3), "sRGB"),),
    outputs=(Port("inverse_depth", "float32", ("n", "h", "w"), "larger is nearer"),),
    multiple=4,
    sha256="",
    commit="0000000",
    recipe="none",
    trained_on=("nothing",),
    metrics={"absrel": 0.5},
    licence="Apache-2.0",
)

Build = Callable[..., Path]


@pytest.fixture
def raises_on_ctrl_c() -> Iterator[None]:
    """As in a program of its own, whatever runs the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def build_network(tmp_path: Path) -> Build:
    """Writes tiny.onnx and tiny.json: the mean over colours, times a gain, plus an offset."""

    def build(gain: float = 1.0, offset: float = 0.0, axis: int = 3, **changes: object) -> Path:
        sizes = ["n", "h", "w"]
        graph = helper.make_graph(
            [
                helper.make_node("Cast", ["image"], ["x"], to=TensorProto.FLOAT),
                helper.make_node("ReduceMean", ["x", "axis"], ["mean"], keepdims=0),
                helper.make_node("Mul", ["mean", "gain"], ["scaled"]),
                helper.make_node("Add", ["scaled", "offset"], ["inverse_depth"]),
            ],
            "tiny",
            [helper.make_tensor_value_info("image", TensorProto.UINT8, [*sizes, 3])],
            [helper.make_tensor_value_info("inverse_depth", TensorProto.FLOAT, [None] * 3)],
            [
                helper.make_tensor("axis", TensorProto.INT64, [1], [axis]),
                helper.make_tensor("gain", TensorProto.FLOAT, [], [gain]),
                helper.make_tensor("offset", TensorProto.FLOAT, [], [offset]),
            ],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        path = tmp_path / "tiny.onnx"
        onnx.save(model, path)
        manifest = replace(MANIFEST, **{"sha256": sha256_of(path), **changes})
        manifest_path(path).write_text(manifest.to_json())
        return path

    return build
