"""Lens and sensor: what a real camera does to a clean render.

Light that a photo might have had, rims, and how it was stored are drawn anew each time a frame is
used (stereopsis.train.augment); here is only what needs depth, or the scene's own light.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float32

from stereopsis.scene.arrays import ColorImage, InverseDepth

FloatImage = Float32[np.ndarray, "h w 3"]

# Signed sigmas in pixels between which defocus is done in one step, far to near.
BLUR_EDGES = (-6.0, -3.5, -2.0, -1.0, -0.35, 0.35, 1.0, 2.0, 3.5, 6.0)
SHARP = 0.35  # sigmas below this are not worth a blur


@dataclass(frozen=True)
class Lens:
    """A camera's optics and sensor, set for a scene; by default they change nothing.

    `focus` is the inverse depth (1/m) that is sharp, `blur` the sigma in pixels of what differs
    from it by 1/m. `softness` is a sigma, `vignette` the share of light lost half the longer side
    away from the middle, `fringe` by which share red is larger and blue smaller than green. `gain`
    multiplies light. Noise deviates by `read_noise` in the dark, by `shot_noise` more in white.
    """

    focus: float = 0.0
    blur: float = 0.0
    softness: float = 0.0
    vignette: float = 0.0
    fringe: float = 0.0
    gain: float = 1.0
    gamma: float = 1.0
    shot_noise: float = 0.0
    read_noise: float = 0.0

    @classmethod
    def sampled(
        cls, rng: np.random.Generator, image: FloatImage, inverse_depth: InverseDepth
    ) -> "Lens":
        """Anything between a studio camera and an old phone's, exposed for this render."""
        span = float(np.ptp(inverse_depth)) + 1e-9
        is_noisy = rng.random() < 0.4
        return cls(
            focus=float(np.quantile(inverse_depth[::3, ::3], rng.uniform(0.02, 0.98))),
            blur=np.exp(rng.uniform(0, np.log(8))) / span if rng.random() < 0.3 else 0.0,
            softness=rng.uniform(0.3, 0.9) if rng.random() < 0.25 else 0.0,
            vignette=rng.uniform(0.05, 0.4) if rng.random() < 0.35 else 0.0,
            fringe=rng.normal(0, 0.002) if rng.random() < 0.2 else 0.0,
            gain=_exposure(image, rng.uniform(140, 250)),
            gamma=rng.uniform(0.8, 1.25),
            shot_noise=rng.uniform(2, 10) if is_noisy else 0.0,
            read_noise=rng.uniform(0.5, 5) if is_noisy else 0.5,
        )

    def take(
        self, image: FloatImage, inverse_depth: InverseDepth, rng: np.random.Generator
    ) -> ColorImage:
        """The photo of a render (0..255 and beyond); `rng` decides the noise alone."""
        if self.blur:
            image = defocus(image, inverse_depth, self.focus, self.blur)
        if self.softness:
            image = cv2.GaussianBlur(image, (0, 0), self.softness)
        if self.fringe:
            image = _fringed(image, self.fringe)
        if self.vignette:
            image = image * _vignette(image.shape[:2], self.vignette)[..., None]
        curved = 255 * np.clip(image * (self.gain / 255), 0, 1) ** np.float32(self.gamma)
        if self.read_noise or self.shot_noise:
            spread = np.sqrt(self.read_noise**2 + self.shot_noise**2 * curved / 255)
            curved = curved + rng.standard_normal(image.shape, np.float32) * spread
        return np.asarray(np.clip(np.rint(curved), 0, 255), np.uint8)

    def without_blur_and_noise(self) -> "Lens":
        """The same light and colours, crisp and clean."""
        return replace(self, blur=0.0, softness=0.0, fringe=0.0, shot_noise=0.0, read_noise=0.0)


def defocus(
    image: FloatImage, inverse_depth: InverseDepth, focus: float, blur: float
) -> FloatImage:
    """The picture of a thin lens: blur grows with the distance from `focus` in inverse depth.

    `blur` is its sigma in pixels where that distance is 1/m.
    Layers of like blur are laid over each other from far to near, each blurred by itself, so
    that nothing sharp bleeds into what is blurred behind it.
    """
    sigma = np.clip(blur * (inverse_depth - focus), BLUR_EDGES[0], BLUR_EDGES[-1])
    layer = np.digitize(sigma, BLUR_EDGES[1:-1])
    result: FloatImage = image
    for k in np.unique(layer):
        own = float(np.abs(sigma[layer == k]).mean())
        # A surface that goes on into the next layer lends it colour, lest the seam shows through.
        lends = ((layer == k) | (layer == k + 1)).astype(np.float32)[..., None]
        weight, colored = _blurred(lends, own), _blurred(image * lends, own)
        cover = _blurred((layer >= k).astype(np.float32)[..., None], own)
        cover = np.where(weight > 1e-3, cover, 0)
        result = result + cover * (colored / np.maximum(weight, 1e-3) - result)
    return result


def _blurred(array: Float32[np.ndarray, "h w c"], sigma: float) -> Float32[np.ndarray, "h w c"]:
    if sigma < SHARP:
        return array
    return np.asarray(cv2.GaussianBlur(array, (0, 0), sigma), np.float32).reshape(array.shape)


def _exposure(image: np.ndarray, brightness: float) -> float:
    """The factor by which an automatic camera would brighten or darken the picture."""
    bright = float(np.percentile(image.mean(-1)[::3, ::3], 90)) + 1e-6
    return float(np.clip(brightness / bright, 0.6, 3.0))


def _fringed(image: FloatImage, share: float) -> FloatImage:
    """The picture with red a little larger and blue a little smaller (lateral chromatism)."""
    height, width = image.shape[:2]
    channels = []
    for channel, scale in enumerate((1 + share, 1.0, 1 - share)):
        T_fringed_from_plain = np.array(
            [[scale, 0, (1 - scale) * (width - 1) / 2], [0, scale, (1 - scale) * (height - 1) / 2]]
        )
        plain = np.ascontiguousarray(image[..., channel])
        channels.append(
            cv2.warpAffine(
                plain, T_fringed_from_plain, (width, height), borderMode=cv2.BORDER_REPLICATE
            )
        )
    return np.stack(channels, -1)


def _vignette(shape: tuple[int, int], lost: float) -> Float32[np.ndarray, "h w"]:
    """Dimming towards the corners."""
    height, width = shape
    y, x = np.mgrid[0.5:height, 0.5:width].astype(np.float32)
    square = ((x - width / 2) ** 2 + (y - height / 2) ** 2) / (max(height, width) / 2) ** 2
    return np.asarray(np.maximum(0, 1 - lost * square), np.float32)
