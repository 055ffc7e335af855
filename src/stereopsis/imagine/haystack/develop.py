"""Develops what was traced into a photo: depth of field, exposure, tone, colour, grain."""

import cv2
import numpy as np
from jaxtyping import Float, Float32

from stereopsis.imagine.haystack.backdrop import NIGHT
from stereopsis.imagine.haystack.fields import Fields
from stereopsis.imagine.haystack.scene import Scene, stage_of
from stereopsis.imagine.haystack.stage import View
from stereopsis.imagine.haystack.trace import Traced, trace
from stereopsis.scene.arrays import ColorImage

OVERSAMPLING = 2
MIDDLE_GREY = 0.30  # what the subject's and the picture's mean are exposed to, before the curve
LAMPS = 22
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)

Linear = Float32[np.ndarray, "n n 3"]


def photograph(scene: Scene, fields: Fields, side: int) -> ColorImage:
    """The picture of the scene."""
    random = np.random.default_rng([scene.seed, 1])
    stage = stage_of(scene)
    traced = trace(stage, fields, side * OVERSAMPLING)
    shot = scene.shot
    behind = _out_of_focus(traced, stage.view.distance, shot.far_blur)
    if scene.place.backdrop == NIGHT:
        behind = behind + _lamps(behind.shape[0], stage.view, shot.far_blur, random)
    share = traced.subject[:, :, 3:]
    light = behind * (1 - share) + traced.subject[:, :, :3] * share
    light = np.asarray(cv2.resize(light, (side, side), interpolation=cv2.INTER_AREA))
    if shot.blur > 0:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), max(0.05, shot.blur * side)))
    gain = _metered(traced) * 2.0**shot.exposure_ev
    toned = _tone(light * gain)
    toned = _print(toned, shot.saturation, shot.contrast)
    toned = toned + random.normal(0, 1, (side, side, 1)) * shot.grain
    return np.asarray(np.rint(np.clip(toned, 0, 1) * 255), np.uint8)


def _out_of_focus(traced: Traced, focus: float, far_blur: float) -> Linear:
    """What lies behind, sharp as far away as the subject; `far_blur` is that of the horizon."""
    side = traced.behind.shape[0]
    amount = np.abs(1 - focus / np.maximum(traced.distance, 1e-3)).clip(0, 1)[:, :, None]
    result = traced.behind
    for sigma, begin in ((0.35, 0.0), (1.0, 0.4)):
        width = sigma * far_blur * side
        if width < 0.25:
            continue
        soft = cv2.GaussianBlur(traced.behind, (0, 0), width)
        share = ((amount - begin) / 0.35).clip(0, 1)
        result = result * (1 - share) + soft * share
    return np.asarray(result, np.float32)


def _lamps(side: int, view: View, far_blur: float, random: np.random.Generator) -> Linear:
    """The lamps of a street far away: discs as large as the lens blurs them."""
    layer = np.zeros((side, side, 3), np.float32)
    horizon = view.subject_y - view.focal * np.tan(view.pitch)
    radius = 0.006 + 0.95 * far_blur
    for _ in range(LAMPS):
        x, y = random.uniform(0, 1), horizon - abs(random.normal(0, 0.14))
        color = np.array([1.0, random.uniform(0.35, 0.9), random.uniform(0.1, 0.7)])
        bright = 0.0011 * random.uniform(0.4, 1.6) / (radius**2 + 0.0004)
        disc = np.zeros((side, side), np.float32)
        place = (round(x * side * 8), round(y * side * 8))
        cv2.circle(disc, place, round(radius * side * 8), float(bright), -1, cv2.LINE_8, 3)
        layer += disc[:, :, None] * color.astype(np.float32)
    return layer


def _metered(traced: Traced) -> float:
    """The gain that exposes the subject, and a little the rest, as a camera's meter would."""
    share = traced.subject[:, :, 3]
    subject = (traced.subject[:, :, :3] @ LUMINANCE)[share > 0]
    rest = float(np.minimum(traced.behind @ LUMINANCE, 2).mean())
    mean = 0.6 * max(float(subject.mean()), 0.08) + 0.4 * rest if len(subject) else rest
    return MIDDLE_GREY / max(mean, 0.02)


def _tone(light: Float[np.ndarray, "n n 3"]) -> Float[np.ndarray, "n n 3"]:
    """From linear light to values of a print: a curve with toe and shoulder, then sRGB's gamma.

    Source: Narkowicz, ACES Filmic Tone Mapping Curve (2015), the fitted quotient.
    """
    x = np.maximum(light, 0) * 0.9
    curve = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
    return np.asarray(np.clip(curve, 0, 1) ** (1 / 2.2))


def _print(
    values: Float[np.ndarray, "n n 3"], saturation: float, contrast: float
) -> Float[np.ndarray, "n n 3"]:
    grey = (values @ LUMINANCE)[:, :, None]
    colored = grey + (values - grey) * saturation
    return np.asarray(0.45 + (colored - 0.45) * contrast)
