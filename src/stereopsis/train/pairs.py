"""Pairs: batches of rectified stereo pairs with exact disparity and a classical guess of it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8
from torch import Tensor

from stereopsis.depth.fill import fill_from_behind
from stereopsis.depth.semiglobal import match_semiglobally
from stereopsis.errors import DataError
from stereopsis.scene.arrays import ColorImage
from stereopsis.train.faults import Misalignment, photograph_pair
from stereopsis.train.pack import Frame, Pack
from stereopsis.train.worlds.cards import ExactPair, deal

NO_GUESS, HALF_GUESS = 0.05, 0.1  # shares of pairs whose guess is missing, or made at half size
MARGIN_PX = 16  # by which the search may go beyond the disparities that there are
ZOOM = (0.75, 1.9)  # of rendered frames
LITTLE_PX, KEPT = 20, 0.35  # pairs with nothing nearer are kept so often: they teach little
FAULTY = 0.65  # share of pairs that have any of the faults

Size = tuple[int, int]


@dataclass(frozen=True)
class PairBatch:
    """n pairs with the disparity (px) of the left eye, exact where `valid`.

    `guess` was matched where `sure` is 1 and filled in elsewhere.
    """

    left: UInt8[Tensor, "n h w 3"]
    right: UInt8[Tensor, "n h w 3"]
    guess: Float32[Tensor, "n h w"]
    sure: Float32[Tensor, "n h w"]
    disparity: Float32[Tensor, "n h w"]
    valid: Bool[Tensor, "n h w"]

    def to(self, device: str) -> "PairBatch":
        """The batch on another device."""
        moved = {each.name: getattr(self, each.name).to(device) for each in fields(self)}
        return PairBatch(**moved)


@dataclass(frozen=True)
class PairSource:
    """Rendered packs with a second eye, and photos to make cards of; `cards` is their share."""

    packs: Sequence[Pack]
    photos: Sequence[ColorImage]
    cards: float

    def draw(self, size: Size, rng: np.random.Generator) -> ExactPair:
        """Any pair of this (height, width).

        Raises:
            DataError: a frame is damaged, or has no second eye.
        """
        if not self.packs or rng.random() < self.cards:
            return deal(self.photos, size, rng)
        frames = np.array([len(pack) for pack in self.packs])
        while True:
            pack = self.packs[int(rng.choice(len(frames), p=frames / frames.sum()))]
            pair = cut_pair(_as_pair(pack.draw(rng)), size, rng)
            nearest = float(np.quantile(pair.left_disparity[::4, ::4], 0.98))
            if nearest > LITTLE_PX or rng.random() < KEPT:
                return pair


def draw_pairs(
    source: PairSource, size: Size, count: int, rng: np.random.Generator, limits: tuple[int, int]
) -> PairBatch:
    """`count` pairs of this (height, width) with faults; `limits` bound what is looked for (px)."""
    rows = [_draw_pair(source, size, rng, limits) for _ in range(count)]
    return PairBatch(*(torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True)))


def cut_pair(pair: ExactPair, size: Size, rng: np.random.Generator) -> ExactPair:
    """A part of the pair, zoomed to (height, width), at times turned upside down or mirrored.

    In the mirror the eyes change places.
    """
    if rng.random() < 0.5:
        pair = ExactPair(
            pair.right[:, ::-1],
            pair.left[:, ::-1],
            pair.right_disparity[:, ::-1],
            pair.left_disparity[:, ::-1],
        )
    if rng.random() < 0.1:
        pair = ExactPair(
            pair.left[::-1], pair.right[::-1], pair.left_disparity[::-1], pair.right_disparity[::-1]
        )
    height, width = pair.left.shape[:2]
    least = max(size[0] / height, size[1] / width)
    zoom = max(least, float(np.exp(rng.uniform(*np.log(ZOOM)))))
    left = rng.uniform(0, width * zoom - size[1])
    top = rng.uniform(0, height * zoom - size[0])
    T_part_from_whole = np.array(
        [[zoom, 0, zoom / 2 - 0.5 - left], [0, zoom, zoom / 2 - 0.5 - top]]
    )

    def cut(array: np.ndarray, method: int) -> np.ndarray:
        array = np.ascontiguousarray(array)
        mode = cv2.BORDER_REPLICATE
        return cv2.warpAffine(array, T_part_from_whole, size[::-1], flags=method, borderMode=mode)

    return ExactPair(
        np.asarray(cut(pair.left, cv2.INTER_CUBIC), np.uint8),
        np.asarray(cut(pair.right, cv2.INTER_CUBIC), np.uint8),
        np.asarray(cut(pair.left_disparity, cv2.INTER_NEAREST) * zoom, np.float32),
        np.asarray(cut(pair.right_disparity, cv2.INTER_NEAREST) * zoom, np.float32),
    )


def _draw_pair(
    source: PairSource, size: Size, rng: np.random.Generator, limits: tuple[int, int]
) -> tuple[np.ndarray, ...]:
    """The arrays of a PairBatch for one pair."""
    pair = source.draw(size, rng)
    left, right, disparity = pair.left, pair.right, pair.left_disparity
    if rng.random() < FAULTY:
        off = Misalignment.sampled(rng)
        right = _warp(right, off.matrix(size[1], size[0]))
        rows = np.arange(size[0], dtype=np.float32)[:, None]
        disparity = disparity + np.float32(off.dx) + np.float32(off.roll) * (rows - size[0] / 2)
        left, right = photograph_pair(left, right, 1.0, rng)
    disparity = np.ascontiguousarray(disparity, np.float32)
    valid = (disparity >= limits[0]) & (disparity <= limits[1])
    guess, sure = guess_like_user(left, right, disparity[valid], rng, limits)
    filled = fill_from_behind(guess, sure)
    return left, right, filled, sure.astype(np.float32), disparity, valid


def guess_like_user(
    left: ColorImage,
    right: ColorImage,
    disparities: np.ndarray,
    rng: np.random.Generator,
    limits: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """A classical guess over a range that holds the disparities and somewhat more, or none."""
    draw = rng.random()
    if draw < NO_GUESS or not disparities.size:
        return np.zeros(left.shape[:2], np.float32), np.zeros(left.shape[:2], np.bool_)
    low = max(limits[0], int(np.floor(disparities.min() - rng.uniform(1, MARGIN_PX))))
    high = min(limits[1], int(np.ceil(disparities.max() + rng.uniform(1, 3 * MARGIN_PX))))
    if draw > NO_GUESS + HALF_GUESS:
        return match_semiglobally(left, right, low, max(high, low + 1))
    return guess_at_half(left, right, low, max(high, low + 1))


def guess_at_half(
    left: ColorImage, right: ColorImage, low: int, high: int
) -> tuple[np.ndarray, np.ndarray]:
    """match_semiglobally() on the pictures at half size, for a seventh of the time."""
    size = (left.shape[1], left.shape[0])
    half = (size[0] // 2, size[1] // 2)
    small = [cv2.resize(image, half, interpolation=cv2.INTER_AREA) for image in (left, right)]
    guess, sure = match_semiglobally(small[0], small[1], low // 2, -(-high // 2))
    large = cv2.resize(guess * 2, size, interpolation=cv2.INTER_NEAREST)
    known = cv2.resize(sure.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    return np.asarray(large, np.float32), known.astype(np.bool_)


def _as_pair(frame: Frame) -> ExactPair:
    planes = frame.planes
    if "right_inverse_depth" not in planes or not frame.exact:
        raise DataError(
            "A pack holds frames without a second eye.",
            "Make it with stereopsis.train.worlds --second-eye.",
        )
    px = float(planes["focal_px"].item()) * float(planes["baseline_m"].item())
    right = planes["right_image"], np.asarray(planes["right_inverse_depth"] * px, np.float32)
    left_disparity = np.asarray(frame.inverse_depth * px, np.float32)
    return ExactPair(frame.image, right[0], left_disparity, right[1])


def _warp(image: ColorImage, T_new_from_old: np.ndarray) -> ColorImage:
    warped = cv2.warpAffine(
        image,
        T_new_from_old,
        (image.shape[1], image.shape[0]),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(warped, np.uint8)
