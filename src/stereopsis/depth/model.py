"""The depth network that somebody means: an embedded one, a public one by name, or a file."""

import json
import os
import sys
from pathlib import Path
from typing import get_args

import onnxruntime

from stereopsis.errors import OptionError, WeightsError
from stereopsis.runtime.cache import cache_folder
from stereopsis.runtime.catalogue import PUBLIC_MODELS
from stereopsis.runtime.hub import Progress, fetch
from stereopsis.runtime.manifest import Manifest, Port, manifest_path, read_manifest, sha256_of
from stereopsis.runtime.network import Network, open_network, open_session
from stereopsis.runtime.picture import picture_sides, takes_picture
from stereopsis.runtime.weights import WeightsName, find_weights

EMBEDDED: tuple[WeightsName, ...] = get_args(WeightsName)
_ARRAY_TYPES = {"tensor(uint8)": "uint8", "tensor(float)": "float32"}


def open_depth_model(
    name_or_path: str | Path,
    threads: int = 0,
    folder: Path | None = None,
    progress: Progress = lambda done, total: None,
) -> Network:
    """The depth network of this name, or in this .onnx file, for estimate_depth and photo_to_3d.

    Names are those of the embedded networks (mono, mono-int8) and of public ones
    (depth-anything-v2-small, midas-small). A public one is fetched once, checked, and kept in
    `folder`, by default in the user's cache (STEREOPSIS_CACHE names another place); `progress`
    hears how many bytes are there, of how many. A file needs its manifest beside it, unless it is
    one of the public networks. `threads` is how many one run may use, 0 for all processors.

    Raises:
        OptionError: this is neither a name nor a file that can be read.
        WeightsError: the network is missing, damaged, cannot be fetched, or is no depth network.
    """
    name = str(name_or_path)
    if name in EMBEDDED:
        return open_network(find_weights(name), threads)
    if name in PUBLIC_MODELS:
        model = PUBLIC_MODELS[name]
        path = (folder or _models_folder()) / f"{name}.onnx"
        return open_network(fetch(model.file, path, progress), threads, model.manifest)
    path = Path(name_or_path)
    mend = f"Name an .onnx file, or one of {', '.join((*EMBEDDED, *PUBLIC_MODELS))}."
    try:
        if path.is_file():
            return _open_file(path, threads)
    except OSError as error:
        raise OptionError(f"{path} cannot be read ({error.strerror}).", mend) from error
    raise OptionError(f"There is no depth model {name or 'without a name'}.", mend)


def check_depth_network(manifest: Manifest) -> None:
    """Refuses networks that are not for depth from one picture.

    Raises:
        WeightsError: not one picture goes in, not one value for each pixel comes out, or the
            manifest names sizes otherwise than n, h and w.
    """
    mend = "Use a network for depth from one picture, or correct its manifest."
    if len(manifest.inputs) != 1 or not takes_picture(manifest.inputs[0]):
        problem = f"{manifest.name} takes {_described(manifest.inputs)}, not one colour picture."
        raise WeightsError(problem, mend)
    (picture,), answer = manifest.inputs, manifest.outputs[0]
    height, width = picture_sides(picture)
    if picture.shape[0] not in ("n", 1) or _misnamed(height, "h") or _misnamed(width, "w"):
        problem = f"{manifest.name} has an input of {_described(manifest.inputs)}."
        raise WeightsError(problem, "Name its free sizes n, h and w in the manifest.")
    is_map = len(answer.shape) == 3 or (len(answer.shape) == 4 and 1 in answer.shape[1::2])
    if not is_map or answer.dtype != "float32":
        problem = f"{manifest.name} gives {_described((answer,))}, not one value for each pixel."
        raise WeightsError(problem, mend)
    if picture.dtype == "uint8" and not manifest.picture.is_plain:
        problem = f"{manifest.name} takes whole levels of 0 to 255, yet has white, mean or std."
        raise WeightsError(problem, "Remove them from its manifest.")


def _open_file(path: Path, threads: int) -> Network:
    """The network in a user's file; one without a manifest must be a public one."""
    if not manifest_path(path).is_file():
        found = sha256_of(path)
        for model in PUBLIC_MODELS.values():
            if found == model.manifest.sha256:
                return open_network(path, threads, model.manifest)
        raise _undescribed(path)
    manifest = read_manifest(manifest_path(path))
    check_depth_network(manifest)
    return open_network(path, threads, manifest)


def _undescribed(path: Path) -> WeightsError:
    """What to write beside the file, as far as the file itself tells."""
    session = open_session(path, threads=1)
    draft = {
        "name": path.stem,
        "licence": "?",
        "inputs": [_drafted(arg, 3) for arg in session.get_inputs()],
        "outputs": [_drafted(arg, 1) for arg in session.get_outputs()],
        "multiple": 32,
        "picture": {"white": 1.0, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
        "depth": {"quantity": "inverse_depth"},
    }
    return WeightsError(
        f"{path.name} has no manifest {manifest_path(path).name} beside it, which says what it "
        "takes and gives.",
        f"Write one after docs/depth-models.md, such as {json.dumps(draft)}.",
    )


def _drafted(arg: onnxruntime.NodeArg, channels: int) -> dict[str, object]:
    """An array of the file as a manifest describes it; free sizes take their usual names."""
    usual: tuple[int | str, ...] = ("n", "h", "w")
    if len(arg.shape) == 4:
        last = arg.shape[3] == channels
        usual = ("n", "h", "w", channels) if last else ("n", channels, "h", "w")
    elif len(arg.shape) != 3:
        usual = tuple(f"size{axis}" for axis in range(len(arg.shape)))
    sizes = zip(arg.shape, usual, strict=True)
    shape = [size if isinstance(size, int) else name for size, name in sizes]
    return {"name": arg.name, "dtype": _ARRAY_TYPES.get(arg.type, arg.type), "shape": shape}


def _models_folder() -> Path:
    return cache_folder(os.environ, sys.platform, Path.home()) / "models"


def _misnamed(size: int | str, name: str) -> bool:
    return isinstance(size, str) and size != name


def _described(ports: tuple[Port, ...]) -> str:
    return " and ".join(f"{port.name} of {' x '.join(map(str, port.shape))}" for port in ports)
