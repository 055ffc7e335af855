"""The ONNX graph of an architecture with random weights: what one needs to time it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from stereopsis.nets.arch import Activation, Architecture, Stage, hidden_channels, squeezed_channels
from stereopsis.nets.count import Size

OPSET, IR_VERSION = 18, 10


@dataclass
class _Graph:
    """Nodes and weights so far, and the name of the last result."""

    last: str = "image"
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Appends a node to what it is applied to; its result becomes the last."""
        name = f"x{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        self.last = name
        return name

    def constant(self, array: np.ndarray) -> str:
        """Appends a weight."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def convolve(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, **rest: int
    ) -> None:
        """Appends a convolution with bias; `groups` and `padding` may be given."""
        groups, padding = rest.get("groups", 1), rest.get("padding", kernel // 2)
        rng = np.random.default_rng(0)
        shape = (outputs, inputs // groups, kernel, kernel)
        fan = shape[1] * kernel * kernel
        weight = (rng.standard_normal(shape) * (2 / fan) ** 0.5).astype(np.float32)
        self.add(
            "Conv",
            self.last,
            self.constant(weight),
            self.constant(np.zeros(outputs, np.float32)),
            group=groups,
            strides=[stride, stride],
            pads=[padding] * 4,
        )

    def activate(self, kind: Activation) -> None:
        """Appends an activation."""
        if kind == "relu6":
            ends = [self.constant(np.array(end, np.float32)) for end in (0, 6)]
            self.add("Clip", self.last, *ends)
        else:
            self.add("Relu" if kind == "relu" else "HardSwish", self.last)


def build_graph(architecture: Architecture, size: Size, inputs: int = 3) -> onnx.ModelProto:
    """The trunk as an ONNX model from "image" (1, inputs, *size) float32 to its last features."""
    graph = _Graph()
    shape = [1, inputs, *size]
    for stage in architecture.stages:
        for i in range(stage.repeats):
            _add_block(graph, stage, inputs, first=i == 0)
            inputs = stage.channels
    made = helper.make_graph(
        graph.nodes,
        "trunk",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(graph.last, TensorProto.FLOAT, [None] * 4)],
        graph.weights,
    )
    return helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )


def _add_block(graph: _Graph, stage: Stage, inputs: int, *, first: bool) -> None:
    """Appends a block of a stage."""
    assert stage.kind in ("conv", "ir")
    stride = stage.stride if first else 1
    padding = stage.padding if first and stage.padding is not None else stage.kernel // 2
    if stage.kind == "conv":
        graph.convolve(inputs, stage.channels, stage.kernel, stride)
        graph.activate(stage.activation)
        return
    before, hidden = graph.last, hidden_channels(inputs, stage)
    if hidden != inputs:
        graph.convolve(inputs, hidden, 1)
        graph.activate(stage.activation)
    graph.convolve(hidden, hidden, stage.kernel, stride, groups=hidden, padding=padding)
    graph.activate(stage.activation)
    if stage.squeeze:
        features, narrow = graph.last, squeezed_channels(inputs, stage)
        graph.add("GlobalAveragePool", features)
        graph.convolve(hidden, narrow, 1)
        graph.activate(stage.activation)
        graph.convolve(narrow, hidden, 1)
        gate = graph.add("HardSigmoid", graph.last, alpha=1 / 6, beta=0.5)
        graph.add("Mul", features, gate)
    graph.convolve(hidden, stage.channels, 1)
    if stride == 1 and inputs == stage.channels:
        graph.add("Add", before, graph.last)
