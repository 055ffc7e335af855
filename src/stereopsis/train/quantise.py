"""Quantise: 8-bit weights and activations, which are smaller and faster on most processors."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

QUANTISED = ("Conv", "Add", "Clip", "Relu", "Pad", "Resize")


@dataclass(frozen=True)
class Calibration:
    """Typical inputs of a network, from which the range of each activation is measured.

    Layers, and inputs, whose names begin with one of `float_layers` stay float32 with all that
    follows them: 256 levels would turn the slopes of a depth map into stairs.
    """

    inputs: Sequence[tuple[np.ndarray, ...]]
    float_layers: tuple[str, ...]


def quantise(model: onnx.ModelProto, calibration: Calibration) -> onnx.ModelProto:
    """The float32 model with int8 weights, one scale per channel, and uint8 activations.

    Scales are fixed beforehand (static quantisation) and written as pairs of QuantizeLinear and
    DequantizeLinear, which ONNX Runtime merges into 8-bit operators.

    Source: Jacob et al., Quantization and Training of Neural Networks for Efficient
    Integer-Arithmetic-Only Inference (2018), with ranges measured after training.
    """
    names = [entry.name for entry in model.graph.input]
    with TemporaryDirectory() as folder:
        source, result = Path(folder, "float.onnx"), Path(folder, "int8.onnx")
        onnx.save(model, source)
        with _quiet():
            quantize_static(
                source,
                result,
                _Reader([dict(zip(names, row, strict=True)) for row in calibration.inputs]),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=list(QUANTISED),
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=follow(model, calibration.float_layers),
                calibrate_method=CalibrationMethod.MinMax,
            )
        return onnx.load(result)


def follow(model: onnx.ModelProto, layers: tuple[str, ...]) -> list[str]:
    """The names of the nodes that use the weights of these layers, and of all nodes after them.

    A layer may also be one of the network's inputs.
    """
    values = (*model.graph.initializer, *model.graph.input)
    reached, names = {value.name for value in values if value.name.startswith(layers)}, []
    for node in model.graph.node:
        if reached.intersection(node.input):
            reached.update(node.output)
            names.append(node.name)
    return names


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Hands the calibration inputs out one by one."""

    def __init__(self, feeds: list[dict[str, np.ndarray]]) -> None:
        self._feeds: Iterator[dict[str, np.ndarray]] = iter(feeds)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._feeds, None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences ONNX Runtime's advice on preprocessing, which these models do not need."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
