"""Rendering: a photo of a world and all that is known about it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from stereopsis.scene.arrays import ColorImage, InverseDepth, Mask
from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.lens import Lens
from stereopsis.train.worlds.occlusion import occlusion
from stereopsis.train.worlds.peel import peel
from stereopsis.train.worlds.shade import shade
from stereopsis.train.worlds.stage import Drawing, Stage, draw

MOST_DISPARITY = (0.01, 0.15)  # of what is near, as a share of the picture's width


@dataclass(frozen=True)
class Wanted:
    """What to keep beside picture and depth; a second eye and hidden layers cost time."""

    semantic: bool = False
    second_eye: bool = False
    hidden_layers: int = 0

    @property
    def needs_pinhole(self) -> bool:
        """Whether lenses may not bend straight lines."""
        return self.second_eye or self.hidden_layers > 0


PICTURE_ALONE = Wanted()


@dataclass(frozen=True)
class SecondEye:
    """What a camera sees `baseline_m` to the right of the first, rectified to it.

    A pixel of the first picture with inverse depth w is seen `focal_px` x baseline x w further
    to the left in this one.
    """

    image: ColorImage
    inverse_depth: InverseDepth
    baseline_m: float


@dataclass(frozen=True)
class HiddenLayer:
    """What is seen behind a nearer layer, where there is something but sky."""

    image: ColorImage
    inverse_depth: InverseDepth
    valid: Mask


@dataclass(frozen=True)
class Rendering:
    """A photo, inverse depth (1/m, 0 is sky) and class of its pixels' centres, and extras.

    `focal_px` is the lens's in the middle of the picture. Hidden layers run from near to far.
    """

    image: ColorImage
    inverse_depth: InverseDepth
    semantic: UInt8[np.ndarray, "h w"]
    focal_px: float
    second_eye: SecondEye | None = None
    hidden: tuple[HiddenLayer, ...] = ()


def render(
    stage: Stage, camera: Camera, drawing: Drawing, wanted: Wanted, rng: np.random.Generator
) -> Rendering:
    """The photo of this drawing of the stage, and what is wanted beside it.

    The drawing must be free of distortion where anything is.
    """
    lens = Lens.sampled(rng, drawing.image, drawing.inverse_depth)
    return Rendering(
        lens.take(drawing.image, drawing.inverse_depth, rng),
        drawing.inverse_depth,
        drawing.semantic,
        drawing.focal_px,
        _second_eye(stage, camera, drawing, lens, rng) if wanted.second_eye else None,
        _hidden(stage, camera, wanted.hidden_layers, lens, rng),
    )


def _second_eye(
    stage: Stage, camera: Camera, drawing: Drawing, lens: Lens, rng: np.random.Generator
) -> SecondEye:
    """The picture from so far to the side that what is near moves by a share of the width."""
    near = float(np.quantile(drawing.inverse_depth, 0.98)) + 1e-6
    most_px = camera.width * np.exp(rng.uniform(*np.log(MOST_DISPARITY)))
    baseline_m = float(most_px / (camera.focal_px * near))
    beside = draw(stage, camera.moved((baseline_m, 0.0, 0.0)))
    image = lens.take(beside.image, beside.inverse_depth, rng)
    return SecondEye(image, beside.inverse_depth, baseline_m)


def _hidden(
    stage: Stage, camera: Camera, layers: int, lens: Lens, rng: np.random.Generator
) -> tuple[HiddenLayer, ...]:
    """The layers' colours at the pixels' centres, crisp, in the light of what stands around them.

    Water, polish and panes are not drawn on them.
    """
    if layers == 0:
        return ()
    crisp = lens.without_blur_and_noise()
    found = []
    for hits in peel(stage.solid, stage.texels, camera, layers):
        valid = hits.face >= 0
        inverse_depth = hits.inverse_depth.astype(np.float32)
        open_sky = occlusion(hits, stage.solid, camera)
        lighting = (stage.conditions.light, stage.shadow, open_sky)
        image = shade(hits, stage.solid, stage.texels, camera, lighting)
        taken = crisp.take(image, inverse_depth, rng)
        found.append(HiddenLayer(np.where(valid[..., None], taken, 0), inverse_depth, valid))
    return tuple(found)
