"""Holes to learn inpainting from: hidden surfaces whose truth is known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8
from torch import Tensor

from stereopsis.errors import DataError
from stereopsis.lift.continued import Continued, describe, evaluate
from stereopsis.lift.cut import cut
from stereopsis.lift.grow import grow
from stereopsis.lift.inpaint import find_anchors, inpaint
from stereopsis.lift.place import FAR_TO_NEAR, place
from stereopsis.lift.unfold import Patches, UnfoldConfig, unfold
from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.scene.camera import Camera
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.layers import LayeredImage
from stereopsis.train.pack import Frame, Pack


@dataclass(frozen=True)
class HoleConfig:
    """Our setting.

    `parallax` is the range of how far near moves against far, a share of the longer side: pictures
    here are smaller than the photos that are lifted, and holes are to be as large.
    """

    parallax: tuple[float, float] = (0.04, 0.13)
    unfold: UnfoldConfig = field(default_factory=lambda: UnfoldConfig(cell_px=64))
    per_frame: int = 16  # patches that are kept of a world, and of each photo on its surfaces
    photos: int = 2  # that are laid on a world's surfaces
    same_px: float = 6.0  # of parallax: a true layer as near to the guess is the same surface


@dataclass(frozen=True)
class Truth:
    """Of all m pixels of a layered image, what they should look like and where, if it is known."""

    color: Float32[np.ndarray, "m 3"]
    inverse_depth: Float32[np.ndarray, " m"]
    judged: Bool[np.ndarray, " m"]


@dataclass(frozen=True)
class Holes:
    """n patches as a network is shown them, and the truth where it is `judged`."""

    color: Float32[Tensor, "n s s 3"]
    parallax: Float32[Tensor, "n s s"]
    hole: UInt8[Tensor, "n s s"]
    known: UInt8[Tensor, "n s s"]
    true_color: Float32[Tensor, "n s s 3"]
    true_parallax: Float32[Tensor, "n s s"]
    judged: Bool[Tensor, "n s s"]

    def to(self, device: str) -> "Holes":
        """The holes on another device."""
        return Holes(*(getattr(self, each.name).to(device) for each in fields(self)))


@dataclass(frozen=True)
class Lifted:
    """A picture's layered image with grown surfaces, unpainted, and the cone's parallax."""

    layers: LayeredImage
    parallax_px: float


def lift(frame: Frame, parallax: float) -> Lifted:
    """The layered image of a frame, its hidden surfaces grown for a cone of this parallax.

    Raises:
        DepthError: the frame's depth is flat or unknown.
    """
    height, width = frame.inverse_depth.shape
    depth = DepthMap.relative(frame.inverse_depth, frame.valid, "file", "")
    camera = Camera.from_focal_35mm(width, height)
    scene, cone = place(depth, camera, parallax)
    parallax_px = camera.focal_px * cone.radius
    layers = cut(frame.image, scene, parallax_px)
    return Lifted(grow(layers, parallax_px, 1.0 / cone.window_depth), parallax_px)


def true_layers(lifted: Lifted, guessed: LayeredImage, frame: Frame, same_px: float) -> Truth:
    """The truth of a rendered frame's hidden surfaces, from its planes `hidden_K_...`.

    A hidden pixel is judged by the layer that lies nearest to where it is guessed, if that is the
    same surface.
    """
    layers = lifted.layers
    (hidden,) = np.nonzero(layers.inside & layers.hidden)
    spot = layers.y[hidden], layers.x[hidden]
    color, found = layers.color.astype(np.float32), guessed.inverse_depth.copy()
    nearest = np.full(len(hidden), same_px / lifted.parallax_px, np.float32)
    judged = ~layers.hidden
    for number in range(1, 1 + sum(name.startswith("hidden_") for name in frame.planes) // 2):
        behind = frame.planes[f"hidden_{number}_inverse_depth"][spot]
        scene = scene_units(behind, frame)
        off = np.where(behind > 0, np.abs(scene - guessed.inverse_depth[hidden]), np.inf)
        better = off < nearest
        chosen = hidden[better]
        color[chosen] = frame.planes[f"hidden_{number}_image"][spot][better]
        found[chosen], judged[chosen] = scene[better], True
        nearest = np.minimum(nearest, off)
    return Truth(color, found, judged)


def scene_units(inverse_depth: np.ndarray, frame: Frame) -> np.ndarray:
    """Inverse depth in the frame's units as place() lays it."""
    low, high = np.percentile(frame.inverse_depth[frame.valid], [1, 99])
    relative = (inverse_depth - low) / (high - low)
    return np.asarray(FAR_TO_NEAR + (1 - FAR_TO_NEAR) * relative, np.float32)


def dress(lifted: Lifted, picture: ColorImage, inverse_depth: InverseDepth) -> tuple[Lifted, Truth]:
    """The layered image with another picture on it, one surface all over, whose truth is known.

    The picture and its inverse depth (0..1) are larger than the layered image's by a margin on all
    sides, from which the surfaces beyond the border are taken; what the margin lacks is not judged.
    """
    layers = lifted.layers
    height, width = inverse_depth.shape
    column = layers.x + (width - layers.width) // 2
    row = layers.y + (height - layers.height) // 2
    judged = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    spot = np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)
    scene = (FAR_TO_NEAR + (1 - FAR_TO_NEAR) * inverse_depth[spot]).astype(np.float32)
    truth = Truth(picture[spot].astype(np.float32), scene, judged)
    home = find_anchors(layers.links, layers.visible_count)
    home = np.where(home >= 0, home, 0)  # a hidden pixel looks like where it grew from, as yet
    dressed = replace(layers, color=picture[spot][home], inverse_depth=scene[home])
    return Lifted(dressed, lifted.parallax_px), truth


def take_patches(
    lifted: Lifted,
    guessed: LayeredImage,
    truth: Truth,
    config: HoleConfig,
    rng: np.random.Generator,
) -> Holes | None:
    """Some patches of a layered image whose colours have been guessed; None if it has none.

    A patch is drawn as often as it has hidden pixels whose truth is known.
    """
    unfolded = unfold(lifted.layers, config.unfold)
    hidden = unfolded.pixels >= lifted.layers.visible_count
    judged = (hidden & truth.judged[unfolded.pixels]).sum((1, 2))
    most = min(config.per_frame, int(np.count_nonzero(judged)))
    if not most:
        return None
    chosen = rng.choice(len(unfolded), most, replace=False, p=judged / judged.sum())
    patches = Patches(unfolded.pixels[chosen])
    anchor = find_anchors(lifted.layers.links, lifted.layers.visible_count)
    shown = describe(patches, guessed, anchor, lifted.parallax_px)
    return _judged(shown, patches, truth, lifted.parallax_px)


def _judged(shown: Continued, patches: Patches, truth: Truth, parallax_px: float) -> Holes:
    height = truth.inverse_depth[patches.pixels] * np.float32(parallax_px)
    parallax = height - evaluate(shown.plane, patches.pixels.shape[-1])
    arrays = (
        shown.color,
        shown.parallax,
        shown.hole,
        shown.known,
        patches.gather(truth.color),
        np.where(patches.shown, parallax, 0).astype(np.float32),
        patches.shown & truth.judged[patches.pixels],
    )
    return Holes(*(torch.from_numpy(np.ascontiguousarray(each)) for each in arrays))


def cut_holes(
    world: Frame, photos: Sequence[Pack], config: HoleConfig, rng: np.random.Generator
) -> Iterator[Holes]:
    """Holes of one world whose hidden layers are known, and of photos laid on its surfaces.

    Raises:
        DataError: the world holds no hidden layers.
    """
    if "hidden_1_image" not in world.planes:
        raise DataError(
            "A frame holds no hidden layers.",
            "Make it again with stereopsis.train.worlds --hidden-layers 2.",
        )
    lifted = lift(world, rng.uniform(*config.parallax))
    guessed = inpaint(lifted.layers, lifted.parallax_px)
    truth = true_layers(lifted, guessed, world, config.same_px)
    found = [take_patches(lifted, guessed, truth, config, rng)]
    for _ in range(config.photos):
        lifted = lift(world, rng.uniform(*config.parallax))
        photo = _with_margin(draw_frame(photos, rng), lifted.layers, rng)
        dressed, truth = dress(lifted, *photo)
        guessed = inpaint(dressed.layers, dressed.parallax_px)
        found.append(take_patches(dressed, guessed, truth, config, rng))
    yield from (each for each in found if each is not None)


def draw_frame(packs: Sequence[Pack], rng: np.random.Generator) -> Frame:
    """Any frame of the packs, all as often."""
    number = int(rng.integers(sum(map(len, packs))))
    for pack in packs:
        if number < len(pack):
            break
        number -= len(pack)
    return pack[number]


def _with_margin(
    photo: Frame, layers: LayeredImage, rng: np.random.Generator
) -> tuple[ColorImage, InverseDepth]:
    """The photo, at times mirrored, with relative inverse depth; a quarter larger."""
    size = (round(1.25 * layers.width), round(1.25 * layers.height))
    image = cv2.resize(photo.image, size, interpolation=cv2.INTER_AREA)
    depth = DepthMap.relative(photo.inverse_depth, photo.valid, "file", "").inverse_depth
    depth = cv2.resize(depth, size, interpolation=cv2.INTER_LINEAR).clip(0, 1)
    if rng.random() < 0.5:
        image, depth = image[:, ::-1], depth[:, ::-1]
    return np.ascontiguousarray(image), np.ascontiguousarray(depth, np.float32)
