"""The networks that travel inside the package, each an .onnx file and its manifest."""

from importlib import resources
from pathlib import Path
from typing import Literal

from stereopsis.errors import WeightsError

WeightsName = Literal["mono", "mono-int8", "stereo", "stereo-int8"]


def find_weights(name: WeightsName) -> Path:
    """The .onnx file of an embedded network; open_network() checks it against its manifest.

    mono guesses depth from one picture, stereo finds disparity in two. mono-int8 and stereo-int8
    are the same in 8-bit arithmetic, sooner and a little worse.

    Raises:
        WeightsError: this installation lacks it.
    """
    path = Path(str(resources.files(__package__))) / f"{name}.onnx"
    if not path.is_file():
        raise WeightsError(
            f"The network {name} is missing from this installation.", "Install stereopsis again."
        )
    return path
