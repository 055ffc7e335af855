"""A teacher: somebody else's depth network, used to label photos and as a rival."""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from stereopsis.errors import WeightsError
from stereopsis.scene.arrays import ColorImage, InverseDepth

LONG_SIDE = 384  # at 640 the released Tiefenrausch is sharper but loses the layout of rooms
STRIDE = 32


class Teacher:
    """An ONNX network from RGB in 0..1 (1, 3, h, w) to log inverse depth of any scale and shift."""

    def __init__(self, path: Path, threads: int = 1, long_side: int = LONG_SIDE) -> None:
        """Opens the file; the network will see pictures with this long side in pixels.

        Raises:
            WeightsError: it cannot be read as an ONNX network.
        """
        self._name = path.name
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(path.read_bytes(), options)
        except Exception as error:  # ONNX Runtime raises types of its own
            raise WeightsError(
                f"{path.name} cannot be opened as an ONNX network.",
                "Give the path of a depth network that maps RGB to log inverse depth.",
            ) from error
        self._long_side = long_side

    def __call__(self, image: ColorImage) -> InverseDepth:
        """Inverse depth at the image's size, median 1, averaged over the image and its mirror."""
        height, width = image.shape[:2]
        zoom = self._long_side / max(height, width)
        size = tuple(max(STRIDE, round(side * zoom / STRIDE) * STRIDE) for side in (width, height))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        mean = 0.5 * (self.run(small) + self.run(small[:, ::-1])[:, ::-1])
        full = cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(full / np.median(full), np.float32)

    def run(self, image: np.ndarray) -> np.ndarray:
        """Inverse depth of RGB in 0..1 (h, w, 3), at that size, whose sides suit the network.

        Raises:
            WeightsError: the network takes something else, or its answer is no such map.
        """
        batch = np.ascontiguousarray(image.transpose(2, 0, 1)[None])
        try:
            (entry,) = self._session.get_inputs()
            answer = np.squeeze(self._session.run(None, {entry.name: batch})[0])
        except Exception as error:  # ONNX Runtime raises types of its own
            raise self._unfit("fails on a picture as float32 of 1 x 3 x h x w") from error
        if answer.shape != image.shape[:2] or not np.isfinite(answer).all():
            raise self._unfit("does not answer with a finite map of the picture's size")
        return np.asarray(np.exp(answer))

    def _unfit(self, problem: str) -> WeightsError:
        return WeightsError(
            f"The teacher {self._name} {problem}.",
            "Give a depth network that maps RGB to log inverse depth.",
        )
