"""Manifest: what an exported network is, in a small JSON file beside it."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from stereopsis.errors import WeightsError
from stereopsis.runtime.formats import (
    LONGEST_INPUT,
    Channels,
    DepthFormat,
    PictureFormat,
    Quantity,
    StereoFormat,
)
from stereopsis.scene.checked_json import (
    a_count,
    a_number,
    a_text,
    an_object,
    numbers,
    one_of,
    only,
    texts,
    three_numbers,
    yes_or_no,
)

LARGEST_MULTIPLE = 512  # of a network's sides: a picture is always a few times as large
LARGEST_SIZE = 4096  # of an array along one axis: more would not fit into memory

ArrayType = Literal["uint8", "float32"]


@dataclass(frozen=True)
class Port:
    """An array that goes into a network or comes out.

    `shape` holds numbers and, where the size is free, names; equal names are equal sizes.
    """

    name: str
    dtype: ArrayType
    shape: tuple[int | str, ...]
    meaning: str = ""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything that one must know to run a network, to trust it and to make it again.

    To run it: the sizes named h and w must be multiples of `multiple`; `picture`, `depth` and, for
    a network of two eyes, `stereo` say what the numbers mean. To trust it: `sha256` is that of the
    .onnx file, empty where nobody vouches for it; `licence` is the weights'. To make it again:
    `commit` is the state of this project that trained it, `recipe` the command, `trained_on` each
    source of training data in words, `metrics` what evaluation found; networks of others leave
    these empty.
    """

    name: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    licence: str
    multiple: int = 1
    picture: PictureFormat = field(default_factory=PictureFormat)
    depth: DepthFormat = field(default_factory=DepthFormat)
    stereo: StereoFormat | None = None
    edition: str = ""
    sha256: str = ""
    commit: str = ""
    recipe: str = ""
    trained_on: tuple[str, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        """The manifest as text; read_manifest() reads it back."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def manifest_path(network: Path) -> Path:
    """Where the manifest of a network lies: beside it, with the ending .json."""
    return network.with_suffix(".json")


def read_manifest(path: Path) -> Manifest:
    """The manifest in this file.

    Raises:
        WeightsError: the file is missing, is no JSON, or lacks, misnames or misuses a field.
    """
    try:
        return _manifest(_parse(path.read_bytes()))
    except (OSError, ValueError, KeyError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        if isinstance(error, OSError):
            reason = (error.strerror or str(error)).lower()
        raise WeightsError(
            f"{path.name} is not a readable manifest ({reason}).",
            "Correct it after the example in docs/depth-models.md, or get it again.",
        ) from error


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parse(data: bytes) -> Any:
    """The values in JSON text; ValueError says in plain words where it is none."""
    try:
        return json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ValueError(
            f"it is no JSON at line {error.lineno}, character {error.colno}"
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError("it is no text in UTF-8") from error
    except ValueError as error:
        raise ValueError("it holds a number with thousands of digits") from error
    except RecursionError as error:
        raise ValueError("its brackets are nested too deeply") from error


def _manifest(given: Any) -> Manifest:
    stated = an_object(given, "the file")
    only(stated, _names(Manifest), "the file")
    parts: dict[str, Any] = {
        "name": a_text(stated["name"], "name"),
        "inputs": _ports(stated["inputs"], "inputs"),
        "outputs": _ports(stated["outputs"], "outputs"),
        "licence": a_text(stated["licence"], "licence"),
        "picture": _picture(an_object(stated.get("picture", {}), "picture")),
        "depth": _depth(an_object(stated.get("depth", {}), "depth")),
        "stereo": _stereo(stated.get("stereo")),
    }
    optional: dict[str, Any] = {
        "multiple": lambda given, what: a_count(given, what, LARGEST_MULTIPLE),
        "trained_on": texts,
        "metrics": numbers,
    }
    for name in stated.keys() - parts.keys():
        read = optional.get(name, a_text)
        parts[name] = read(stated[name], name)
    return Manifest(**parts)


def _ports(given: Any, what: str) -> tuple[Port, ...]:
    if not isinstance(given, list) or not given:
        raise ValueError(f"{what} is not a list with an array in it")
    return tuple(_port(an_object(each, f"an array of {what}")) for each in given)


def _port(stated: dict[str, Any]) -> Port:
    only(stated, _names(Port), "an array")
    name, shape = a_text(stated["name"], "the name of an array"), stated["shape"]
    dtype = one_of(stated["dtype"], get_args(ArrayType), f"dtype of {name}")
    if not isinstance(shape, list):
        raise ValueError(f"shape of {name} is not a list")
    sizes = [
        size if isinstance(size, str) else a_count(size, f"a size of {name}", LARGEST_SIZE)
        for size in shape
    ]
    return Port(name, dtype, tuple(sizes), a_text(stated.get("meaning", ""), "meaning"))


def _picture(stated: dict[str, Any]) -> PictureFormat:
    only(stated, _names(PictureFormat), "picture")
    readers: dict[str, Any] = {
        "channels": lambda given, what: one_of(given, get_args(Channels), what),
        "white": a_number,
        "mean": three_numbers,
        "std": three_numbers,
        "pixels": _area,
    }
    picture = PictureFormat(**{name: readers[name](stated[name], name) for name in stated})
    if min(picture.white, *picture.std) <= 0:
        raise ValueError("white or std is not above 0")
    return picture


def _depth(stated: dict[str, Any]) -> DepthFormat:
    only(stated, _names(DepthFormat), "depth")
    readers: dict[str, Any] = {
        "quantity": lambda given, what: one_of(given, get_args(Quantity), what),
        "sign": lambda given, what: one_of(given, (1, -1), what),
        "mirror": yes_or_no,
        "detail_pixels": lambda given, what: None if given is None else _area(given, what),
    }
    return DepthFormat(**{name: readers[name](stated[name], name) for name in stated})


def _stereo(given: Any) -> StereoFormat | None:
    if given is None:
        return None
    stated = an_object(given, "stereo")
    only(stated, _names(StereoFormat), "stereo")
    bounds = [a_number(stated[name], name) for name in ("least_px", "most_px")]
    if not all(bound.is_integer() for bound in bounds) or not bounds[0] < bounds[1]:
        raise ValueError("least_px and most_px are no whole numbers in this order")
    return StereoFormat(int(bounds[0]), int(bounds[1]), _area(stated["pixels"], "pixels"))


def _area(given: Any, what: str) -> int:
    return a_count(given, what, LONGEST_INPUT**2)


def _names(of: type) -> list[str]:
    return [each.name for each in fields(of)]
