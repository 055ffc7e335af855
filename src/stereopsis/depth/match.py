"""Sparse matches between two eyes' pictures, precise to a few hundredths of a pixel."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Int, UInt8

from stereopsis.depth.align import Alignment, Gray, align
from stereopsis.depth.semiglobal import match_semiglobally
from stereopsis.depth.track import HALF, track
from stereopsis.scene.arrays import ColorImage, Pixels

OtherImage = UInt8[np.ndarray, "other_h other_w 3"]
SmallGray = UInt8[np.ndarray, "small_h small_w"]

GUIDE_SIDE = 400  # px of the long side at which disparities are first guessed
EDGE_NOISE = 0.5  # squared gray levels per pixel along a row that tell nothing of it


@dataclass(frozen=True)
class MatchConfig:
    """How many matches are looked for and which are kept."""

    long_side: int = 960  # px; larger pictures are matched at this size
    patches: int = 550  # at most, one per cell of a grid
    least_contrast: float = 0.3  # squared gray levels per pixel of vertical slope
    least_likeness: float = 0.8  # normalised correlation of two patches


@dataclass(frozen=True)
class Matches:
    """The same places in the left and in the right picture, spread over what both show.

    `confidence` is the normalised correlation of the patches, 0 to 1; `sigma_px` the vertical
    error to expect. `agreement` is the share of coarse matches, found without any guidance, that
    fit the rest; `density` the share of the left picture with disparities that hold both ways.
    """

    left: Pixels
    right: Pixels
    confidence: Float32[np.ndarray, " n"]
    sigma_px: Float32[np.ndarray, " n"]
    agreement: float = 0.0
    density: float = 0.0

    def __len__(self) -> int:
        return len(self.left)

    def picked(self, which: np.ndarray) -> "Matches":
        """Some of the matches, by a mask or by indices."""
        return replace(
            self,
            left=self.left[which],
            right=self.right[which],
            confidence=self.confidence[which],
            sigma_px=self.sigma_px[which],
        )


_NO_PIXELS, _NO_NUMBERS = np.zeros((0, 2), np.float32), np.zeros(0, np.float32)
NO_MATCHES = Matches(_NO_PIXELS, _NO_PIXELS, _NO_NUMBERS, _NO_NUMBERS)


def find_matches(
    left: ColorImage, right: OtherImage, config: MatchConfig = MatchConfig()
) -> Matches:
    """Matches of two pictures whose eyes may be turned by degrees; none if they share nothing.

    Coarse matches align the rows; a block matcher at reduced size guesses disparities, which a
    left-right check prunes; patches with the best vertical contrast are then matched to
    hundredths of a pixel. Pictures of two sizes are taken to show the same field.
    """
    height, width = left.shape[:2]
    scale = min(1.0, config.long_side / max(height, width))
    size = (round(width * scale), round(height * scale))
    if min(size) < 4 * HALF:
        return NO_MATCHES
    ours, theirs = _gray(left, size), _gray(right, size)
    alignment = align(ours, theirs)
    if alignment is None:
        return NO_MATCHES
    disparity, known = guess_disparity(left, right, alignment)
    corners = pick_corners(ours, known, config)
    if len(corners) == 0:
        return replace(NO_MATCHES, agreement=alignment.agreement, density=float(known.mean()))
    guesses = disparity[corners[:, 1], corners[:, 0]]
    tracks = track(ours, theirs, alignment, corners, guesses)
    inside = ((tracks.right > HALF) & (tracks.right < np.array(size) - HALF)).all(1)
    kept = inside & tracks.settled & (tracks.likeness > config.least_likeness)
    return Matches(
        ((corners[kept] + 0.5) * (width / size[0], height / size[1])).astype(np.float32),
        (tracks.right[kept] * np.divide(right.shape[1::-1], size)).astype(np.float32),
        np.minimum(tracks.likeness[kept], 1),
        (tracks.sigma_px[kept] * (height / size[1])).astype(np.float32),
        alignment.agreement,
        float(known.mean()),
    )


def guess_disparity(
    left: ColorImage, right: OtherImage, alignment: Alignment
) -> tuple[Float32[np.ndarray, "rows columns"], Bool[np.ndarray, "rows columns"]]:
    """Disparities of the left picture against the turned right one, and where they are sure.

    Both maps have the size of the pictures that were aligned.
    """
    full = (alignment.width, alignment.height)
    zoom = min(0.5, GUIDE_SIDE / max(full))
    size = (max(8, round(full[0] * zoom)), max(8, round(full[1] * zoom)))
    zoom = size[0] / full[0]
    x, y = np.meshgrid(*((np.arange(n, dtype=np.float32) + 0.5) / zoom for n in size))
    across, down = ((place * zoom - 0.5).astype(np.float32) for place in alignment.raw(x, y))
    ours, theirs = (cv2.resize(eye, size, interpolation=cv2.INTER_AREA) for eye in (left, right))
    theirs = cv2.remap(theirs, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    low, high = (zoom * limit for limit in alignment.disparity_px)
    disparity, sure = match_semiglobally(ours, theirs, math.floor(low), math.ceil(high) + 1)
    large = (
        cv2.resize(part, full, interpolation=cv2.INTER_NEAREST)
        for part in (disparity / np.float32(zoom), sure.astype(np.uint8))
    )
    return np.asarray(next(large)), np.asarray(next(large)) > 0


def pick_corners(gray: Gray, known: np.ndarray, config: MatchConfig) -> Int[np.ndarray, "n 2"]:
    """The pixels (column, row) around which rows are told best, one in each cell of a grid.

    What counts is the information on the vertical position, whatever the horizontal one is.
    """
    height, width = gray.shape
    image = gray.astype(np.float32)
    along, down = (cv2.Scharr(image, cv2.CV_32F, *axis, scale=1 / 32) for axis in ((1, 0), (0, 1)))
    side = (2 * HALF + 1, 2 * HALF + 1)
    xx, xy, yy = (cv2.blur(p, side) for p in (along * along, along * down, down * down))
    score = np.where(known, yy - xy * xy / (xx + EDGE_NOISE), 0)
    margin = HALF + 1
    score[:margin] = score[-margin:] = score[:, :margin] = score[:, -margin:] = 0
    cell = max(2, int(np.ceil(np.sqrt(width * height / config.patches))))
    down_by, along_by = -height % cell, -width % cell
    cells = np.pad(score, ((0, down_by), (0, along_by)))
    columns = cells.shape[1] // cell
    cells = cells.reshape(-1, cell, columns, cell).transpose(0, 2, 1, 3).reshape(-1, cell * cell)
    best = cells.argmax(1)
    good = np.flatnonzero(cells.max(1) > config.least_contrast)
    row, column = good // columns * cell, good % columns * cell
    return np.stack([column + best[good] % cell, row + best[good] // cell], 1)


def _gray(image: ColorImage, size: tuple[int, int]) -> SmallGray:
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if gray.shape[::-1] == size:
        return np.asarray(gray)
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA))
