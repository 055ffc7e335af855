"""Manifest: what an exported network is, in a small JSON file beside it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from stereopsis.errors import WeightsError

ArrayType = Literal["uint8", "float32"]


@dataclass(frozen=True)
class Port:
    """An array that goes into a network or comes out.

    `shape` holds numbers and, where the size is free, names; equal names are equal sizes.
    """

    name: str
    dtype: ArrayType
    shape: tuple[int | str, ...]
    meaning: str


@dataclass(frozen=True)
class Manifest:
    """Everything that one must know to run a network, to trust it and to make it again.

    The sizes named h and w must be multiples of `multiple`. `sha256` is that of the .onnx file.
    `commit` is the state of this project that trained it, `recipe` the command, `trained_on` each
    source of training data in words, `metrics` what evaluation found.
    """

    name: str
    edition: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    multiple: int
    sha256: str
    commit: str
    recipe: str
    trained_on: tuple[str, ...]
    metrics: dict[str, float]
    licence: str

    def to_json(self) -> str:
        """The manifest as text; read_manifest() reads it back."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def manifest_path(network: Path) -> Path:
    """Where the manifest of a network lies: beside it, with the ending .json."""
    return network.with_suffix(".json")


def read_manifest(path: Path) -> Manifest:
    """The manifest in this file.

    Raises:
        WeightsError: the file is missing, is no JSON, or lacks or misnames a field.
    """
    try:
        return _manifest(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{path.name} is not a readable manifest ({type(error).__name__}: {error}).",
            "Install stereopsis again, or export the network again.",
        ) from error


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _manifest(fields: dict[str, Any]) -> Manifest:
    ports = {side: tuple(_port(**port) for port in fields[side]) for side in ("inputs", "outputs")}
    manifest = Manifest(**{**fields, **ports, "trained_on": tuple(fields["trained_on"])})
    texts = (manifest.name, manifest.edition, manifest.sha256, manifest.commit, manifest.licence)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a text is not a text")
    if not isinstance(manifest.multiple, int) or manifest.multiple < 1:
        raise ValueError("multiple is not a positive number")
    return manifest


def _port(name: str, dtype: ArrayType, shape: list[int | str], meaning: str) -> Port:
    if dtype not in get_args(ArrayType):
        raise ValueError(f"{dtype} is not one of {get_args(ArrayType)}")
    return Port(name, dtype, tuple(shape), meaning)
