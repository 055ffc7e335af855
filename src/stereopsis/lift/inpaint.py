"""Paints the hidden pixels from the surfaces that they continue."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32
from numba import njit

from stereopsis.lift.rims import clean_sources, find_rims
from stereopsis.lift.second_eye import look
from stereopsis.lift.slopes import measure_slopes
from stereopsis.lift.texture import find_mirrored, smooth_of, texture_of
from stereopsis.scene.layers import LayeredImage
from stereopsis.scene.second_eye import SecondEye


@dataclass(frozen=True)
class InpaintConfig:
    """How hidden pixels are painted."""

    sweeps: int = 40  # of the diffusion; each goes forth and back
    second_sweeps: int = 10  # of the colours alone, once a second eye has shown some more
    over_relaxation: float = 1.7
    start_reach_px: int = 12  # of the mean that a hidden pixel starts from
    detail: float = 0.3  # share of the mirrored texture that is laid over the diffusion
    behind_px: float = 2.0  # keeps a hidden surface from showing through the one before it
    detail_reach_px: int = 5  # texture is what differs from the mean of so many pixels around


def inpaint(
    layers: LayeredImage,
    parallax_px: float,
    config: InpaintConfig = InpaintConfig(),
    second_eye: SecondEye | None = None,
) -> LayeredImage:
    """The layered image with colour and inverse depth of its hidden pixels painted.

    Colours and planes diffuse along links only (Laplace's equation, visible pixels fixed), so a
    front never bleeds into what it hides, and a wall goes on as a plane. Colours of rims, mixed
    with the front's, have no part in it. Over the smooth colour lies the photo's own texture,
    mirrored at the silhouette. Hidden pixels stay behind what the photo shows at their place, by
    `behind_px` of parallax, of which one unit of inverse depth makes `parallax_px`.

    What a `second_eye` saw of the hidden pixels is not invented: it has the colours of that eye's
    picture, and they diffuse into the rest as those of visible pixels do. Depth stays the same.
    """
    if len(layers.x) == layers.visible_count:
        return layers
    shown = layers.visible_count
    anchor = find_anchors(layers.links, shown)
    rims = find_rims(layers)
    source = clean_sources(layers, rims)
    planes = _planes(layers, rims, source, parallax_px)
    colors = _first_colors(layers, rims, source, config.start_reach_px)
    painted = np.column_stack([colors, planes])
    (unseen,) = np.nonzero(layers.hidden)
    seen = None
    _diffuse(painted, layers.links, unseen, config.sweeps, config.over_relaxation)
    inverse_depth = _heights(layers, painted[:, 3:])
    inverse_depth = keep_behind(layers, inverse_depth, config.behind_px / parallax_px)
    if second_eye is not None:
        sight = look(replace(layers, inverse_depth=inverse_depth), second_eye)
        seen = sight.seen
        painted[seen, :3] = sight.color[seen]
        unseen = unseen[~seen[unseen]]
        if seen.any():
            _diffuse(painted, layers.links, unseen, config.second_sweeps, config.over_relaxation)
    color = painted[:, :3]
    mirrored = source[find_mirrored(layers, anchor)[unseen]]
    color[unseen] += config.detail * texture_of(layers, rims, mirrored, config.detail_reach_px)
    color[:shown] = layers.color[:shown]
    return replace(
        layers,
        color=np.clip(np.rint(color), 0, 255).astype(np.uint8),
        inverse_depth=inverse_depth,
        seen=seen,
    )


def _first_colors(
    layers: LayeredImage, rims: np.ndarray, source: np.ndarray, reach: int
) -> Float32[np.ndarray, "n 3"]:
    """What the diffusion starts from and, where pixels are visible, keeps.

    Behind a front that is the mean around where a pixel grew from; far from all that is known,
    where the diffusion hardly comes, one pixel's colour would be no better a guess than another's.
    Beyond the border, rows and columns go on as they are.
    """
    colors = layers.color[source].astype(np.float32)
    behind = layers.hidden & layers.inside
    colors[behind] = smooth_of(layers, rims, source[layers.home[behind]], reach)
    colors[~layers.inside] = layers.color[~layers.inside]
    return np.asarray(colors)


def _planes(
    layers: LayeredImage, rims: np.ndarray, source: np.ndarray, parallax_px: float
) -> Float32[np.ndarray, "n 3"]:
    """Of each pixel, the plane through it: inverse depth at (0, 0), and its slopes across and down.

    A hidden pixel has that of where it grew from, as yet. Of visible pixels, only those beside
    hidden ones have slopes.
    """
    shown = layers.visible_count
    beside = layers.links[shown:].ravel()
    beside = np.unique(beside[(beside >= 0) & (beside < shown)])
    inner, number = np.unique(source[beside], return_inverse=True)
    planes = np.zeros((len(layers.x), 3), np.float32)
    planes[beside, 1:] = measure_slopes(layers, rims, inner, parallax_px)[number]
    rise = planes[:, 1] * layers.x + planes[:, 2] * layers.y
    planes[:, 0] = layers.inverse_depth - rise
    return np.asarray(planes[layers.home])


def _heights(layers: LayeredImage, planes: np.ndarray) -> np.ndarray:
    """Inverse depth (n,) of hidden pixels on their planes, and of all others as it is.

    It is between half and twice that of where the pixel grew from, wherever slopes may lead.
    """
    height = planes[:, 0] + planes[:, 1] * layers.x + planes[:, 2] * layers.y
    start = layers.inverse_depth[layers.home]
    limited = np.clip(height, start / 2, 2 * start)
    return np.where(layers.hidden, limited, layers.inverse_depth).astype(np.float32)


def keep_behind(layers: LayeredImage, inverse_depth: np.ndarray, gap: float) -> np.ndarray:
    """Inverse depth (n,) where hidden pixels lie `gap` behind the visible one at their place."""
    inside = layers.inside & layers.hidden
    front = layers.inverse_depth[layers.y[inside] * layers.width + layers.x[inside]]
    limited = inverse_depth.copy()
    limited[inside] = np.minimum(limited[inside], np.maximum(front - gap, 0.5 * front))
    return limited


@njit(cache=True)
def find_anchors(links: np.ndarray, visible: int) -> np.ndarray:
    """The nearest visible pixel along links of each pixel (n,), -1 where there is none."""
    n = len(links)
    anchor = np.full(n, -1, np.int32)
    queue = np.empty(n, np.int32)
    last = 0
    for i in range(visible):
        anchor[i] = i
    for i in range(visible):
        for direction in range(4):
            j = links[i, direction]
            if j >= visible and anchor[j] < 0:
                anchor[j] = i
                queue[last] = j
                last += 1
    first = 0
    while first < last:
        i = queue[first]
        first += 1
        for direction in range(4):
            j = links[i, direction]
            if j >= visible and anchor[j] < 0:
                anchor[j] = anchor[i]
                queue[last] = j
                last += 1
    return anchor


@njit(cache=True)
def _diffuse(
    value: np.ndarray, links: np.ndarray, free: np.ndarray, sweeps: int, over_relaxation: float
) -> None:
    """Solves Laplace's equation for the free pixels' values (n, 6), in place.

    By successive over-relaxation; each sweep goes forth and back.
    """
    last = len(free) - 1
    keep = np.float32(1 - over_relaxation)
    for sweep in range(2 * sweeps):
        for k in range(len(free)):
            i = free[k if sweep % 2 == 0 else last - k]
            red = green = blue = offset = across = down = np.float32(0)
            neighbours = 0
            for direction in range(4):
                j = links[i, direction]
                if j >= 0:
                    red += value[j, 0]
                    green += value[j, 1]
                    blue += value[j, 2]
                    offset += value[j, 3]
                    across += value[j, 4]
                    down += value[j, 5]
                    neighbours += 1
            if neighbours > 0:
                share = np.float32(over_relaxation / neighbours)
                value[i, 0] = keep * value[i, 0] + share * red
                value[i, 1] = keep * value[i, 1] + share * green
                value[i, 2] = keep * value[i, 2] + share * blue
                value[i, 3] = keep * value[i, 3] + share * offset
                value[i, 4] = keep * value[i, 4] + share * across
                value[i, 5] = keep * value[i, 5] + share * down
