"""Pack: training frames in one file, compressed until the moment they are used."""

import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8
from numpy.lib.npyio import NpzFile

from stereopsis.errors import DataError
from stereopsis.scene.arrays import ColorImage, InverseDepth, Mask

UNKNOWN = 65535  # the PNG value of a pixel without depth
JPEG_QUALITY = 90
# What zipfile and numpy raise over damaged archives; RuntimeError for flags that they do not know.
UNREADABLE = (
    OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """A picture and the inverse depth of its pixels: 0 is infinitely far, and where not `valid`.

    `exact` inverse depth was rendered; else another network's guess, its scale and shift free.
    """

    image: ColorImage
    inverse_depth: InverseDepth
    valid: Mask
    exact: bool

    def __post_init__(self) -> None:
        assert self.image.shape[:2] == self.inverse_depth.shape == self.valid.shape
        assert (self.inverse_depth[self.valid] >= 0).all()


@dataclass(frozen=True)
class Pack:
    """n frames as JPEG and 16-bit PNG files laid end to end; `pack[i]` decodes one Frame.

    `image_end[i]` and `depth_end[i]` say where the i-th file stops. A PNG value times
    `depth_scale[i]` is inverse depth, 65535 is unknown. `source` says in words where they are from.
    """

    image_jpeg: UInt8[np.ndarray, " bytes_of_images"]
    image_end: Int64[np.ndarray, " n"]
    depth_png: UInt8[np.ndarray, " bytes_of_depths"]
    depth_end: Int64[np.ndarray, " n"]
    depth_scale: Float32[np.ndarray, " n"]
    exact: Bool[np.ndarray, " n"]
    source: str

    def __len__(self) -> int:
        return len(self.exact)

    def __getitem__(self, index: int) -> Frame:
        if not 0 <= index < len(self):
            raise IndexError(index)
        image = cv2.imdecode(_file(self.image_jpeg, self.image_end, index), cv2.IMREAD_COLOR)
        coded = cv2.imdecode(_file(self.depth_png, self.depth_end, index), cv2.IMREAD_UNCHANGED)
        if image is None or coded is None or coded.dtype != np.uint16 or coded.ndim != 2:
            raise DataError(
                f"Frame {index} of the pack is damaged.", "Make the pack again (runs/packs.sh)."
            )
        exact = bool(self.exact[index])
        coded = _resize(coded, (image.shape[1], image.shape[0]), exact)
        valid = coded != UNKNOWN
        inverse_depth = np.where(valid, coded, 0).astype(np.float32) * self.depth_scale[index]
        return Frame(image[:, :, ::-1].copy(), inverse_depth, valid, exact)


def build_pack(
    frames: Iterable[Frame], source: str, depth_levels: int = 8192, halve_guesses: bool = True
) -> Pack:
    """The frames, encoded one by one.

    Inverse depth is stored in `depth_levels` equal steps (at most 65534) up to each frame's
    largest. Inexact depth that is known everywhere is stored at half size, unless it is sharp and
    `halve_guesses` is off.
    """
    assert 1 <= depth_levels < UNKNOWN
    images, depths, scales, exact = [], [], [], []
    for frame in frames:
        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        images.append(cv2.imencode(".jpg", frame.image[:, :, ::-1], quality)[1])
        scale = max(float(frame.inverse_depth.max()), 1e-12) / depth_levels
        coded = np.rint(frame.inverse_depth / scale).clip(0, depth_levels)
        coded = np.where(frame.valid, coded, UNKNOWN).astype(np.uint16)
        if halve_guesses and not frame.exact and frame.valid.all():
            coded = _resize(coded, ((coded.shape[1] + 1) // 2, (coded.shape[0] + 1) // 2), False)
        depths.append(cv2.imencode(".png", coded, [cv2.IMWRITE_PNG_COMPRESSION, 6])[1])
        scales.append(scale)
        exact.append(frame.exact)
    return Pack(
        *_end_to_end(images),
        *_end_to_end(depths),
        np.array(scales, np.float32),
        np.array(exact, np.bool_),
        source,
    )


def write_pack(pack: Pack, path: Path) -> None:
    """Writes the pack as an .npz file, whole or not at all."""
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as file:
            np.savez(
                file,
                image_jpeg=pack.image_jpeg,
                image_end=pack.image_end,
                depth_png=pack.depth_png,
                depth_end=pack.depth_end,
                depth_scale=pack.depth_scale,
                exact=pack.exact,
                source=pack.source,
            )
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_pack(source: Path | bytes) -> Pack:
    """The pack in this file or these bytes.

    Raises:
        DataError: it is no pack, or is cut short or damaged.
    """
    name = source.name if isinstance(source, Path) else "The pack"
    try:
        data = source if isinstance(source, bytes) else source.read_bytes()
        with NpzFile(io.BytesIO(data), allow_pickle=False) as archive:
            arrays: dict[str, Any] = {f.name: archive[f.name] for f in fields(Pack)}
    except UNREADABLE as error:
        raise _not_a_pack(name) from error
    pack = Pack(**(arrays | {"source": str(arrays["source"])}))
    if not _is_consistent(pack):
        raise _not_a_pack(name)
    return pack


def _not_a_pack(name: str) -> DataError:
    return DataError(
        f"{name} is not a whole pack of training frames.",
        "Make it again with stereopsis.train.worlds or stereopsis.train.label.",
    )


def _is_consistent(pack: Pack) -> bool:
    """Whether types fit and the files' ends rise to the end of the bytes."""
    for data, end in ((pack.image_jpeg, pack.image_end), (pack.depth_png, pack.depth_end)):
        if data.dtype != np.uint8 or data.ndim != 1 or end.dtype != np.int64:
            return False
        if end.shape != pack.exact.shape or (np.diff(end, prepend=0) <= 0).any():
            return False
        if len(data) != (end[-1] if len(end) else 0):
            return False
    scale_fits = pack.depth_scale.dtype == np.float32 and bool((pack.depth_scale > 0).all())
    return scale_fits and pack.depth_scale.shape == pack.exact.shape and pack.exact.ndim == 1


def _resize(coded: np.ndarray, size: tuple[int, int], exact: bool) -> np.ndarray:
    """PNG values at (width, height): never mixed across edges where exact, nor with UNKNOWN."""
    if exact or (coded == UNKNOWN).any():
        return np.asarray(cv2.resize(coded, size, interpolation=cv2.INTER_NEAREST))
    shrinks = size[0] < coded.shape[1]
    return np.asarray(
        cv2.resize(coded, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    )


def _file(data: np.ndarray, end: np.ndarray, index: int) -> np.ndarray:
    start = end[index - 1] if index else 0
    return data[start : end[index]]


def _end_to_end(files: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The bytes of all files in a row, and where each one ends."""
    data = np.concatenate(files) if files else np.zeros(0, np.uint8)
    return data, np.cumsum([len(file) for file in files], dtype=np.int64)
