"""What a depth network answers, as inverse depth, whatever it was made to give."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from stereopsis.errors import WeightsError
from stereopsis.runtime.formats import DepthFormat
from stereopsis.runtime.network import Network
from stereopsis.runtime.picture import fill_port

NEAREST = 1e-3  # of the median depth; anything nearer is as near as that
Maps = Float32[np.ndarray, "n h w"]


@dataclass(frozen=True)
class Prediction:
    """Inverse depth (n, h, w), metric or of any scale and shift.

    `error` is the error to be expected of it, in the same units; None if the network cannot tell.
    """

    inverse_depth: Maps
    error: Maps | None


def predict(network: Network, images: UInt8[np.ndarray, "n h w 3"]) -> Prediction:
    """The network's answer for each of the pictures, whose size must suit it.

    A network that takes one picture at a time is run once for each. A second output named
    `error` holds the expected error in units of the mean absolute deviation of the picture's
    inverse depth from its median.

    Raises:
        WeightsError: an answer is not finite, of the wrong shape, or not depth.
    """
    manifest = network.manifest
    (port,) = manifest.inputs
    array = fill_port(images, port, manifest.picture)
    batches = array[:, None] if port.shape[0] == 1 else [array]
    answers = zip(*(network.run(batch) for batch in batches), strict=True)
    outputs = {
        out.name: parts[0] if len(parts) == 1 else np.concatenate(parts)
        for out, parts in zip(manifest.outputs, answers, strict=True)
    }
    values = _as_maps(outputs[manifest.outputs[0].name])
    inverse_depth = to_inverse_depth(values, manifest.depth, network.file)
    if "error" not in outputs:
        return Prediction(inverse_depth, None)
    middle = np.median(inverse_depth, axis=(1, 2), keepdims=True)
    deviation = np.abs(inverse_depth - middle).mean(axis=(1, 2), keepdims=True)
    return Prediction(inverse_depth, np.abs(_as_maps(outputs["error"])) * deviation)


def to_inverse_depth(values: Maps, form: DepthFormat, file: str) -> Maps:
    """Values of the form as inverse depth: 1/metres for metric depth, else of any scale.

    Raises:
        WeightsError: depth is behind the camera in most of a picture; `file` is the network's.
    """
    signed = values if form.sign == 1 else -values
    match form.quantity:
        case "inverse_depth":
            return signed
        case "log_inverse_depth":
            return np.asarray(np.exp(signed - signed.max()), np.float32)  # at most 1
        case "depth" | "metric_depth":
            middle = np.median(signed, axis=(1, 2), keepdims=True)
            if not (middle > 0).all():
                problem = f"The network {file} gives depth behind the camera."
                raise WeightsError(problem, "Correct quantity or sign in its manifest.")
            return np.asarray(1 / np.maximum(signed, NEAREST * middle), np.float32)


def _as_maps(values: np.ndarray) -> Maps:
    """Without the axis of one channel that some networks keep."""
    if values.ndim == 3:
        return values
    return values[:, 0] if values.shape[1] == 1 else values[..., 0]
