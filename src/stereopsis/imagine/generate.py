"""Words to pictures: the public way to a generator, ours or another."""

import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8
from PIL import Image
from PIL.PngImagePlugin import PngInfo

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
FACTS = "Comment"  # the PNG text that holds how a picture was made
MOST_WORDS = 22  # that our own generator can read: each is one of 24 tokens or more, two are marks


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


def unread(prompt: str) -> str | None:
    """A sentence if our own generator cannot read this prompt, or not all of it."""
    letters = [unicodedata.name(each, "") for each in prompt if each.isalpha()]
    if 2 * sum(name.startswith("LATIN") for name in letters) <= len(letters):
        return "our generator reads English alone: what it draws of this has nothing to do with it"
    if len(prompt.split()) > MOST_WORDS:
        return f"our generator reads {MOST_WORDS} words at most: the rest was cut off"
    return None


def as_png(picture: UInt8[np.ndarray, "h w 3"], facts: Mapping[str, Any]) -> bytes:
    """The picture as a PNG file that tells how it was made: `facts` are anything that JSON holds.

    They are its text FACTS, and `facts["prompt"]` is its Description.
    """
    text = PngInfo()
    text.add_itxt("Description", str(facts["prompt"]))
    text.add_text("Software", "stereopsis")
    text.add_text(FACTS, json.dumps(facts))
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", pnginfo=text)
    return file.getvalue()


def free_name(folder: Path, name: str, facts: Mapping[str, Any]) -> str:
    """The name, or name-2 and so on: one whose PNG file in the folder is of these facts, or none.

    So pictures that were made otherwise stay, and the same picture takes its own place.
    """
    names = (name if i == 1 else f"{name}-{i}" for i in count(1))
    return next(each for each in names if _is_free(folder / f"{each}.png", facts))


def _is_free(path: Path, facts: Mapping[str, Any]) -> bool:
    if not path.exists():
        return True
    try:
        with Image.open(path) as picture:
            return bool(json.loads(picture.info[FACTS]) == facts)
    except (OSError, KeyError, ValueError, TypeError):
        return False


def _drawn(
    generator: Generator, prompt: str, seeds: Sequence[int], config: SampleConfig
) -> Iterator[ColorImage]:
    for seed in seeds:
        with within_memory("Drawing a picture", "Use a smaller model, or --device cpu."):
            yield generator.sample([prompt], [seed], config)[0].numpy()


def _photo(picture: ColorImage) -> Photo:
    height, width = picture.shape[:2]
    return Photo(picture, Camera.from_focal_35mm(width, height))
