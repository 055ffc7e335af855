"""PicturesTask: telling pictures apart, the task that most searches in papers are about."""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor, nn
from torch.nn import functional

from stereopsis.errors import DataError
from stereopsis.nets.blocks import ConvNorm, pointwise
from stereopsis.nets.trunk import Trunk
from stereopsis.scene.input_file import check_input
from stereopsis.search.task import Split
from stereopsis.search.trunk_space import TrunkSpace, parse_space

SMALL_SPACE = parse_space("""
    conv_k3_s1_c8:16:4_hs
    ir_k3,5_s1_e1:3:0.5_c8:16:4_re,hs
    ir_k3,5_s2_e2:6:0.5_c16:32:4_n1:3_se?_re,hs
    ir_k3,5_s2_e2:6:0.5_c24:64:8_n1:4_se?_re,hs
    ir_k3,5_s2_e2:6:0.5_c48:128:8_n1:3_se?_re,hs
""")
ARCHITECTURE_SHARE = 0.2  # of the training pictures, as in the paper
JUDGED = 500  # pictures at a time
ARRAYS = ("train_x", "train_y", "test_x", "test_y")
UNREADABLE = (  # what a damaged or another file raises
    OSError, ValueError, KeyError, TypeError, EOFError, MemoryError, RuntimeError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
PADDING = 4  # px around a picture, of which a part of its size is cut at random


@dataclass(frozen=True)
class Pictures:
    """n sRGB pictures of one size with the number of their class.

    `mirror` says whether a mirrored picture is of the same class, as one of a letter may not be.
    """

    images: UInt8[Tensor, "n h w 3"]
    labels: Int64[Tensor, " n"]
    mirror: bool = True


class Classifier(nn.Module):
    """Scores (n, classes) of sRGB pictures (n, h, w, 3), 0..255, from a trunk's last features."""

    def __init__(self, trunk: Trunk, classes: int, width: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.mix = ConvNorm(pointwise(trunk.channels[-1], width), "hswish")
        self.classify = nn.Linear(width, classes)

    def forward(self, image: Tensor) -> Tensor:
        """Scores (n, classes) of pictures (n, h, w, 3)."""
        x = (image.float() / 127.5 - 1).permute(0, 3, 1, 2)
        scores: Tensor = self.classify(self.mix(self.trunk(x)[-1]).mean((2, 3)))
        return scores


@dataclass(frozen=True)
class PicturesConfig:
    """Pictures of a step, channels before the classes, and what is drawn by which seed.

    `seed` decides batches and `split_seed` which pictures the architecture is chosen by.
    """

    batch: int = 128
    width: int = 256
    seed: int = 0
    split_seed: int = 0


class PicturesTask:
    """A search for a small classifier of these pictures; `held_out` ones judge it."""

    def __init__(
        self,
        train: Pictures,
        held_out: Pictures,
        space: TrunkSpace = SMALL_SPACE,
        config: PicturesConfig = PicturesConfig(),
    ) -> None:
        self.name, self.space = "pictures", space
        self.train, self.held_out, self.config = train, held_out, config
        self.classes = int(train.labels.max()) + 1
        order = np.random.default_rng(config.split_seed).permutation(len(train.labels))
        cut = max(1, int(ARCHITECTURE_SHARE * len(order)))
        self.splits: dict[Split, np.ndarray] = {
            "architecture": order[:cut], "weights": order[cut:], "both": order,
        }  # fmt: skip

    def build(self, trunk: Trunk) -> nn.Module:
        """A classifier on this trunk."""
        return Classifier(trunk, self.classes, self.config.width)

    def example(self) -> tuple[Tensor, ...]:
        """One picture."""
        return (self.held_out.images[:1],)

    def loss(self, network: nn.Module, split: Split, step: int) -> Tensor:
        """The cross-entropy of a batch of shifted and, if they may be, mirrored pictures."""
        rng = np.random.default_rng((self.config.seed, step))
        indices = torch.from_numpy(rng.choice(self.splits[split], self.config.batch))
        images = shift(self.train.images[indices], rng)
        if self.train.mirror:
            images = mirror_half(images, rng)
        device = next(network.parameters()).device
        scores = network(images.to(device))
        return functional.cross_entropy(scores, self.train.labels[indices].to(device))

    @torch.inference_mode()
    def score(self, network: nn.Module) -> float:
        """The share of held-out pictures that are told right."""
        network.eval()
        right = 0
        for start in range(0, len(self.held_out.labels), JUDGED):
            part = slice(start, start + JUDGED)
            told = network(self.held_out.images[part]).argmax(1)
            right += int((told == self.held_out.labels[part]).sum())
        return right / len(self.held_out.labels)


def shift(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Pictures (n, h, w, c) moved by up to PADDING px over grey."""
    count, height, width, _ = images.shape
    padded = functional.pad(images, (0, 0, *(PADDING,) * 4), value=128)
    places = rng.integers(0, 2 * PADDING + 1, (count, 2))
    rows = torch.from_numpy(places[:, :1] + np.arange(height))
    columns = torch.from_numpy(places[:, 1:] + np.arange(width))
    return padded[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


def mirror_half(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Pictures (n, h, w, c), half of them mirrored."""
    is_mirrored = torch.from_numpy(rng.random(len(images)) < 0.5)[:, None, None, None]
    return torch.where(is_mirrored, images.flip(2), images)


def read_pictures(path: Path) -> tuple[Pictures, Pictures]:
    """Training and held-out pictures in an .npz file: train_x, train_y, test_x and test_y.

    A `mirror` that is false says that training must not mirror them.

    Raises:
        DataError: there is no such file, it cannot be read, or it holds something else.
    """
    check_input(path, DataError)
    try:
        if not zipfile.is_zipfile(path):
            raise ValueError("it is no .npz file, or a damaged one")
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in ARRAYS}  # may hold mere bytes
            mirror = _truth(np.asarray(file["mirror"])) if "mirror" in file else True
        train, held_out = (_pictures(arrays, part) for part in ("train", "test"))
        if not 0 < held_out.labels.max() <= train.labels.max() < len(train.labels):
            raise ValueError("train_y and test_y are not of the same classes, two or more")
        if held_out.images.shape[1:] != train.images.shape[1:]:
            raise ValueError("train_x and test_x are not of one size")
    except UNREADABLE as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise DataError(
            f"{path} holds no pictures to learn from ({lines[0].rstrip('.')}).",
            "Give an .npz file with train_x and test_x, uint8 (n, h, w, 3) of one size, and "
            "train_y and test_y, the number of each picture's class, from 0.",
        ) from error
    return replace(train, mirror=mirror), held_out


def _truth(array: np.ndarray) -> bool:
    """The one truth value in an array; a ValueError says that it holds something else."""
    if array.dtype != np.bool_ or array.size != 1:
        raise ValueError(f"mirror is {array.dtype} {array.shape}, neither true nor false")
    return bool(array.item())


def _pictures(arrays: Mapping[str, np.ndarray], part: str) -> Pictures:
    """Pictures and labels of these arrays; a ValueError says what is wrong with them."""
    images, labels = arrays[f"{part}_x"], arrays[f"{part}_y"]
    if images.dtype != np.uint8 or images.shape[3:] != (3,):
        raise ValueError(f"{part}_x is {images.dtype} {images.shape}, not uint8 (n, h, w, 3)")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"{part}_y is {labels.dtype}, not whole numbers")
    if images.size == 0:
        raise ValueError(f"{part}_x is empty: {images.shape}")
    if not labels.size == len(images) > 1:
        raise ValueError(f"{part}_y has {labels.size} labels for {len(images)} pictures")
    if labels.min() < 0:
        raise ValueError(f"{part}_y has a class {labels.min()}")
    return Pictures(torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64).ravel()))
