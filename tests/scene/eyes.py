"""What two eyes see, and files that hold both, for the tests."""

import struct
from io import BytesIO

import cv2
import numpy as np
import pillow_heif
from PIL import Image

from tests.depth.test_given_heic import box, boxes, shifted_locations

WIDTH, HEIGHT = 120, 90


def texture(width: int = WIDTH, height: int = HEIGHT, seed: int = 0) -> np.ndarray:
    """Soft noise, its colours softer still."""
    rng = np.random.default_rng(seed)
    light, color = (rng.normal(size=(height, width, n)).astype(np.float32) for n in (1, 3))
    light, color = cv2.GaussianBlur(light, (0, 0), 2.0), cv2.GaussianBlur(color, (0, 0), 9.0)
    mixed = 128 + 45 * light[..., None] / light.std() + 15 * color / color.std()
    return mixed.clip(0, 255).astype(np.uint8)


def eyes(width: int = WIDTH, height: int = HEIGHT, disparity: int = 5) -> tuple[np.ndarray, ...]:
    """A left and a right view of a textured wall."""
    wall = texture(width + disparity, height)
    return wall[:, disparity:].copy(), wall[:, :width].copy()


def mpo(pictures: list[np.ndarray], **options: object) -> bytes:
    first, *others = (Image.fromarray(pixels) for pixels in pictures)
    file = BytesIO()
    first.save(file, "MPO", save_all=True, append_images=others, quality=95, **options)
    return file.getvalue()


def heic(pictures: list[np.ndarray], pair: tuple[int, int] | None = None) -> bytes:
    """A HEIC of these pictures; `pair` are the indices of the left and right eye."""
    container = pillow_heif.HeifFile()
    for pixels in pictures:
        container.add_frombytes("RGB", pixels.shape[1::-1], pixels.tobytes())
    file = BytesIO()
    container.save(file, quality=-1)
    return file.getvalue() if pair is None else with_stereo_group(file.getvalue(), pair)


def with_stereo_group(data: bytes, pair: tuple[int, int]) -> bytes:
    """The file with an entity group that names two pictures a stereo pair, the left eye first."""
    top = {kind: (start, end) for kind, start, end in boxes(data, 0, len(data))}
    start, end = top[b"meta"]
    parts = {kind: data[s:e] for kind, s, e in boxes(data, start + 12, end)}
    entries = [parts[b"iinf"][s:e] for _, s, e in boxes(parts[b"iinf"], 14, len(parts[b"iinf"]))]
    items = [int.from_bytes(entry[12:14], "big") for entry in entries if entry[16:20] == b"hvc1"]
    group = struct.pack(">IIIII", 0, 1000, 2, items[pair[0]], items[pair[1]])
    parts[b"grpl"] = box(b"grpl", box(b"ster", group))
    parts[b"iloc"] = box(b"iloc", shifted_locations(parts[b"iloc"][8:], len(parts[b"grpl"])))
    return data[:start] + box(b"meta", bytes(4) + b"".join(parts.values())) + data[end:]
