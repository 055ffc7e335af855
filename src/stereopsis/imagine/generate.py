"""Words to pictures: the public way to a generator, ours or another."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from stereopsis.errors import OptionError, WeightsError
from stereopsis.imagine.memory import within_memory
from stereopsis.imagine.models.generator import AS_RELEASED, Generator, SampleConfig
from stereopsis.imagine.models.open import open_generator
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.camera import Camera
from stereopsis.scene.photo import Photo

EMBEDDED = Path(__file__).parent / "weights" / "generator"
SEEN_PX = 384  # px; shorter pictures are enlarged before their depth is guessed
ENLARGED_PX = 512
MOST_SEEDS = 2**31
NAME_LENGTH = 48


def open_model(name: str | Path | None = None, device: str = "cpu") -> Generator:
    """The generator of that folder or hub ID; without one, the one that comes with this package.

    Raises:
        WeightsError: it is missing, damaged, or of a kind that cannot be used.
    """
    if name is not None:
        return open_generator(name, device=device)
    if not EMBEDDED.is_dir():
        raise WeightsError(
            "This edition comes without a generator of its own.",
            "Name one with --model: a folder in the layout of diffusers, or an ID on the "
            "Hugging Face hub.",
        )
    return open_generator(EMBEDDED, device=device)


def imagine_pictures(
    prompt: str,
    seeds: Sequence[int] = (0,),
    model: Generator | str | Path | None = None,
    config: SampleConfig = AS_RELEASED,
) -> Iterator[ColorImage]:
    """A picture of the prompt for each seed, one after the other; the same every time.

    Raises:
        OptionError: the prompt is empty, or a seed out of range.
        WeightsError: the model is missing, damaged, or of a kind that cannot be used.
    """
    if not prompt.strip():
        raise OptionError("The prompt is empty.", "Say what the picture should show.")
    for seed in seeds:
        if not 0 <= seed < MOST_SEEDS:
            raise OptionError(f"The seed {seed} is out of range.", f"Choose 0 to {MOST_SEEDS - 1}.")
    generator = model if isinstance(model, Generator) else open_model(model)
    return _drawn(generator, prompt, seeds, config)


def as_photo(picture: ColorImage) -> tuple[Photo, str | None]:
    """The picture as a photo, and a sentence if it had to be enlarged for depth to be seen."""
    height, width = picture.shape[:2]
    if min(height, width) >= SEEN_PX:
        return _photo(picture), None
    scale = ENLARGED_PX / min(height, width)
    size = (round(width * scale), round(height * scale))
    enlarged = cv2.resize(picture, size, interpolation=cv2.INTER_LANCZOS4)
    told = f"enlarged from {width} x {height} to {size[0]} x {size[1]} px, as depth needs detail"
    return _photo(np.ascontiguousarray(enlarged)), told


def file_name(prompt: str) -> str:
    """The prompt as the name of a file: letters, digits and dashes."""
    words = re.sub(r"[^\w]+", "-", prompt.lower()).strip("-_")
    return words[:NAME_LENGTH].strip("-_") or "picture"


def as_png(picture: UInt8[np.ndarray, "h w 3"]) -> bytes:
    """The picture as a PNG file."""
    return cv2.imencode(".png", picture[:, :, ::-1])[1].tobytes()


def _drawn(
    generator: Generator, prompt: str, seeds: Sequence[int], config: SampleConfig
) -> Iterator[ColorImage]:
    for seed in seeds:
        with within_memory("Drawing a picture", "Use a smaller model, or --device cpu."):
            yield generator.sample([prompt], [seed], config)[0].numpy()


def _photo(picture: ColorImage) -> Photo:
    height, width = picture.shape[:2]
    return Photo(picture, Camera.from_focal_35mm(width, height))
