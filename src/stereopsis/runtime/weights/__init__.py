"""The networks that travel inside the package, each an .onnx file and its manifest."""

from importlib import resources
from pathlib import Path
from typing import Literal

from stereopsis.errors import WeightsError

WeightsName = Literal["mono", "mono-int8"]


def find_weights(name: WeightsName) -> Path:
    """The .onnx file of an embedded network; open_network() checks it against its manifest.

    mono-int8 is mono in 8-bit arithmetic: it takes and gives the same, sooner and a little worse.

    Raises:
        WeightsError: this installation lacks it.
    """
    path = Path(str(resources.files(__package__))) / f"{name}.onnx"
    if not path.is_file():
        raise WeightsError(
            f"The network {name} is missing from this installation.", "Install stereopsis again."
        )
    return path
