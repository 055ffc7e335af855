"""Shot: what a photographer decided, well or badly, and how good that makes the picture."""

from dataclasses import dataclass

import numpy as np

# Weights of the five heads of the guideline in the quality; Emu (Dai et al. 2023) names the heads
# and gives no weights.
WEIGHTS = {
    "composition": 0.25, "lighting": 0.20, "color": 0.20, "background": 0.20, "detail": 0.15
}  # fmt: skip
NEEDLE_Q = 0.92  # one in twenty pictures drawn by chance is as good


@dataclass(frozen=True)
class Shot:
    """The hidden factors of a scene.

    Composition: the middle of the subject and its height in shares of the picture, and the tilt.
    Lighting: the angle between the light's and the camera's bearing (0 is a flash), the error of
    exposure in stops, how strong the light from all around is (1 is as the place has it).
    Colour: saturation and contrast of the print, and how the surroundings differ from the subject.
    Background: things that lie about, and the blur of what is far in shares of the width.
    Detail: the strength of the subject's pattern, its gloss, its blur, and grain.
    """

    subject_x: float
    subject_y: float
    size: float
    tilt_deg: float
    side_deg: float
    exposure_ev: float
    fill: float
    saturation: float
    contrast: float
    difference: float
    clutter: int
    far_blur: float
    pattern: float
    gloss: float
    blur: float
    grain: float


def heads(shot: Shot) -> dict[str, float]:
    """How good the shot is under each head of the guideline, from 0 to 1."""
    return {
        "composition": _composition(shot),
        "lighting": _within(shot.side_deg, 40, 105, 30)
        * _within(shot.exposure_ev, -0.2, 0.3, 0.9)
        * _within(shot.fill, 0.6, 1.2, 1.0),
        "color": _within(shot.saturation, 1.0, 1.25, 0.45)
        * _within(shot.contrast, 1.0, 1.2, 0.45)
        * (0.4 + 0.6 * shot.difference),
        "background": 0.78**shot.clutter * (0.5 + 0.5 * min(1.0, shot.far_blur / 0.022)),
        "detail": (0.55 + 0.45 * max(shot.pattern, shot.gloss))
        * _within(shot.blur, 0, 0.003, 0.012)
        * _within(shot.grain, 0, 0.01, 0.06),
    }


def quality(shot: Shot) -> float:
    """The quality from 0 to 1: the weighted geometric mean of the heads.

    So one head that fails spoils a picture, as a rule of the guideline does.
    """
    return float(np.prod([value ** WEIGHTS[name] for name, value in heads(shot).items()]))


def _composition(shot: Shot) -> float:
    """On a third, of a good size, level and inside of the frame."""
    from_third = min(abs(shot.subject_x - 1 / 3), abs(shot.subject_x - 2 / 3))
    thirds = 0.6 + 0.4 * float(np.exp(-((from_third / 0.09) ** 2)))
    half_width, half_height = 0.42 * shot.size, 0.5 * shot.size
    outside = max(
        0.0, half_width - shot.subject_x, shot.subject_x + half_width - 1,
        half_height - shot.subject_y, shot.subject_y + half_height - 1,
    )  # fmt: skip
    whole = float(np.exp(-outside / 0.08))
    size = _within(shot.size, 0.42, 0.6, 0.16)
    height = _within(shot.subject_y, 0.5, 0.66, 0.2)
    return thirds * whole * size * height * _within(shot.tilt_deg, -1.5, 1.5, 8)


def _within(value: float, low: float, high: float, width: float) -> float:
    """1 from low to high, falling off on both sides as a bell of that width."""
    past = max(low - value, value - high, 0.0)
    return float(np.exp(-((past / width) ** 2)))
