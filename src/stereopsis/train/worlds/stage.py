"""Stage: a view's world, lit and ready for cameras near the view's own."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float32, Int32, UInt8

from stereopsis.scene.arrays import InverseDepth
from stereopsis.scene.camera import Camera
from stereopsis.train.worlds.distortion import Distortion
from stereopsis.train.worlds.light import Light
from stereopsis.train.worlds.mirror import Ripples, mirror
from stereopsis.train.worlds.model import Model, Vector, join
from stereopsis.train.worlds.occlusion import occlusion
from stereopsis.train.worlds.raster import Hits, rasterise
from stereopsis.train.worlds.semantic import Finish, Semantic
from stereopsis.train.worlds.shade import shade
from stereopsis.train.worlds.shadow import Shadow, cast_by_lamp, cast_by_sun, no_shadow
from stereopsis.train.worlds.sky import Sky, paint_sky
from stereopsis.train.worlds.view import View

SUPERSAMPLE = 2  # colour is drawn at so many samples along each side of a pixel
REPLICATE = cv2.BORDER_REPLICATE
OVEREXPOSED = 400.0  # brighter gleams would glitter however many samples they are averaged over
LAMP_DROP = (0.1, 0.6)  # metres below the ceiling
LAMP_SHARE, WINDOW_SHARE, SHADOW_SHARE = 0.45, 0.6, 0.8


@dataclass(frozen=True)
class Conditions:
    """Light, sky and water, whether things cast shadows, and whether the shell does too."""

    light: Light
    sky: Sky
    ripples: Ripples
    casts_shadows: bool
    shell_casts: bool

    @classmethod
    def sampled(cls, rng: np.random.Generator, view: View) -> "Conditions":
        """Outdoors a sun; in rooms a sun through the windows, a lamp, or studio light."""
        sky = Sky.sampled(rng)
        light = Light.sampled(rng, sky.horizon, view.outdoors)
        has_panes = bool((view.shell.finish == Finish.GLASS).any())
        shell_casts = has_panes and bool(rng.random() < WINDOW_SHARE)
        lamp = _lamp_place(rng, view)
        if lamp is not None and not shell_casts and rng.random() < LAMP_SHARE:
            light = light.with_lamp(lamp, rng.uniform(1.5, 3.5))
        casts = shell_casts or bool(rng.random() < SHADOW_SHARE)
        return cls(light, sky, Ripples.sampled(rng), casts, shell_casts)


@dataclass(frozen=True)
class Stage:
    """What a camera sees, panes of glass apart, and all that lights it."""

    solid: Model
    panes: Model
    texels: UInt8[np.ndarray, "n texels 4"]
    conditions: Conditions
    shadow: Shadow
    outdoors: bool


@dataclass(frozen=True)
class Drawing:
    """Colour (0..255, may exceed it), inverse depth (1/m, 0 is sky) and the face of each pixel.

    Depth, class and face are those at the pixels' centres; through panes, of what is behind them.
    `focal_px` is that in the middle of the picture.
    """

    image: Float32[np.ndarray, "h w 3"]
    inverse_depth: InverseDepth
    semantic: UInt8[np.ndarray, "h w"]
    face: Int32[np.ndarray, "h w"]
    focal_px: float


def set_stage(view: View, texels: np.ndarray, conditions: Conditions) -> Stage:
    """The view's world without shadows."""
    model = join([view.shell, view.things])
    is_pane = model.finish == Finish.GLASS
    solid = model.only(~is_pane) if is_pane.any() else model
    panes = model.only(is_pane)
    return Stage(solid, panes, texels, conditions, no_shadow(), view.outdoors)


def cast_shadows(stage: Stage, view: View) -> Stage:
    """The stage with the shadows of what its conditions let cast them, as far as the view sees."""
    if not stage.conditions.casts_shadows:
        return stage
    things = view.things.only(view.things.finish != Finish.GLASS)
    casters = stage.solid if stage.conditions.shell_casts else things
    light, texels = stage.conditions.light, stage.texels
    if light.lamp is not None:
        return replace(stage, shadow=cast_by_lamp(casters, texels, light.lamp, light.spread))
    ball = _seen_ball(stage, view)
    if ball is None:
        return stage
    return replace(stage, shadow=cast_by_sun(casters, texels, light.to_sun, ball, light.spread))


def draw(stage: Stage, camera: Camera, distortion: Distortion | None = None) -> Drawing:
    """The picture a perfect camera takes, its lens apart: colour averaged over samples."""
    hits = rasterise(stage.solid, stage.texels, camera)
    image, fine_hits = draw_fine(stage, camera, occlusion(hits, stage.solid, camera))
    face, inverse_depth, focal_px = hits.face, hits.inverse_depth, camera.focal_px
    if distortion is not None:
        size = (camera.width, camera.height)
        fine = distortion.positions((size[0] * SUPERSAMPLE, size[1] * SUPERSAMPLE)) - 0.5
        x, y = (np.ascontiguousarray(fine[..., k], np.float32) for k in range(2))
        image = np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=REPLICATE))
        columns, rows = np.moveaxis((distortion.positions(size) * SUPERSAMPLE).astype(int), -1, 0)
        face, inverse_depth = fine_hits.face[rows, columns], fine_hits.inverse_depth[rows, columns]
        focal_px *= distortion.enlargement(size)
    small = cv2.resize(image, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    return Drawing(
        np.asarray(small, np.float32),
        inverse_depth.astype(np.float32),
        semantics(stage.solid, face),
        face,
        focal_px,
    )


def draw_fine(
    stage: Stage, camera: Camera, open_sky: Float32[np.ndarray, "h w"]
) -> tuple[Float32[np.ndarray, "H W 3"], Hits]:
    """The picture with SUPERSAMPLE samples along each side of a pixel, and what they hit."""
    fine = camera.resized(camera.width * SUPERSAMPLE, camera.height * SUPERSAMPLE)
    given = stage.conditions
    hits = rasterise(stage.solid, stage.texels, fine)
    lighting = (given.light, stage.shadow, open_sky)
    image = shade(hits, stage.solid, stage.texels, fine, lighting)
    sees_sky = hits.face < 0
    if sees_sky.any():
        painted = cv2.resize(paint_sky(given.sky, camera), (fine.width, fine.height))
        image[sees_sky] = painted[sees_sky]
    around = (given.sky if stage.outdoors else None, given.ripples)
    if (stage.solid.finish != Finish.MATTE).any():
        mirror(image, hits, (hits, stage.solid), fine, around, stage.texels)
    if len(stage.panes.faces):
        before = rasterise(stage.panes, stage.texels, fine)
        mirror(image, hits, (before, stage.panes), fine, around, stage.texels)
    return np.minimum(image, np.float32(OVEREXPOSED)), hits


def semantics(model: Model, face: Int32[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """The class of what each pixel sees; -1 sees the sky."""
    classes = np.append(model.semantic, np.int32(Semantic.SKY))
    return np.asarray(classes[face], np.uint8)


def _lamp_place(rng: np.random.Generator, view: View) -> Vector | None:
    """A place under the ceiling above the camera, None where there is none."""
    is_ceiling = view.shell.semantic == Semantic.CEILING
    corners = view.shell.vertices[view.shell.faces[is_ceiling]].astype(np.float64)
    low, high, (x, y, z) = corners.min(1), corners.max(1), view.position
    above = (low[:, 0] < x) & (x < high[:, 0]) & (low[:, 2] < z) & (z < high[:, 2])
    above &= high[:, 1] < y
    if not above.any():
        return None
    start, end = low[above][0], high[above][0]
    start[1], end[1] = (end[1] + drop for drop in LAMP_DROP)
    return np.asarray(start + (end - start) * rng.uniform([0.15, 0, 0.1], [0.85, 1, 0.9]))


def _seen_ball(stage: Stage, view: View) -> tuple[Vector, float] | None:
    """Centre and radius of what is seen nearby, which is where shadows are noticed."""
    camera = view.camera(96, 96)
    inverse_depth = rasterise(stage.solid, stage.texels, camera).inverse_depth
    rows, columns = np.nonzero(inverse_depth > 0)
    if len(rows) == 0:
        return None
    pixels = np.stack([columns + 0.5, rows + 0.5], 1).astype(np.float32)
    points = camera.unproject(pixels, inverse_depth[rows, columns].astype(np.float32))
    away = np.linalg.norm(points - view.position, axis=1)
    points = points[away <= 4 * np.median(away)]
    center = 0.5 * (points.min(0) + points.max(0)).astype(np.float64)
    return center, float(np.percentile(np.linalg.norm(points - center, axis=1), 99)) + 0.05
