"""Painted textures: plain materials, and the outlines of leaves and fences."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from stereopsis.scene.arrays import ColorImage
from stereopsis.train.worlds.texture import SIDE

Outline = UInt8[np.ndarray, "s s"]  # 255 where the thing is


def material(rng: np.random.Generator, palette: UInt8[np.ndarray, "n 3"]) -> ColorImage:
    """A plain material: paint, plaster, planks, tiles or cloth in one or two of these colours."""
    base, other = palette[rng.integers(0, len(palette), 2)].astype(np.float64)
    other = base + (other - base) * rng.uniform(0.1, 1.0)
    share = [_flat, _plaster, _planks, _tiles, _stripes][rng.integers(5)](rng)
    grain = 1 + rng.uniform(0.0, 0.05) * rng.normal(size=(SIDE, SIDE, 1))
    color = (base + (other - base) * share[..., None]) * grain
    return np.asarray(np.clip(color, 0, 255), np.uint8)


def tileable(rng: np.random.Generator, photo: ColorImage) -> ColorImage:
    """A square cut from the photo and mirrored both ways, so that it repeats without seams."""
    side = int(rng.uniform(0.25, 0.9) * min(photo.shape[:2]))
    top, left = (int(rng.integers(0, extent - side + 1)) for extent in photo.shape[:2])
    half = cv2.resize(photo[top : top + side, left : left + side], (SIDE // 2, SIDE // 2))
    wide = np.concatenate([half, half[:, ::-1]], 1)
    return np.concatenate([wide, wide[::-1]], 0)


def foliage(rng: np.random.Generator) -> tuple[ColorImage, Outline]:
    """A crown of leaves: colour, and an outline with many holes."""
    blobs = smooth_noise(rng, 4, 3) + 1.2 * smooth_noise(rng, 24, 2)
    row, column = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    crown = 1.3 - 1.6 * np.hypot(row, column) ** 2
    outline = np.where(blobs * 0.6 + crown > 0.25, 255, 0).astype(np.uint8)
    green = np.array([rng.uniform(30, 130), rng.uniform(70, 150), rng.uniform(15, 70)])
    color = green * np.clip(
        1 + 0.4 * smooth_noise(rng, 40, 2)[..., None] - 0.3 * row[..., None], 0, 2
    )
    return np.clip(color, 0, 255).astype(np.uint8), outline


def fence_outline(rng: np.random.Generator) -> Outline:
    """Bars with gaps between them, held by two rails; repeats sideways."""
    outline = np.zeros((SIDE, SIDE), np.uint8)
    bars, width = int(rng.choice([4, 6, 8, 12])), rng.uniform(0.15, 0.6)
    step = SIDE / bars
    for bar in range(bars):
        outline[int(rng.uniform(0, 12)) :, int(bar * step) : int((bar + width) * step) + 1] = 255
    outline[40:58], outline[190:208] = 255, 255
    return outline


def smooth_noise(rng: np.random.Generator, cells: int, octaves: int) -> Float[np.ndarray, "s s"]:
    """Noise with `cells` bumps along each side and finer ones, mean 0, standard deviation 1."""
    noise = np.zeros((SIDE, SIDE))
    for octave in range(octaves):
        coarse = rng.normal(size=(cells << octave, cells << octave))
        noise += cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) / 2**octave
    return np.asarray((noise - noise.mean()) / noise.std())


def _flat(rng: np.random.Generator) -> Float[np.ndarray, "s s"]:
    return np.zeros((SIDE, SIDE)) + 0.1 * smooth_noise(rng, 3, 2)


def _plaster(rng: np.random.Generator) -> Float[np.ndarray, "s s"]:
    return 0.5 + rng.uniform(0.1, 0.5) * smooth_noise(rng, int(rng.integers(3, 20)), 4)


def _planks(rng: np.random.Generator) -> Float[np.ndarray, "s s"]:
    grain = smooth_noise(rng, 4, 5)
    stretched = cv2.resize(grain[: SIDE // 8], (SIDE, SIDE), interpolation=cv2.INTER_LINEAR).T
    planks = int(rng.choice([2, 4, 8]))
    tone = rng.normal(0, 0.15, planks).repeat(SIDE // planks)
    gap = (np.arange(SIDE) % (SIDE // planks)) < 2
    return np.asarray(0.5 + 0.25 * stretched + tone[:, None] - 0.8 * gap[:, None])


def _tiles(rng: np.random.Generator) -> Float[np.ndarray, "s s"]:
    count = int(rng.choice([2, 4, 8]))
    tone = rng.normal(0, 0.12, (count, count))
    if rng.random() < 0.4:
        tone += np.indices((count, count)).sum(0) % 2
    side = SIDE // count
    joint = (np.arange(SIDE) % side) < max(2, side // 20)
    tiles = tone.repeat(side, 0).repeat(side, 1)
    return np.where(joint[:, None] | joint[None], 1.0, tiles + 0.06 * smooth_noise(rng, 12, 3))


def _stripes(rng: np.random.Generator) -> Float[np.ndarray, "s s"]:
    count = int(rng.choice([2, 4, 8, 16]))
    wave = (np.arange(SIDE) * count // SIDE) % 2
    return np.asarray(wave[:, None] + 0.08 * smooth_noise(rng, 60, 2))
