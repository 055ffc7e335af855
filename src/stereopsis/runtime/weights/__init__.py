"""The networks that travel inside the package, each an .onnx file and its manifest."""

from importlib import resources
from pathlib import Path
from typing import Literal

from stereopsis.errors import WeightsError

WeightsName = Literal["mono"]


def find_weights(name: WeightsName) -> Path:
    """The .onnx file of an embedded network; open_network() checks it against its manifest.

    Raises:
        WeightsError: this installation lacks it.
    """
    path = Path(str(resources.files(__package__))) / f"{name}.onnx"
    if not path.is_file():
        raise WeightsError(
            f"The network {name} is missing from this installation.", "Install stereopsis again."
        )
    return path
