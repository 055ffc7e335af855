"""The filter for written text: the words that PP-OCR's networks read in a picture."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import onnxruntime
from jaxtyping import Float32

from stereopsis.imagine.curate.filters import Numbers, Scorer, check
from stereopsis.imagine.curate.packaged import packaged_file
from stereopsis.imagine.curate.row import Columns
from stereopsis.imagine.curate.sample import Need, Sample
from stereopsis.runtime.network import open_session
from stereopsis.scene.arrays import ColorImage

REQUIREMENT = "rapidocr-onnxruntime==1.4.4"
FINDER, READER = "ch_PP-OCRv4_det_infer.onnx", "ch_PP-OCRv4_rec_infer.onnx"

MULTIPLE = 32  # px; of the finder's sides
LINE_HEIGHT = 48  # px; what the reader reads
MIN_PROBABILITY = 0.3  # that a pixel belongs to text
MIN_SIDE = 3  # px; a thinner region is no line
GROWN = 1.6  # the finder marks the cores of lines: their outlines lie further out
MIN_CERTAINTY = 0.5  # of a line's characters, or nothing is read
MAX_LINES = 100
LETTERS_A_WORD, LONG_WORD = 5, 14


@dataclass(frozen=True)
class OcrFilter:
    """Keeps pictures with few written words; `folder` holds networks other than the package's.

    A Chinese, Japanese or Korean character counts as a word.
    """

    max_words: int = 5
    folder: str | None = None

    name: ClassVar[str] = "ocr"
    needs: ClassVar[Need] = "pixels"

    def __post_init__(self) -> None:
        check(self.max_words >= 0, f"max_words of ocr is {self.max_words}", "0 or more")

    def rule(self) -> str:
        """What is kept."""
        return f"{self.max_words} written words or fewer"

    def margin(self, scores: Numbers) -> Numbers:
        """In words."""
        return self.max_words - scores

    def open(self, columns: Columns) -> Scorer:
        """Both networks.

        Raises:
            MissingExtraError: their package is not installed.
        """
        finder, reader = (open_session(self._path(name), threads=1) for name in (FINDER, READER))

        def score(samples: Sequence[Sample]) -> Numbers:
            texts = (read_lines(each.pixels, finder, reader) for each in samples)
            return np.array([sum(map(count_words, lines)) for lines in texts], float)

        return score

    def _path(self, name: str) -> Path:
        if self.folder:
            return Path(self.folder) / name
        package = "rapidocr_onnxruntime"
        return packaged_file(package, f"models/{name}", REQUIREMENT, "written text")


def read_lines(
    pixels: ColorImage, finder: onnxruntime.InferenceSession, reader: onnxruntime.InferenceSession
) -> list[str]:
    """The text of each line that is found and read with some certainty."""
    characters = _characters(reader)
    texts = []
    for line in _cut_lines(pixels, finder):
        chances = reader.run(None, {reader.get_inputs()[0].name: _as_input(line)})[0][0]
        text, certainty = _decode(chances, characters)
        if certainty >= MIN_CERTAINTY:
            texts.append(text)
    return texts


def count_words(text: str) -> int:
    """Words between spaces that hold a letter or digit; ideographs and kana count one by one.

    The reader often drops spaces: what is longer than a word is taken for several.
    """
    count = 0
    for word in text.split():
        alone = sum(_stands_alone(character) for character in word)
        letters = sum(each.isalnum() for each in word) - alone
        several = round(letters / LETTERS_A_WORD) if letters > LONG_WORD else 1
        count += alone + (several if letters > 0 else 0)
    return count


def _cut_lines(pixels: ColorImage, finder: onnxruntime.InferenceSession) -> Iterator[ColorImage]:
    """Each line of text, upright as far as its outline says, cut out of the picture."""
    sides = [max(MULTIPLE, round(side / MULTIPLE) * MULTIPLE) for side in pixels.shape[1::-1]]
    seen = cv2.resize(pixels, sides)
    chances = finder.run(None, {finder.get_inputs()[0].name: _as_batch(seen)})[0][0, 0]
    mask = (chances > MIN_PROBABILITY).astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines[:MAX_LINES]:
        center, (width, height), angle = cv2.minAreaRect(outline)
        if min(width, height) < MIN_SIDE:
            continue
        if angle > 45:
            width, height, angle = height, width, angle - 90
        grow = GROWN * width * height / (width + height)  # on both sides, as DB unclips
        yield _cut(seen, (center[0], center[1]), (width + grow, height + grow), angle)


def _cut(
    pixels: ColorImage, center: tuple[float, float], size: tuple[float, float], angle: float
) -> ColorImage:
    width, height = (max(1, math.ceil(side)) for side in size)
    turn = cv2.getRotationMatrix2D(center, angle, 1)
    turn[:, 2] += np.array([width / 2 - center[0], height / 2 - center[1]])
    line = cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.rot90(line) if height > 1.5 * width else line


def _as_input(line: ColorImage) -> Float32[np.ndarray, "1 3 48 w"]:
    width = min(max(LINE_HEIGHT, round(line.shape[1] * LINE_HEIGHT / line.shape[0])), 2000)
    return _as_batch(cv2.resize(np.ascontiguousarray(line), (width, LINE_HEIGHT)))


def _as_batch(pixels: ColorImage) -> Float32[np.ndarray, "1 3 h w"]:
    """A batch of one: BGR from -1 to 1, as both networks take it."""
    scaled = pixels[:, :, ::-1].astype(np.float32) / 127.5 - 1
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def _characters(reader: onnxruntime.InferenceSession) -> list[str]:
    """What the reader's outputs stand for, as the file says; the first is a gap."""
    stated = reader.get_modelmeta().custom_metadata_map.get("character", "")
    listed: list[str] = json.loads(stated) if stated.startswith("[") else stated.splitlines()
    return ["", *listed, " "]


def _decode(chances: Float32[np.ndarray, "t c"], characters: list[str]) -> tuple[str, float]:
    """The likeliest text, repeats merged and gaps dropped, and the mean certainty of it."""
    best = chances.argmax(1)
    changes = np.append(True, best[1:] != best[:-1]) & (best > 0)
    if not changes.any():
        return "", 0.0
    text = "".join(characters[i] if i < len(characters) else "" for i in best[changes])
    return text, float(chances.max(1)[changes].mean())


def _stands_alone(character: str) -> bool:
    return "぀" <= character <= "ヿ" or "㐀" <= character <= "鿿" or "가" <= character <= "힯"
