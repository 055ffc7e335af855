"""Network: an exported network, opened, checked and ready to run."""

import os
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
from stereopsis.runtime.picture import fill_port, picture_sides, takes_picture

PROBE_SIDE = 128  # px; the least that a network is shown when it is opened
_AGAIN = "Get it again from where it came, or export the network again."
_ANOTHER = "Use another network, or export this one again."
_MANIFEST = "Correct the manifest, or use the network that it belongs to."
_ONNX_TYPES: dict[ArrayType, str] = {"uint8": "tensor(uint8)", "float32": "tensor(float)"}


class Network:
    """Arrays to arrays, as the manifest says. Safe to call from several threads.

    `file` is what people know it by when something is wrong with it.
    """

    def __init__(
        self, session: onnxruntime.InferenceSession, manifest: Manifest, file: str
    ) -> None:
        self._session = session
        self.manifest = manifest
        self.file = file

    def run(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        """The outputs for these inputs, both in the manifest's order.

        Raises:
            WeightsError: the network cannot run on arrays of these sizes, or an output has
                another shape than the manifest says or is not finite.
        """
        sizes: dict[str, int] = {}
        feeds = {}
        for port, array in zip(self.manifest.inputs, inputs, strict=True):
            assert array.dtype == port.dtype, f"{port.name} must be {port.dtype}"
            assert _fits(array, port, sizes), f"{port.name} is {array.shape}, not {port.shape}"
            feeds[port.name] = np.ascontiguousarray(array)
        multiple = self.manifest.multiple
        assert all(sizes.get(side, 0) % multiple == 0 for side in "hw"), f"not x {multiple}"
        try:
            outputs = self._session.run([port.name for port in self.manifest.outputs], feeds)
        except Exception as error:  # the errors of ONNX Runtime share no other ancestor
            shapes = " and ".join(_by(array.shape) for array in inputs)
            problem = f"The network {self.file} fails on an input of {shapes}."
            raise WeightsError(problem, _MANIFEST) from error
        for port, array in zip(self.manifest.outputs, outputs, strict=True):
            _check_output(self.file, port, array, sizes)
        return tuple(outputs)


def open_network(path: Path, threads: int = 0, manifest: Manifest | None = None) -> Network:
    """The network in this .onnx file, as its manifest describes it.

    The manifest lies beside the file unless it is given. The file is hashed, its inputs and
    outputs are compared with the manifest, and a made-up picture is sent through it. `threads` is
    how many threads one run may use, 0 for all processors.

    Raises:
        WeightsError: a file is missing, damaged, or the network is not what its manifest says.
    """
    if not os.path.isfile(path):
        raise WeightsError(f"{path} is missing.", "Check the name and the folder.")
    manifest = manifest or read_manifest(manifest_path(path))
    if manifest.sha256 and sha256_of(path) != manifest.sha256:
        raise WeightsError(f"{path.name} is not the file that its manifest describes.", _AGAIN)
    session = open_session(path, threads)
    _check_inputs(path, session.get_inputs(), manifest.inputs)
    _check_outputs(path, session.get_outputs(), manifest.outputs)
    network = Network(session, manifest, path.name)
    _check_response(network)
    return network


def open_session(path: Path, threads: int = 0) -> onnxruntime.InferenceSession:
    """The file as ONNX Runtime opens it, for the plain processor.

    Raises:
        WeightsError: it is no ONNX file, or one that this ONNX Runtime cannot run.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what it would print is raised as well
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the errors of ONNX Runtime share no other ancestor
        raise WeightsError(f"{path.name} is not a network that can run here.", _AGAIN) from error


def _check_inputs(path: Path, found: list[onnxruntime.NodeArg], expected: tuple[Port, ...]) -> None:
    """All are fed, and sizes that the file fixes are those that the manifest says."""
    if {arg.name for arg in found} != {port.name for port in expected}:
        raise _other_arrays(path, "takes", found, expected)
    shapes = {arg.name: arg.shape for arg in found}
    for port in expected:
        sizes = zip(shapes[port.name], port.shape, strict=False)
        if any(isinstance(fixed, int) and fixed != wanted for fixed, wanted in sizes):
            raise _other_arrays(path, "takes", found, expected)
    _check_types(path, "takes", found, expected)


def _check_outputs(
    path: Path, found: list[onnxruntime.NodeArg], expected: tuple[Port, ...]
) -> None:
    """Those that the manifest leaves out are not used; sizes are checked when the network runs."""
    if not {port.name for port in expected} <= {arg.name for arg in found}:
        raise _other_arrays(path, "gives", found, expected)
    _check_types(path, "gives", found, expected)


def _check_types(
    path: Path, does: str, found: list[onnxruntime.NodeArg], expected: tuple[Port, ...]
) -> None:
    has = {arg.name: (arg.type, len(arg.shape)) for arg in found}
    for port in expected:
        if has[port.name] != (_ONNX_TYPES[port.dtype], len(port.shape)):
            raise _other_arrays(path, does, found, expected)


def _other_arrays(
    path: Path, does: str, found: list[onnxruntime.NodeArg], expected: tuple[Port, ...]
) -> WeightsError:
    has = [f"{arg.name}: {arg.type} of {_by(arg.shape)}" for arg in found]
    wants = [f"{port.name}: {_ONNX_TYPES[port.dtype]} of {_by(port.shape)}" for port in expected]
    return WeightsError(
        f"{path.name} {does} {', '.join(has) or 'nothing'}, "
        f"while its manifest says {', '.join(wants)}.",
        _MANIFEST,
    )


def _check_response(network: Network) -> None:
    """Runs the network on a made-up scene: it must answer, and not with one value everywhere."""
    manifest = network.manifest
    side = -(-PROBE_SIDE // manifest.multiple) * manifest.multiple
    sizes = {"n": 1, "h": side, "w": side}
    inputs = [_probe(port, sizes, manifest) for port in manifest.inputs]
    for port, array in zip(manifest.outputs, network.run(*inputs), strict=True):
        if array.size > 1 and array.min() == array.max():
            problem = (
                f"The network {network.file} answers {port.name} = {array.flat[0]:g} everywhere."
            )
            raise WeightsError(problem, _ANOTHER)


def _probe(port: Port, sizes: dict[str, int], manifest: Manifest) -> np.ndarray:
    """Noise over a ramp; where the input is a picture, bright above and dark below."""

    def size_of(side: int | str) -> int:
        return side if isinstance(side, int) else sizes.get(side, 1)

    shape = [size_of(side) for side in port.shape]
    noise = np.random.default_rng(0)
    if not takes_picture(port):
        values = noise.random(shape) * (255 if port.dtype == "uint8" else 1)
        return values.astype(port.dtype)
    height, width = (size_of(side) for side in picture_sides(port))
    ramp = np.linspace(200, 20, height)[:, None, None]
    images = ramp + noise.random((shape[0], height, width, 3)) * 50
    return fill_port(images.astype(np.uint8), port, manifest.picture)


def _check_output(file: str, port: Port, array: np.ndarray, sizes: dict[str, int]) -> None:
    if not _fits(array, port, sizes):
        given, wanted = _by(array.shape), _by(port.shape)
        problem = f"The network {file} gives {port.name} of {given}, not {wanted}."
        raise WeightsError(problem, _MANIFEST)
    if array.dtype == np.float32 and not np.isfinite(array).all():
        problem = f"The network {file} gives {port.name} that is not finite."
        raise WeightsError(problem, _ANOTHER)


def _fits(array: np.ndarray, port: Port, sizes: dict[str, int]) -> bool:
    """Whether the array has the port's shape; named sizes are looked up or learnt."""
    if array.ndim != len(port.shape):
        return False
    for size, expected in zip(array.shape, port.shape, strict=True):
        if size != (expected if isinstance(expected, int) else sizes.setdefault(expected, size)):
            return False
    return True


def _by(shape: tuple[int | str, ...] | list[int | str | None]) -> str:
    return " x ".join("?" if size is None else str(size) for size in shape) or "one value"
