"""A teacher for tests: its log inverse depth is the mean over the colours."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper


def write_teacher(path: Path) -> Path:
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["image", "axis"], ["log_depth"], keepdims=1)],
        "teacher",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "h", "w"])],
        [helper.make_tensor_value_info("log_depth", TensorProto.FLOAT, [1, 1, "h", "w"])],
        [helper.make_tensor("axis", TensorProto.INT64, [1], [1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)
    return path
