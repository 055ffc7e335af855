"""Stereo if it can be trusted, else mono: depth of a pair's shown eye, with the reason."""

from contextlib import nullcontext
from dataclasses import dataclass, replace

import cv2
import numpy as np

from stereopsis.depth.evidence import Evidence
from stereopsis.depth.look import Look, Stages, look_with_both_eyes, read_off
from stereopsis.depth.mono import guess_depth
from stereopsis.depth.pair_fault import PairFault
from stereopsis.depth.trust import THRESHOLD, looks_swapped, trust
from stereopsis.errors import DepthError
from stereopsis.runtime.network import Network
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.photo import Photo
from stereopsis.scene.second_eye import SecondEye
from stereopsis.scene.stereo import Eye, StereoPair

FAULTS: dict[PairFault, str] = {
    "same picture twice": "both pictures are the same one, so nothing moved between them",
    "different scenes": "hardly anything matches, as if the pictures did not show the same scene",
}
SWAPPED = "the left and the right picture look swapped; name them the other way round"
FLAT = "both eyes see everything about equally far"
LEAST_SPREAD_PX = 1.0  # of disparities, from the 5th to the 95th percentile
FEW_SURE = 0.5  # share of the picture; less is named as the reason for distrust


@dataclass(frozen=True)
class Choice:
    """Depth of the shown `photo`, a pinhole picture, and what spoke for it.

    `trust` is the probability that stereo is nearer the truth (depth/trust.py), 0 where a fault
    ruled it out. `second_eye` is there if the depth is from stereo. `look` holds the evidence.
    """

    photo: Photo
    depth: DepthMap
    trust: float
    second_eye: SecondEye | None
    look: Look


def estimate_stereo_depth(pair: StereoPair, network: Network | None = None) -> DepthMap:
    """Inverse depth of the pair's shown eye: from both eyes if they can be trusted, else from one.

    `source` says which and `reason` why. The map has the size of the shown picture; with a rig,
    that of the undistorted one. It is relative, whichever way it came about.

    Raises:
        PhotoError: the pictures are too small.
        DepthError: a network finds no depth.
        RigError: the lenses of the rig see hardly anything in common.
        WeightsError: a network is missing or damaged.
    """
    choice = choose_depth(pair, network)
    size = choice.photo.camera.width, choice.photo.camera.height
    depth = choice.depth

    def enlarged(values: np.ndarray, method: int) -> np.ndarray:
        return np.asarray(cv2.resize(values, size, interpolation=method))

    valid = enlarged(depth.valid.astype(np.uint8), cv2.INTER_NEAREST).astype(np.bool_)
    known = np.maximum(enlarged(depth.valid.astype(np.float32), cv2.INTER_LINEAR), 1e-6)
    uncertainty = depth.uncertainty
    return replace(
        depth,  # what is unknown holds 0 and shall not darken its neighbours
        inverse_depth=np.where(valid, enlarged(depth.inverse_depth, cv2.INTER_LINEAR) / known, 0),
        valid=valid,
        uncertainty=None if uncertainty is None else enlarged(uncertainty, cv2.INTER_LINEAR),
    )


def choose_depth(
    pair: StereoPair,
    network: Network | None = None,
    stage: Stages = lambda name: nullcontext(),
) -> Choice:
    """Depth of the pair's shown eye, with all that led to it: see estimate_stereo_depth().

    Source: Wang et al., A Practical Stereo Depth System for Smart Glasses (2023): undistortion,
    rectification from the pair alone, stereo if that is judged reliable, else mono. What speaks for
    a pair, and how much, was measured (runs/decision.sh).
    """
    look = look_with_both_eyes(pair, network, stage)
    trusted, problem = judge(look)
    if problem is None:
        assert look.rectification is not None
        reason = _praise(look.work.shown, look.rectification.verdict)
        try:
            depth, eye = read_off(look, reason)
            return Choice(look.flat.shown_photo, depth, trusted, eye, look)
        except DepthError:
            trusted, problem = 0.0, FLAT
    shown, photo = _eye_for_mono(look)
    with stage("mono"):
        depth = guess_depth(photo)
    reason = f"Guessed from the {shown} picture alone, because {problem}."
    return Choice(photo, replace(depth, reason=reason), trusted, None, look)


def judge(look: Look) -> tuple[float, str | None]:
    """How far stereo is trusted, and what speaks against using it; None if nothing does."""
    if look.blank is not None:
        return 0.0, look.blank[1][0].lower() + look.blank[1][1:].rstrip(".")
    if look.fault is not None:
        return 0.0, FAULTS[look.fault]
    assert look.rectification is not None and look.dense is not None
    evidence = look.rectification.verdict
    if look.dense.spread_px < LEAST_SPREAD_PX:
        return 0.0, FLAT
    if looks_swapped(look.dense):
        return 0.0, SWAPPED
    trusted = trust(evidence, look.dense)
    return trusted, None if trusted >= THRESHOLD else _doubt(look, evidence)


def _eye_for_mono(look: Look) -> tuple[Eye, Photo]:
    """The shown picture, or the other one if the shown one shows nothing."""
    shown = look.flat.shown
    if look.blank is not None and look.blank[0] == shown:
        shown = "right" if shown == "left" else "left"
    return shown, look.flat.left if shown == "left" else look.flat.right


def _praise(shown: Eye, evidence: Evidence) -> str:
    return (
        f"Measured with both eyes, for the {shown} one: {evidence.inliers} matches share their "
        f"rows to {evidence.residual_median_px:.2f} px, after a turn of {evidence.turn_deg:.2f} "
        "degrees."
    )


def _doubt(look: Look, evidence: Evidence) -> str:
    """What is most wrong with a pair that is not trusted."""
    if evidence.reason != "fitted":
        return f"the two pictures could not be brought onto the same rows ({evidence.reason})"
    assert look.dense is not None
    if look.dense.sure < FEW_SURE:
        return f"the eyes agree on only {look.dense.sure:.0%} of what they see"
    if evidence.density < FEW_SURE:
        return f"only {evidence.density:.0%} of the picture matches both ways"
    if evidence.coverage < FEW_SURE:
        return f"matches cover only {evidence.coverage:.0%} of the picture"
    return "what both eyes see does not fit together well enough"
