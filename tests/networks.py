"""Tiny ONNX files that take and give what real depth networks do, and one with its own error."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from stereopsis.runtime.formats import StereoFormat
from stereopsis.runtime.manifest import Manifest, Port, manifest_path

FLOAT, BYTE, INT64, TEXT = (
    TensorProto.FLOAT,
    TensorProto.UINT8,
    TensorProto.INT64,
    TensorProto.STRING,
)
Size = int | str | None
Value = tuple[str, int, Sequence[Size]]


def save_model(
    path: Path,
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    nodes: Sequence[onnx.NodeProto],
    constants: dict[str, np.ndarray],
) -> Path:
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info(*value) for value in inputs],
        [helper.make_tensor_value_info(*value) for value in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
    )
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return path


def channel_mean(
    path: Path,
    given: Value,
    answer: Value,
    gain: float = 1.0,
    offset: float = 0.0,
) -> Path:
    """The mean over channels (axis 1), times a gain, plus an offset."""
    nodes = [
        helper.make_node("ReduceMean", [given[0], "axis"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "gain"], ["scaled"]),
        helper.make_node("Add", ["scaled", "offset"], [answer[0]]),
    ]
    constants = {
        "axis": np.array([1]),
        "gain": np.float32(gain),
        "offset": np.float32(offset),
    }
    return save_model(path, [given], [answer], nodes, constants)


def like_depth_anything(path: Path, gain: float = 1.0, offset: float = 0.0) -> Path:
    """Inputs and outputs of onnx-community/depth-anything-v2-small."""
    given = ("pixel_values", FLOAT, ["batch_size", "num_channels", "height", "width"])
    answer = ("predicted_depth", FLOAT, ["batch_size", None, None])
    return channel_mean(path, given, answer, gain, offset)


def like_midas_small(path: Path, gain: float = 1.0) -> Path:
    """Inputs and outputs of model-small.onnx of the release v2_1 of MiDaS."""
    given, answer = ("0", FLOAT, [1, 3, 256, 256]), ("797", FLOAT, [1, 256, 256])
    return channel_mean(path, given, answer, gain)


def like_edition_2(path: Path, error: float = 0.5, tilt: float = 0.0, **changes: object) -> Path:
    """Our own network with a second output: the mean over colours, and a constant error.

    The inverse depth grows by `tilt` a pixel to the right, so that it differs for mirror images.
    Writes the manifest as well.
    """
    columns = np.arange(2048, dtype=np.float32) * tilt
    nodes = [
        helper.make_node("Cast", ["image"], ["levels"], to=FLOAT),
        helper.make_node("ReduceMean", ["levels", "last"], ["mean"], keepdims=0),
        helper.make_node("Shape", ["mean"], ["width"], start=2),
        helper.make_node("Slice", ["columns", "first", "width"], ["ramp"]),
        helper.make_node("Add", ["mean", "ramp"], ["inverse_depth"]),
        helper.make_node("Mul", ["inverse_depth", "none"], ["zero"]),
        helper.make_node("RandomUniformLike", ["zero"], ["noise"], low=0.0, high=1e-3, seed=1.0),
        helper.make_node("Add", ["noise", "expected"], ["error"]),
    ]
    constants = {
        "last": np.array([3]),
        "first": np.array([0]),
        "columns": columns,
        "none": np.float32(0),
        "expected": np.float32(error),
    }
    sizes = ["n", "h", "w"]
    save_model(
        path,
        [("image", BYTE, [*sizes, 3])],
        [("inverse_depth", FLOAT, [None] * 3), ("error", FLOAT, [None] * 3)],
        nodes,
        constants,
    )
    manifest = {
        "name": path.stem,
        "inputs": (Port("image", "uint8", (*sizes, 3)),),
        "outputs": (
            Port("inverse_depth", "float32", tuple(sizes)),
            Port("error", "float32", tuple(sizes)),
        ),
        "licence": "Apache-2.0",
        "multiple": 32,
        **changes,
    }
    manifest_path(path).write_text(Manifest(**manifest).to_json())  # type: ignore[arg-type]
    return path


USUAL_FORM = StereoFormat(-32, 224, 720 * 640)


def like_stereo(path: Path, form: StereoFormat = USUAL_FORM, error: float = 0.2) -> Path:
    """Our own network of two eyes: believes the guess, and expects less error where it is sure.

    Writes the manifest as well.
    """
    nodes = [
        helper.make_node("Add", ["guess", "none"], ["disparity"]),
        helper.make_node("Mul", ["sure", "gain"], ["gained"]),
        helper.make_node("Sub", ["expected", "gained"], ["error"]),
    ]
    constants = {
        "none": np.float32(0),
        "gain": np.float32(0.01 * error),
        "expected": np.float32(error),
    }
    sizes = ("n", "h", "w")
    pictures = [("left", BYTE, [*sizes, 3]), ("right", BYTE, [*sizes, 3])]
    maps = [("guess", FLOAT, sizes), ("sure", FLOAT, sizes)]
    answers = [("disparity", FLOAT, [None] * 3), ("error", FLOAT, [None] * 3)]
    save_model(path, [*pictures, *maps], answers, nodes, constants)
    manifest = Manifest(
        name=path.stem,
        inputs=(
            *(Port(name, "uint8", (*sizes, 3)) for name in ("left", "right")),
            *(Port(name, "float32", sizes) for name in ("guess", "sure")),
        ),
        outputs=tuple(Port(name, "float32", sizes) for name in ("disparity", "error")),
        licence="Apache-2.0",
        multiple=32,
        stereo=form,
    )
    manifest_path(path).write_text(manifest.to_json())
    return path
