"""Pairs good and bad, made of development pairs, with how wrong stereo and mono are on each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from zlib import crc32

import cv2
import numpy as np

from stereopsis.depth.choose import judge
from stereopsis.depth.look import Look, look_with_both_eyes, read_off
from stereopsis.depth.mono import guess_depth
from stereopsis.depth.refine import refine
from stereopsis.depth.trust import looks_swapped, measures
from stereopsis.errors import DepthError
from stereopsis.runtime.network import Network
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.camera import Camera
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.photo import Photo
from stereopsis.scene.stereo import StereoPair
from stereopsis.studies.drift_data import USUAL_FOCAL, TruePair, drift
from stereopsis.train.metrics import align
from stereopsis.train.pair_truth import PairTruth

DRIFTS_DEG = (0.0, 0.25, 0.5, 1.0, 2.0)
USUAL_DRIFT_DEG = 0.5  # of pairs that are spoilt otherwise
NO_PAIR = ("swapped", "foreign")  # conditions under which stereo must never be used

Spoil = Callable[[ColorImage, np.random.Generator], ColorImage]


@dataclass(frozen=True)
class Trial:
    """One pair under one condition: errors are mean px of the truth, after scale and shift.

    `stereo_px` is None where a fault ruled stereo out before it was matched; `measured` is then
    empty. `trust` and `problem` are what the package makes of it.
    """

    scene: str
    name: str
    condition: str
    mono_px: float
    stereo_px: float | None
    measured: dict[str, float]
    swapped: bool
    trust: float
    problem: str | None

    @property
    def stereo_is_better(self) -> bool:
        """What an oracle would use."""
        return (
            self.condition not in NO_PAIR
            and self.stereo_px is not None
            and self.stereo_px < self.mono_px
        )


def blurred(image: ColorImage, rng: np.random.Generator) -> ColorImage:
    """Out of focus."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(2, 5)), np.uint8)


def noisy(image: ColorImage, rng: np.random.Generator) -> ColorImage:
    """Taken in the dark."""
    dark = image * rng.uniform(0.3, 0.8) + rng.normal(0, rng.uniform(15, 40), image.shape)
    return np.asarray(np.clip(dark, 0, 255), np.uint8)


def faded(image: ColorImage, rng: np.random.Generator) -> ColorImage:
    """Overexposed, with hardly any contrast."""
    return np.asarray(np.clip(255 - (255 - image) * rng.uniform(0.1, 0.4), 0, 255), np.uint8)


def covered(image: ColorImage, rng: np.random.Generator) -> ColorImage:
    """A finger before most of the lens."""
    result = image.copy()
    result[:, : int(image.shape[1] * rng.uniform(0.4, 0.8))] = rng.integers(40, 200, 3)
    return result


SPOILT: dict[str, Spoil] = {
    "blur": blurred,
    "noise": noisy,
    "faded": faded,
    "covered": covered,
}


def as_pair(truth: PairTruth) -> StereoPair:
    """The pair with the camera that is usual in the development data."""
    height, width = truth.valid.shape
    camera = Camera(width, height, USUAL_FOCAL * width, (width / 2, height / 2))
    return StereoPair(Photo(truth.left, camera), Photo(truth.right, camera))


def conditions(truth: PairTruth, other: PairTruth, seed: int) -> Iterator[tuple[str, StereoPair]]:
    """The pair drifted, spoilt, swapped and mixed with another scene's, by name of condition."""
    pair = as_pair(truth)
    rng = np.random.default_rng([seed, crc32(f"{truth.set}/{truth.name}".encode())])

    def drifted(sigma: float) -> StereoPair:
        nothing = np.zeros((0, 2))
        return drift(TruePair(truth.name, pair, nothing, nothing), sigma, rng).pair

    for sigma in DRIFTS_DEG:
        if sigma or seed == 0:
            yield f"drift {sigma:g}", drifted(sigma)
    for name, spoil in SPOILT.items():
        turned = drifted(USUAL_DRIFT_DEG)
        spoilt = spoil(turned.right.pixels, rng)
        yield name, replace(turned, right=replace(turned.right, pixels=spoilt))
    if seed == 0:
        yield "swapped", replace(pair, left=pair.right, right=pair.left)
    turned = drifted(USUAL_DRIFT_DEG)
    size = pair.left.camera.width, pair.left.camera.height
    foreign = np.asarray(cv2.resize(other.right, size, interpolation=cv2.INTER_AREA), np.uint8)
    yield "foreign", replace(turned, right=replace(turned.right, pixels=foreign))


def try_pair(
    truth: PairTruth, other: PairTruth, seed: int, network: Network | None
) -> Iterator[Trial]:
    """The trials of one pair; `other` shows another scene."""
    mono_px = error_px(guess_depth(as_pair(truth).left), truth)
    for condition, pair in conditions(truth, other, seed):
        look = look_with_both_eyes(pair, network)
        trusted, problem = judge(look)
        stereo_px, found, swapped = None, {}, False
        if look.dense is not None and look.rectification is not None:
            found = measures(look.rectification.verdict, look.dense)
            swapped = looks_swapped(look.dense)
            stereo_px = _stereo_error(look, truth)
        yield Trial(
            truth.scene,
            f"{truth.set}/{truth.name}",
            condition,
            mono_px,
            stereo_px,
            found,
            swapped,
            trusted,
            problem,
        )


def error_px(depth: DepthMap, truth: PairTruth) -> float:
    """The mean error in pixels of disparity, after the scale and shift that suit best.

    Of the refined map, as every 3D photo gets it: what is not known is filled.
    """
    found = refine(depth, truth.left).inverse_depth
    measured = np.where(truth.valid, truth.disparity, 1.0).astype(np.float64)
    aligned = align(found.astype(np.float64), measured, truth.valid)
    return float(np.abs(aligned - measured)[truth.valid].mean())


def _stereo_error(look: Look, truth: PairTruth) -> float | None:
    try:
        return error_px(read_off(look, "")[0], truth)
    except DepthError:
        return None
