"""The depth network that somebody means: an embedded one, a public one by name, or a file."""

import os
import sys
import tempfile
from pathlib import Path

from stereopsis.depth.manifest_draft import undescribed
from stereopsis.errors import OptionError, WeightsError
from stereopsis.runtime.cache import cache_folder
from stereopsis.runtime.catalogue import PUBLIC_MODELS
from stereopsis.runtime.hub import Progress, fetch
from stereopsis.runtime.manifest import Manifest, Port, manifest_path, read_manifest, sha256_of
from stereopsis.runtime.network import Network, open_network
from stereopsis.runtime.picture import picture_sides, takes_picture
from stereopsis.runtime.weights import WeightsName, find_weights

EMBEDDED: tuple[WeightsName, ...] = ("mono", "mono-int8")
MODEL_NAMES: tuple[str, ...] = (*EMBEDDED, *PUBLIC_MODELS)


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
    mend = f"Name an .onnx file, or one of {', '.join(MODEL_NAMES)}."
    if not isinstance(name_or_path, str | Path):
        raise OptionError(f"{name_or_path!r} is no name of a depth model, and no path.", mend)
    name = str(name_or_path)
    if name in EMBEDDED:
        return open_network(find_weights(name), threads)
    if name in PUBLIC_MODELS:
        model = PUBLIC_MODELS[name]
        path = (folder or _models_folder()) / f"{name}.onnx"
        return open_network(fetch(model.file, path, progress), threads, model.manifest)
    path = Path(name_or_path)
    try:
        if path.is_file():
            return _open_file(path, threads)
    except OSError as error:
        raise OptionError(f"{path} cannot be read ({error.strerror}).", mend) from error
    raise OptionError(f"There is no depth model {name or 'without a name'}.", mend)


def check_depth_network(manifest: Manifest, file: str) -> None:
    """Refuses networks that are not for depth from one picture; `file` names them in errors.

    Raises:
        WeightsError: not one picture goes in, not one value for each pixel comes out, or the
            manifest names sizes otherwise than n, h and w.
    """
    mend = "Use a network for depth from one picture, or correct its manifest."
    if len(manifest.inputs) != 1 or not takes_picture(manifest.inputs[0]):
        problem = f"{file} takes {_described(manifest.inputs)}, not one colour picture."
        raise WeightsError(problem, mend)
    (picture,), answer = manifest.inputs, manifest.outputs[0]
    height, width = picture_sides(picture)
    if picture.shape[0] not in ("n", 1) or _misnamed(height, "h") or _misnamed(width, "w"):
        problem = f"{file} has an input of {_described(manifest.inputs)}."
        raise WeightsError(problem, "Name its free sizes n, h and w in the manifest.")
    is_map = len(answer.shape) == 3 or (len(answer.shape) == 4 and 1 in answer.shape[1::2])
    if not is_map or answer.dtype != "float32":
        problem = f"{file} gives {_described((answer,))}, not one value for each pixel."
        raise WeightsError(problem, mend)
    if picture.dtype == "uint8" and not manifest.picture.is_plain:
        problem = f"{file} takes whole levels of 0 to 255, yet has white, mean or std."
        raise WeightsError(problem, "Remove them from its manifest.")


def _open_file(path: Path, threads: int) -> Network:
    """The network in a user's file; one without a manifest must be a public one."""
    if not manifest_path(path).is_file():
        found = sha256_of(path)
        for model in PUBLIC_MODELS.values():
            if found == model.manifest.sha256:
                return open_network(path, threads, model.manifest)
        raise undescribed(path)
    manifest = read_manifest(manifest_path(path))
    check_depth_network(manifest, path.name)
    return open_network(path, threads, manifest)


def _models_folder() -> Path:
    return cache_folder(os.environ, sys.platform, _home()) / "models"


def _home() -> Path:
    """This user's home; where there is none, as in some containers, that of temporary files."""
    try:
        return Path.home()
    except RuntimeError:
        return Path(tempfile.gettempdir())


def _misnamed(size: int | str, name: str) -> bool:
    return isinstance(size, str) and size != name


def _described(ports: tuple[Port, ...]) -> str:
    return " and ".join(f"{port.name} of {' x '.join(map(str, port.shape))}" for port in ports)
