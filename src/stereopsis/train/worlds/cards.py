"""Cards: photo-textured surfaces held before two eyes, cheap enough to be made as they are used.

They look like nothing in the world, but their disparity is exact, their outlines sharp or frayed,
and no two pairs are alike: what it takes to learn how to match.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from stereopsis.scene.arrays import ColorImage

SIDE = 192  # texels of a card
MOST_PX = (8.0, 120.0)  # the nearest card's disparity, drawn evenly in its logarithm
CARDS = (3, 16)
STEPS = 4  # of the search for what the right eye sees on a curved card
OPAQUE = 0.5

Field = Float32[np.ndarray, "h w"]
Texture = UInt8[np.ndarray, "h w 4"]


@dataclass(frozen=True)
class ExactPair:
    """Two rectified pictures with the disparity (h, w) in px of each."""

    left: ColorImage
    right: ColorImage
    left_disparity: Field
    right_disparity: Field


@dataclass(frozen=True)
class _Card:
    """A texture, where its pixels lie in the left picture, and the disparity there.

    `disparity` holds c, gx, gy of c + gx x + gy y, and `bumps` what is added to it, if any.
    """

    texture: Texture
    T_left_from_texture: np.ndarray
    disparity: np.ndarray
    bumps: Field | None


def deal(
    photos: Sequence[ColorImage], size: tuple[int, int], rng: np.random.Generator
) -> ExactPair:
    """A pair of this (height, width) of cards with textures of these photos."""
    height, width = size
    nearest = float(np.exp(rng.uniform(*np.log(MOST_PX))))
    count = int(rng.integers(*CARDS))
    levels = np.sort(nearest * rng.beta(0.9, 1.6, count))
    cards = [_backdrop(photos, size, float(levels[0] * rng.uniform(0.2, 1)), rng)]
    cards += [_card(photos, size, float(level), rng) for level in levels]
    eyes = []
    for sees in (_left_view, _right_view):
        image = np.zeros((height, width, 3), np.float32)
        found = np.full((height, width), -np.inf, np.float32)
        for card in cards:
            seen, disparity = sees(card, size)
            cover = seen[..., 3] * np.float32(1 / 255)
            cover[disparity <= found] = 0
            image += cover[..., None] * (seen[..., :3] - image)
            found = np.where(cover > OPAQUE, disparity, found)
        eyes.append((np.rint(image).astype(np.uint8), found))
    return ExactPair(eyes[0][0], eyes[1][0], eyes[0][1], eyes[1][1])


def _left_view(card: _Card, size: tuple[int, int]) -> tuple[np.ndarray, Field]:
    """The card's colours and cover, and its disparity, at each pixel of the left picture."""
    return _paint(card.texture, card.T_left_from_texture, size), _disparity(card, size)


def _right_view(card: _Card, size: tuple[int, int]) -> tuple[np.ndarray, Field]:
    """The same at each pixel of the right picture."""
    c, gx, gy = card.disparity
    if card.bumps is None:
        T_right_from_left = np.array([[1 - gx, -gy, -c], [0, 1, 0]])
        T_left = np.vstack([card.T_left_from_texture, [0, 0, 1]])
        seen = _paint(card.texture, T_right_from_left @ T_left, size)
        y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
        at_x = (x + gy * y + c) / (1 - gx)
        return seen, np.asarray(at_x - x, np.float32)
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    whole = _disparity(card, size)
    at_x = x
    for _ in range(STEPS):  # finds x in the left picture with x - disparity(x) where we look
        at_x = x + cv2.remap(whole, at_x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    (a, b, tx), (d, e, ty) = cv2.invertAffineTransform(card.T_left_from_texture)
    u, v = a * at_x + b * y + tx, d * at_x + e * y + ty
    u, v = np.asarray(u, np.float32), np.asarray(v, np.float32)
    seen = cv2.remap(card.texture, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return seen.astype(np.float32), at_x - x


def _paint(texture: Texture, T_view_from_texture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.warpAffine(texture, T_view_from_texture, size[::-1], flags=cv2.INTER_LINEAR).astype(
        np.float32
    )


def _disparity(card: _Card, size: tuple[int, int]) -> Field:
    c, gx, gy = card.disparity
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    plane = np.asarray(c + gx * x + gy * y, np.float32)
    return plane if card.bumps is None else plane + card.bumps


def _backdrop(
    photos: Sequence[ColorImage], size: tuple[int, int], level: float, rng: np.random.Generator
) -> _Card:
    """A card behind all others that fills both pictures, often curved."""
    height, width = size
    texture = _texture(photos, rng)
    texture[..., 3] = 255
    reach = 3.0 * max(size) / SIDE
    T_left_from_texture = np.array(
        [[reach, 0, width / 2 - reach * SIDE / 2], [0, reach, height / 2 - reach * SIDE / 2]]
    )
    if rng.random() < 0.8:  # tiled, so that it is as sharp as the rest
        texture = np.tile(texture, (6, 6, 1))
        T_left_from_texture = T_left_from_texture @ np.diag([1 / 6, 1 / 6, 1])
    gy = rng.uniform(0, 0.25) if rng.random() < 0.3 else rng.normal(0, 0.02)
    gx = rng.normal(0, 0.05)
    plane = np.array([level - gx * width / 2 - gy * height / 2, gx, gy])
    bumps = _bumps(size, 0.1 * level + 2, rng) if rng.random() < 0.4 else None
    return _Card(texture, T_left_from_texture, plane, bumps)


def _card(
    photos: Sequence[ColorImage], size: tuple[int, int], level: float, rng: np.random.Generator
) -> _Card:
    """A card of any outline and slant somewhere in the picture."""
    height, width = size
    texture = _texture(photos, rng)
    texture[..., 3] = _outline(rng)
    scale = np.exp(rng.uniform(np.log(0.12), np.log(1.1))) * max(size) / SIDE
    stretch = np.exp(rng.normal(0, 0.3))
    angle = rng.normal(0, 0.5)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.diag([scale * stretch, scale / stretch])
    center = np.array([rng.uniform(-0.1, 1.2) * width, rng.uniform(0, 1) * height])
    T_left_from_texture = np.column_stack([matrix, center - matrix @ np.full(2, SIDE / 2)])
    gx, gy = rng.normal(0, 0.08, 2).clip(-0.3, 0.3) if rng.random() < 0.6 else (0.0, 0.0)
    plane = np.array([level - gx * center[0] - gy * center[1], gx, gy])
    bumps = _bumps(size, 0.06 * level + 1, rng) if rng.random() < 0.2 else None
    return _Card(texture, T_left_from_texture, plane, bumps)


def _texture(photos: Sequence[ColorImage], rng: np.random.Generator) -> Texture:
    """Part of a photo, or hardly any texture, or one that repeats."""
    photo = photos[int(rng.integers(len(photos)))]
    side = int(min(photo.shape[:2]) * rng.uniform(0.25, 1))
    top, left = (int(rng.integers(0, length - side + 1)) for length in photo.shape[:2])
    part = cv2.resize(photo[top : top + side, left : left + side], (SIDE, SIDE))
    kind = rng.random()
    if kind < 0.22:  # a painted wall
        faint = cv2.GaussianBlur(part, (0, 0), rng.uniform(8, 30)).astype(np.float32)
        grain = rng.standard_normal((SIDE, SIDE, 1), np.float32) * np.float32(rng.uniform(0, 2))
        part = np.clip(faint + grain, 0, 255).astype(np.uint8)
    elif kind < 0.32:
        times = int(rng.integers(3, 9))
        part = np.tile(cv2.resize(part, (SIDE // times + 1,) * 2), (times, times, 1))
        part = np.ascontiguousarray(part[:SIDE, :SIDE])
    texture = np.dstack([part, np.full((SIDE, SIDE), 255, np.uint8)])
    return np.ascontiguousarray(texture)


def _outline(rng: np.random.Generator) -> UInt8[np.ndarray, "side side"]:
    """Cover of a card: a board, a disk, a blob, bars, a grid or leaves."""
    kind = rng.choice(["board", "disk", "blob", "bars", "grid", "leaves"],
                      p=[0.3, 0.15, 0.25, 0.12, 0.06, 0.12])  # fmt: skip
    cover = np.zeros((SIDE, SIDE), np.uint8)
    if kind == "board":
        cover[8:-8, 8:-8] = 255
    elif kind == "disk":
        cv2.circle(cover, (SIDE // 2, SIDE // 2), SIDE // 2 - 6, 255, -1, cv2.LINE_AA)
    elif kind in ("bars", "grid"):
        count, thickness = int(rng.integers(1, 9)), int(rng.integers(2, 14))
        for at in np.linspace(12, SIDE - 12, count).astype(int):
            cv2.line(cover, (at, 6), (at, SIDE - 6), 255, thickness, cv2.LINE_AA)
            if kind == "grid":
                cv2.line(cover, (6, at), (SIDE - 6, at), 255, thickness, cv2.LINE_AA)
    else:
        grain = rng.uniform(3, 8) if kind == "leaves" else rng.uniform(14, 30)
        noise = cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE), np.float32), (0, 0), grain)
        y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].astype(np.float32)
        rim = 1 - np.hypot(x, y)
        cover = ((noise / noise.std() * 0.4 + 2 * rim > rng.uniform(0.6, 1.2)) * 255).astype(
            np.uint8
        )
        cover[:4], cover[-4:], cover[:, :4], cover[:, -4:] = 0, 0, 0, 0
    return cover


def _bumps(size: tuple[int, int], height_px: float, rng: np.random.Generator) -> Field:
    """A smooth random field, shallow enough for every right pixel to see one left pixel."""
    coarse = rng.standard_normal((5, 6), np.float32)
    field = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    steepest = float(np.abs(np.diff(field, axis=1)).max()) + 1e-6
    return np.asarray(field * min(height_px, 0.4 / steepest), np.float32)
