"""Encodes pictures once, and keeps the result in a file that is used as long as it fits."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from stereopsis.imagine.captioned import Captioned
from stereopsis.imagine.examples import Examples
from stereopsis.imagine.memory import within_memory
from stereopsis.imagine.models.generator import Generator
from stereopsis.outputs import whole_file
from stereopsis.train.pack import UNREADABLE

BATCH = 16
Progress = Callable[[int, int], None]  # hears how many pictures are done, of how many


def encode_pictures(
    generator: Generator,
    pictures: Captioned,
    pack: Path | None = None,
    progress: Progress = lambda done, total: None,
) -> Examples:
    """The pictures as the generator works on them; read from `pack` if it holds just these.

    Numbers are kept as float16, codes as int16 where they fit.

    Raises:
        OutputError: the pack cannot be written.
    """
    key = "" if pack is None else key_of(generator, pictures)
    if pack is not None and (known := _read(pack, key)) is not None:
        return Examples(torch.from_numpy(known), pictures.captions)
    parts = []
    for i in range(0, len(pictures), BATCH):
        with within_memory("Encoding pictures", "Train smaller pictures, or on another device."):
            encoded = generator.encode(torch.from_numpy(pictures.pictures[i : i + BATCH]))
        parts.append(_small(encoded.cpu()))
        progress(min(i + BATCH, len(pictures)), len(pictures))
    whole = torch.cat(parts)
    if pack is not None:
        with whole_file(pack) as temporary, temporary.open("wb") as file:
            np.savez(file, encoded=whole.numpy(), key=np.array(key))
    return Examples(whole, pictures.captions)


def _small(encoded: torch.Tensor) -> torch.Tensor:
    if encoded.is_floating_point():
        return encoded.half()
    return encoded.short() if int(encoded.max()) < 2**15 else encoded.int()


def _read(pack: Path, key: str) -> np.ndarray | None:
    """The pack's array, if it is of this key; a damaged pack is as good as none."""
    try:
        with pack.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return np.asarray(file["encoded"]) if str(file["key"]) == key else None
    except UNREADABLE:
        return None


def key_of(generator: Generator, pictures: Captioned) -> str:
    """What pictures, their order and the frozen parts determine, so that stale packs are not used.

    Text encoders count, too: they are small beside the work saved, and all frozen parts come as
    one list.
    """
    assert len(pictures.contents) == len(pictures)
    told = hashlib.blake2b(digest_size=16)
    told.update(json.dumps([generator.side, pictures.contents]).encode())
    for module in generator.frozen():
        for value in module.state_dict().values():
            told.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return told.hexdigest()
