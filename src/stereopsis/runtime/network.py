"""Network: an exported network, opened, checked and ready to run."""

from pathlib import Path

import numpy as np
import onnxruntime

from stereopsis.errors import WeightsError
from stereopsis.runtime.manifest import (
    ArrayType,
    Manifest,
    Port,
    manifest_path,
    read_manifest,
    sha256_of,
)

_MEND = "Install stereopsis again, or export the network again."
_ONNX_TYPES: dict[ArrayType, str] = {"uint8": "tensor(uint8)", "float32": "tensor(float)"}


class Network:
    """Arrays to arrays, as the manifest says. Safe to call from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, manifest: Manifest) -> None:
        self._session = session
        self.manifest = manifest

    def run(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        """The outputs for these inputs, both in the manifest's order.

        Raises:
            WeightsError: an output has another shape than the manifest says, or is not finite.
        """
        sizes: dict[str, int] = {}
        feeds = {}
        for port, array in zip(self.manifest.inputs, inputs, strict=True):
            assert array.dtype == port.dtype, f"{port.name} must be {port.dtype}"
            assert _fits(array, port, sizes), f"{port.name} is {array.shape}, not {port.shape}"
            feeds[port.name] = np.ascontiguousarray(array)
        multiple = self.manifest.multiple
        assert all(sizes.get(side, 0) % multiple == 0 for side in "hw"), f"not x {multiple}"
        outputs = self._session.run([port.name for port in self.manifest.outputs], feeds)
        for port, array in zip(self.manifest.outputs, outputs, strict=True):
            _check_output(self.manifest.name, port, array, sizes)
        return tuple(outputs)


def open_network(path: Path, threads: int = 0) -> Network:
    """The network in this .onnx file, whose manifest lies beside it.

    The file is hashed, its inputs and outputs compared with the manifest, and a picture of noise
    is sent through it. `threads` is how many threads one run may use, 0 for all processors.

    Raises:
        WeightsError: a file is missing, damaged, or the network is not what its manifest says.
    """
    manifest = read_manifest(manifest_path(path))
    _check_file(path, manifest)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # the errors of ONNX Runtime share no other ancestor
        raise WeightsError(f"{path.name} is not a network that can run here.", _MEND) from error
    _check_ports(path, session.get_inputs(), manifest.inputs)
    _check_ports(path, session.get_outputs(), manifest.outputs)
    network = Network(session, manifest)
    _check_response(network)
    return network


def _check_file(path: Path, manifest: Manifest) -> None:
    if not path.is_file():
        raise WeightsError(f"{path.name} is missing.", _MEND)
    if sha256_of(path) != manifest.sha256:
        raise WeightsError(f"{path.name} is not the file that its manifest describes.", _MEND)


def _check_ports(path: Path, found: list[onnxruntime.NodeArg], expected: tuple[Port, ...]) -> None:
    """Compares names, types and number of dimensions."""
    has = [(arg.name, arg.type, len(arg.shape)) for arg in found]
    wants = [(port.name, _ONNX_TYPES[port.dtype], len(port.shape)) for port in expected]
    if has != wants:
        raise WeightsError(
            f"{path.name} takes or gives {has}, while its manifest says {wants}.", _MEND
        )


def _check_response(network: Network) -> None:
    """Runs the network on noise: it must answer, and not with the same value everywhere."""
    noise = np.random.default_rng(0)
    sizes = {"n": 1, "h": 2 * network.manifest.multiple, "w": 2 * network.manifest.multiple}
    inputs = []
    for port in network.manifest.inputs:
        shape = [size if isinstance(size, int) else sizes[size] for size in port.shape]
        inputs.append(
            (noise.random(shape) * (255 if port.dtype == "uint8" else 1)).astype(port.dtype)
        )
    for port, array in zip(network.manifest.outputs, network.run(*inputs), strict=True):
        if array.size > 1 and array.min() == array.max():
            raise WeightsError(
                f"The network {network.manifest.name} answers {port.name} = {array.flat[0]:g} "
                "everywhere.",
                _MEND,
            )


def _check_output(name: str, port: Port, array: np.ndarray, sizes: dict[str, int]) -> None:
    if not _fits(array, port, sizes):
        raise WeightsError(
            f"The network {name} gives {port.name} of {array.shape}, not {port.shape}.", _MEND
        )
    if array.dtype == np.float32 and not np.isfinite(array).all():
        raise WeightsError(f"The network {name} gives {port.name} that is not finite.", _MEND)


def _fits(array: np.ndarray, port: Port, sizes: dict[str, int]) -> bool:
    """Whether the array has the port's shape; named sizes are looked up or learnt."""
    if array.ndim != len(port.shape):
        return False
    for size, expected in zip(array.shape, port.shape, strict=True):
        if size != (expected if isinstance(expected, int) else sizes.setdefault(expected, size)):
            return False
    return True
