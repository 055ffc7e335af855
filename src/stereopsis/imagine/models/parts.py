"""The parts of a generator's folder, opened where they lie: nothing is asked of the hub."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers import AutoTokenizer

from stereopsis.errors import MissingExtraError, WeightsError

# Pipelines list them, and draw without them: many folders lack them.
SPARE = {"safety_checker", "feature_extractor", "image_encoder"}
# What diffusers and transformers raise at files that are damaged.
DAMAGE = (
    OSError, ValueError, KeyError, RuntimeError, TypeError, AttributeError, SafetensorError,
)  # fmt: skip
# What reads a tokenizer that is a model of sentencepiece: the module of each package.
READERS = {"sentencepiece": "sentencepiece", "protobuf": "google.protobuf"}

_MEND = "Copy the whole folder again from where it came."


def listed_parts(index: Mapping[str, Any]) -> dict[str, str]:
    """The class of each part that a model_index.json lists, by the part's name."""
    return {
        name: each[1]
        for name, each in index.items()
        if isinstance(each, list) and len(each) == 2 and each[1]
    }


def check_parts(folder: Path, index: Mapping[str, Any]) -> None:
    """Nothing, if all parts that are needed lie in the folder.

    Raises:
        WeightsError: some do not.
    """
    needed = [name for name in listed_parts(index) if name not in SPARE]
    missing = [name for name in needed if not (folder / name).is_dir()]
    if missing:
        raise WeightsError(f"The generator in {folder} lacks {', '.join(missing)}.", _MEND)


def open_part(kind: Any, folder: Path, name: str) -> Any:
    """The part of that name, by its class of diffusers or transformers.

    Raises:
        WeightsError: it is missing.
    """
    place = folder.resolve() / name  # a relative path could be read as an ID of the hub
    if not place.is_dir():
        raise WeightsError(f"The generator in {folder} lacks {name}.", _MEND)
    return kind.from_pretrained(place, local_files_only=True)


def open_tokenizer(folder: Path, name: str) -> Any:
    """The tokenizer of that name, also one that is a model of sentencepiece alone.

    Raises:
        WeightsError: it is missing or damaged.
        MissingExtraError: what reads such a model is not installed.
    """
    place = folder / name
    if list(place.glob("*.model")) and not (place / "tokenizer.json").is_file():
        for package, module in READERS.items():  # of which transformers names another
            try:
                import_module(module)
            except ImportError as error:
                raise MissingExtraError(
                    f"The tokenizer in {place} needs {package}, which is not installed.",
                    f"Run pip install {package}, or pip install 'stereopsis[imagine]'.",
                ) from error
    try:
        return open_part(AutoTokenizer, folder, name)
    except WeightsError:
        raise
    except Exception as error:  # tokenizers raises nothing narrower
        raise WeightsError(
            f"The tokenizer in {place} cannot be opened ({first_line(error)}).", _MEND
        ) from error


def first_line(error: Exception) -> str:
    """What an error of a library says first."""
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
