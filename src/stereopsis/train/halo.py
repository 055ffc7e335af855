"""How wide the wrong depth is that lies across silhouettes: the halo of a 3D photo."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float

from stereopsis.scene.arrays import InverseDepth, Mask

SILHOUETTE = 1.15  # ratio of inverse depths between neighbours that is a silhouette
STEADY = 1.03  # ratio between neighbours from which a profile along a row ends
REACH = 12  # px; how far a profile goes to either side
SHORTEST = 4  # px; of surface on each side, without which a silhouette cannot be judged
SEEN = 0.25  # share of the true jump that the guess has to make to have seen the silhouette
OFF = 0.25  # share of its own jump by which a pixel is off its surface's depth

Profiles = Float[np.ndarray, "n reach"]


@dataclass(frozen=True)
class Halo:
    """Pixels that lie off their own surface's depth across a silhouette, over those seen.

    NaN where no silhouette was seen.
    """

    halo_px: float  # median
    halo_px_90: float  # 90th percentile
    silhouettes_seen: float  # percentage of the true ones that the guess shows at all


def measure_halo(guess: Float[np.ndarray, "_ _"], truth: InverseDepth, valid: Mask) -> Halo | None:
    """The halo of a guess against measured inverse depth, in pixels of the truth.

    The guess needs the truth's scale and shift, not its size. Profiles run from each true
    silhouette along its row, or column, up to REACH pixels into both surfaces. What the guess has
    at their ends is its own near and far depth: a pixel of the near side below near - OFF x jump,
    or of the far side above far + OFF x jump, is halo. None if there is no silhouette to judge.
    """
    if guess.shape != truth.shape:
        size = (truth.shape[1], truth.shape[0])
        guess = np.asarray(cv2.resize(guess, size, interpolation=cv2.INTER_LINEAR))
    widths, jumps = [], []
    for turned in (False, True):
        maps = [x.T if turned else x for x in (guess, truth, valid)]
        for flipped in (False, True):
            width, jump = _across(*(x[:, ::-1] if flipped else x for x in maps))
            widths.append(width)
            jumps.append(jump)
    width, jump = np.concatenate(widths), np.concatenate(jumps)
    if len(width) == 0:
        return None
    seen = jump > SEEN
    if not seen.any():
        return Halo(float("nan"), float("nan"), 0.0)
    middle, high = np.percentile(width[seen], [50, 90])
    return Halo(float(middle), float(high), float(100 * seen.mean()))


def _across(
    guess: np.ndarray, truth: np.ndarray, valid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Halo (px) and jump (share of the true one) at each silhouette whose left side is near."""
    known = valid[:, :-1] & valid[:, 1:]
    ratio = np.where(known, truth[:, :-1] / np.where(known, truth[:, 1:], 1), 1)
    rows, left = np.nonzero(ratio > SILHOUETTE)
    is_steady = known & (ratio < STEADY) & (ratio > 1 / STEADY)
    near, on_near = _profiles(guess, is_steady, rows, left, -1)
    far, on_far = _profiles(guess, is_steady, rows, left + 1, 1)
    judged = (on_near.sum(1) >= SHORTEST) & (on_far.sum(1) >= SHORTEST)
    rows, left, near, far = rows[judged], left[judged], near[judged], far[judged]
    on_near, on_far = on_near[judged], on_far[judged]
    picked = np.arange(len(rows))
    near_level = near[picked, on_near.sum(1) - 1]
    far_level = far[picked, on_far.sum(1) - 1]
    jump = near_level - far_level
    off_near = on_near & (near < (near_level - OFF * jump)[:, None])
    off_far = on_far & (far > (far_level + OFF * jump)[:, None])
    true_jump = truth[rows, left] - truth[rows, left + 1]
    return off_near.sum(1) + off_far.sum(1), jump / true_jump


def _profiles(
    guess: np.ndarray, is_steady: np.ndarray, rows: np.ndarray, start: np.ndarray, step: int
) -> tuple[Profiles, Bool[np.ndarray, "n reach"]]:
    """The guess from each start along its row, and how far that is still the same surface."""
    columns = start[:, None] + step * np.arange(REACH)
    inside = (columns >= 0) & (columns < guess.shape[1])
    columns = np.clip(columns, 0, guess.shape[1] - 1)
    link = np.clip(columns[:, 1:] - (step > 0), 0, is_steady.shape[1] - 1)
    linked = np.hstack([np.ones((len(rows), 1), np.bool_), is_steady[rows[:, None], link]])
    on_surface = np.logical_and.accumulate(linked & inside, axis=1)
    return guess[rows[:, None], columns], on_surface
