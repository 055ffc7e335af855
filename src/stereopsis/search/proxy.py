"""The proxy set: small rendered frames, each with the answers to every task of a search."""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float16, UInt8
from numpy.lib.npyio import NpzFile

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.count import Size
from stereopsis.outputs import whole_file
from stereopsis.train.losses import normalise_target
from stereopsis.train.pack import UNREADABLE, Frame
from stereopsis.train.worlds.semantic import Semantic

CLASSES = len(Semantic)
VISIBLE = 0.01  # share of the picture from which a class counts as present
SHARES = (0.6, 0.2)  # of the frames, for weights and for topologies; the others are held out
ARRAYS = ("image", "depth", "semantic")

Split = Literal["weights", "topology", "held_out"]
SPLITS: tuple[Split, ...] = ("weights", "topology", "held_out")


@dataclass(frozen=True)
class ProxySet:
    """n frames: pictures, their inverse depth as losses take it, and the class of every pixel.

    `depth` has median 0 and mean absolute deviation 1. Frames are in the order in which they were
    rendered and are split in that order, so that no world is in two splits but at their borders.
    """

    image: UInt8[np.ndarray, "n h w 3"]
    depth: Float16[np.ndarray, "n h w"]
    semantic: UInt8[np.ndarray, "n h w"]

    def __len__(self) -> int:
        return len(self.image)

    @property
    def size(self) -> Size:
        """(height, width) of the frames."""
        return self.image.shape[1], self.image.shape[2]

    @property
    def present(self) -> Bool[np.ndarray, "n classes"]:
        """Which classes take at least VISIBLE of each picture."""
        flat = self.semantic.reshape(len(self), -1)
        shares = [(flat == label).mean(1) for label in range(CLASSES)]
        return np.stack(shares, 1) >= VISIBLE

    @property
    def sha256(self) -> str:
        """Of all frames with their answers, in hexadecimal digits."""
        digest = hashlib.sha256()
        for name in ARRAYS:
            array = np.ascontiguousarray(getattr(self, name))
            digest.update(repr(array.shape).encode() + array.tobytes())
        return digest.hexdigest()

    def part(self, split: Split) -> "ProxySet":
        """The frames of one split."""
        ends = [*np.rint(np.cumsum((0, *SHARES)) * len(self)).astype(int).tolist(), len(self)]
        place = SPLITS.index(split)
        return self.only(slice(ends[place], ends[place + 1]))

    def only(self, frames: slice | Sequence[int] | np.ndarray) -> "ProxySet":
        """These frames."""
        return ProxySet(self.image[frames], self.depth[frames], self.semantic[frames])


def build_proxy(frames: Iterable[Frame], size: Size) -> ProxySet:
    """The frames, cut to the aspect of this (height, width) about their middle and made small.

    Raises:
        DataError: a frame has no classes or no exact depth, or there are fewer than five frames.
    """
    small = [_shrink(frame, size) for frame in frames]
    if len(small) < 5:
        raise DataError(
            f"{len(small)} frames are too few to be split in three.", "Render more worlds."
        )
    image, depth, semantic = (np.stack(arrays) for arrays in zip(*small, strict=True))
    return ProxySet(image, depth, semantic)


def write_proxy(proxy: ProxySet, path: Path) -> None:
    """Writes the set as an .npz file, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **{name: getattr(proxy, name) for name in ARRAYS})


def read_proxy(path: Path) -> ProxySet:
    """The set in this file.

    Raises:
        DataError: it is no proxy set, or is damaged.
    """
    try:
        with NpzFile(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            image, depth, semantic = (np.asarray(archive[name]) for name in ARRAYS)
    except UNREADABLE as error:
        raise _not_a_proxy(path) from error
    fits = image.ndim == 4 and image.shape[3] == 3 and len(image) >= 5
    if not fits or not depth.shape == semantic.shape == image.shape[:3]:
        raise _not_a_proxy(path)
    if image.dtype != np.uint8 or depth.dtype != np.float16 or semantic.dtype != np.uint8:
        raise _not_a_proxy(path)
    if semantic.max() >= CLASSES or not np.isfinite(depth).all():
        raise _not_a_proxy(path)
    return ProxySet(image, depth, semantic)


def draw_frames(proxy: ProxySet, count: int, rng: np.random.Generator) -> ProxySet:
    """So many frames at random, mirrored at random.

    Raises:
        OptionError: the set is empty.
    """
    if not len(proxy):
        raise OptionError("There are no frames to draw from.", "Make the proxy set larger.")
    drawn = proxy.only(rng.integers(len(proxy), size=count))
    is_mirrored = rng.random(count) < 0.5
    return ProxySet(*(_mirror(getattr(drawn, name), is_mirrored) for name in ARRAYS))


def _mirror(array: np.ndarray, is_mirrored: np.ndarray) -> np.ndarray:
    array = array.copy()
    array[is_mirrored] = array[is_mirrored, :, ::-1]
    return array


def _shrink(frame: Frame, size: Size) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if "semantic" not in frame.planes:
        raise DataError(
            "The pack does not say to which class a pixel belongs.",
            "Make it again with stereopsis.train.worlds --semantic.",
        )
    if not (frame.exact and frame.valid.all()):
        raise DataError(
            "The pack holds depth that was guessed or is not known everywhere.",
            "Make one with stereopsis.train.worlds --semantic.",
        )
    cut = _middle(frame.image.shape[:2], size)
    image = cv2.resize(frame.image[cut], size[::-1], interpolation=cv2.INTER_AREA)
    maps = (frame.inverse_depth[cut], frame.planes["semantic"][cut])
    depth, semantic = (_pick_middles(m, size) for m in maps)
    known = torch.ones(1, *size, dtype=torch.bool)
    target = normalise_target(torch.from_numpy(np.ascontiguousarray(depth))[None], known)
    return image, target[0].numpy().astype(np.float16), semantic


def _pick_middles(plane: np.ndarray, size: Size) -> np.ndarray:
    """The pixel in the middle of each block, where INTER_NEAREST alone picks the block's first."""
    picked: np.ndarray = cv2.resize(plane, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return picked


def _middle(shape: tuple[int, ...], size: Size) -> tuple[slice, slice]:
    """The largest window of the size's aspect in the middle of a picture."""
    zoom = min(shape[0] / size[0], shape[1] / size[1])
    sides = [min(full, round(side * zoom)) for full, side in zip(shape, size, strict=True)]
    starts = [(full - side) // 2 for full, side in zip(shape, sides, strict=True)]
    rows, columns = (slice(start, start + side) for start, side in zip(starts, sides, strict=True))
    return rows, columns


def _not_a_proxy(path: Path) -> DataError:
    return DataError(
        f"{path.name} is not a proxy set.", "Make one with stereopsis.search.make_proxy."
    )
