"""Export: a trained module becomes a small .onnx file and its manifest, checked against each other.

Weights are stored as float16 and cast to float32 when the file is opened, so the file is half as
large while the arithmetic and the speed stay those of float32; or everything is 8-bit (quantise).
"""

import copy
import hashlib
import logging
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from stereopsis.errors import WeightsError
from stereopsis.nets.blocks import ConvNorm
from stereopsis.outputs import write_all
from stereopsis.runtime.manifest import Manifest, Port, manifest_path
from stereopsis.runtime.network import open_network
from stereopsis.train.quantise import Calibration, quantise

OPSET = 18
TINY = float(np.finfo(np.float32).tiny)
SMALLEST_HALVED = 256  # smaller weights stay float32: nothing would be saved


def export_network(
    module: nn.Module,
    manifest: Manifest,
    folder: Path,
    examples: Sequence[tuple[np.ndarray, ...]],
    tolerance: float = 0.01,
    calibration: Calibration | None = None,
) -> Path:
    """Writes `<name>.onnx` and `<name>.json` once both proved right; returns the former.

    `examples` are inputs in the manifest's order and of different sizes. On each, module and file
    must agree within `tolerance` times the size of the module's output, the larger of its range and
    its largest value, in 99 of 100 values; half precision costs about 0.2 %. With `calibration` the
    file is an 8-bit one, which costs 2 to 5 %.
    The manifest's hash is filled in here. An earlier network of this name stays until then.

    Raises:
        WeightsError: the file answers otherwise than the module. Nothing is written.
        OutputError: the files cannot be written.
    """
    folded = fold_norms(module)
    model = strip_notes(_to_onnx(folded, manifest, examples[0]))
    model = halve_weights(model if calibration is None else quantise(model, calibration))
    network = model.SerializeToString()
    stated = replace(manifest, sha256=hashlib.sha256(network).hexdigest()).to_json().encode()
    path = folder / f"{manifest.name}.onnx"
    with tempfile.TemporaryDirectory() as apart:
        proving = Path(apart) / path.name
        write_all({proving: network, manifest_path(proving): stated})
        _check_parity(module, proving, examples, tolerance)
    write_all({path: network, manifest_path(path): stated})
    return path


def fold_norms(module: nn.Module) -> nn.Module:
    """A copy for inference whose batch norms are part of the convolutions before them."""
    folded = copy.deepcopy(module).eval().float().cpu()
    for block in folded.modules():
        if isinstance(block, ConvNorm):
            assert isinstance(block.norm, nn.BatchNorm2d)
            block.conv = fuse_conv_bn_eval(block.conv, block.norm)
            block.norm = nn.Identity()
    return folded


def strip_notes(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy without the exporter's notes on each node, which name files of this computer."""
    stripped = onnx.ModelProto()
    stripped.CopyFrom(model)
    del stripped.metadata_props[:]
    del stripped.graph.metadata_props[:]
    del stripped.graph.value_info[:]
    for part in (*stripped.graph.node, *stripped.graph.input, *stripped.graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    for weight in stripped.graph.initializer:
        del weight.metadata_props[:]
    return stripped


def halve_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose float32 weights are stored as float16, each followed by a cast to float32.

    ONNX Runtime folds the casts when it opens the file.
    """
    halved = onnx.ModelProto()
    halved.CopyFrom(model)
    casts = []
    for weight in halved.graph.initializer:
        array = numpy_helper.to_array(weight)
        is_scale = array.ndim < 2  # or a bias; scales of 8-bit layers must stay constants
        if weight.data_type != TensorProto.FLOAT or array.size < SMALLEST_HALVED or is_scale:
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(array.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *halved.graph.node]
    del halved.graph.node[:]
    halved.graph.node.extend(nodes)
    onnx.checker.check_model(halved)
    return halved


def _to_onnx(
    module: nn.Module, manifest: Manifest, example: tuple[np.ndarray, ...]
) -> onnx.ModelProto:
    """The module as a graph whose free sizes are those that the manifest names."""
    free_sizes = tuple(
        {i: torch.export.Dim.DYNAMIC for i, size in enumerate(port.shape) if isinstance(size, str)}
        for port in manifest.inputs
    )
    registry = logging.getLogger("torch.onnx._internal.exporter._registration")
    registry.setLevel(
        logging.ERROR
    )  # it says that torchvision is missing, which nothing here needs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of the exporter about itself
        program = torch.onnx.export(
            module,
            tuple(torch.from_numpy(array) for array in example),
            input_names=[port.name for port in manifest.inputs],
            output_names=[port.name for port in manifest.outputs],
            dynamic_shapes=free_sizes,
            opset_version=OPSET,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    _name_free_sizes(model.graph.input, manifest.inputs)
    _name_free_sizes(model.graph.output, manifest.outputs)
    return model


def _name_free_sizes(values: Iterable[onnx.ValueInfoProto], ports: Iterable[Port]) -> None:
    """Gives the graph's free sizes the manifest's names instead of the exporter's formulas."""
    for value, port in zip(values, ports, strict=True):
        for dimension, size in zip(value.type.tensor_type.shape.dim, port.shape, strict=True):
            if isinstance(size, str):
                dimension.dim_param = size


def _check_parity(
    module: nn.Module, path: Path, examples: Sequence[tuple[np.ndarray, ...]], tolerance: float
) -> None:
    """Runs the module and the file on the same inputs."""
    network = open_network(path)
    reference = copy.deepcopy(module).eval().float().cpu()
    for example in examples:
        with torch.inference_mode():
            answer = reference(*(torch.from_numpy(array) for array in example))
        expected = [answer] if isinstance(answer, torch.Tensor) else list(answer)
        for wanted, got in zip(expected, network.run(*example), strict=True):
            off = float(np.percentile(np.abs(wanted.numpy() - got), 99))
            error = off / _size(wanted.numpy())
            if not error <= tolerance:
                raise WeightsError(
                    f"{path.name} differs from the network it came from by {error:.2%} of its "
                    "answer's size.",
                    "Raise the tolerance only if that is known to be harmless.",
                )


def _size(answer: np.ndarray) -> float:
    """The larger of an answer's range and its largest value, above 0.

    A single score has no range, and two that are nearly equal have hardly one.
    """
    return max(float(np.ptp(answer)), float(np.abs(answer).max()), TINY)
