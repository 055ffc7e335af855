"""Paints the hidden pixels from the surfaces that they continue."""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float32
from numba import njit

from stereopsis.lift.rims import clean_sources, find_rims
from stereopsis.lift.second_eye import look
from stereopsis.lift.slopes import SlopeConfig, measure_slopes
from stereopsis.lift.texture import find_mirrored, smooth_of, texture_of
from stereopsis.scene.layers import LayeredImage
from stereopsis.scene.second_eye import SecondEye

COLOR = 3  # columns of what is diffused; a plane's three follow


@dataclass(frozen=True)
class InpaintConfig:
    """How hidden pixels are painted."""

    sweeps: int = 40  # of the diffusion
    second_sweeps: int = 20  # once a second eye has shown some more
    relaxation: float = 1.9  # above 1: over-relaxation, which goes faster
    start_reach_px: int = 12  # of the mean that a hidden pixel starts from
    detail: float = 0.3  # share of the mirrored texture that is laid over the diffusion
    behind_px: float = 2.0  # keeps a hidden surface from showing through the one before it
    detail_reach_px: int = 5  # texture is what differs from the mean of so many pixels around
    slopes: SlopeConfig = field(default_factory=SlopeConfig)


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
    rims = find_rims(layers)
    source = clean_sources(layers, rims)
    beside = layers.links[shown:].ravel()
    beside = np.unique(beside[(beside >= 0) & (beside < shown)])
    painted = np.zeros((len(layers.x), COLOR + 3), np.float32)
    painted[beside, :COLOR] = layers.color[source[beside]]
    painted[shown:, :COLOR] = _first_colors(layers, rims, source, config.start_reach_px)
    _lay_planes(painted, layers, rims, (beside, source), parallax_px, config.slopes)
    unseen = np.arange(shown, len(layers.x), dtype=np.int32)
    _diffuse(painted, layers.links, _checkered(layers, unseen), config.sweeps, config.relaxation)
    inverse_depth = _heights(layers, painted[shown:, COLOR:])
    inverse_depth = keep_behind(layers, inverse_depth, config.behind_px / parallax_px)
    seen = None
    if second_eye is not None:
        sight = look(replace(layers, inverse_depth=inverse_depth), second_eye)
        seen = sight.seen
        painted[seen, :COLOR] = sight.color[seen]
        unseen = unseen[~seen[unseen]]
        if seen.any():
            free = _checkered(layers, unseen)
            _diffuse(painted, layers.links, free, config.second_sweeps, config.relaxation)
    anchor = find_anchors(layers.links, shown)
    mirrored = source[find_mirrored(layers, anchor)[unseen]]
    texture = texture_of(layers, rims, mirrored, config.detail_reach_px)
    painted[unseen, :COLOR] += config.detail * texture
    color = layers.color.copy()
    color[shown:] = np.clip(np.rint(painted[shown:, :COLOR]), 0, 255)
    return replace(layers, color=color, inverse_depth=inverse_depth, seen=seen)


def _first_colors(
    layers: LayeredImage, rims: np.ndarray, source: np.ndarray, reach: int
) -> Float32[np.ndarray, "hidden 3"]:
    """What the diffusion starts from where pixels are hidden.

    Behind a front that is the mean around where a pixel grew from; far from all that is known,
    where the diffusion hardly comes, one pixel's colour would be no better a guess than another's.
    Beyond the border, rows and columns go on as they are.
    """
    hidden = slice(layers.visible_count, None)
    colors = layers.color[hidden].astype(np.float32)
    behind = layers.inside[hidden]
    homes = source[layers.home[hidden][behind]]
    colors[behind] = smooth_of(layers, rims, homes, reach)
    return colors


def _lay_planes(
    painted: np.ndarray,
    layers: LayeredImage,
    rims: np.ndarray,
    known: tuple[np.ndarray, np.ndarray],
    parallax_px: float,
    slopes: SlopeConfig,
) -> None:
    """Writes the plane through each pixel: inverse depth at (0, 0), and its slopes across and down.

    A hidden pixel has that of where it grew from, as yet. Of visible pixels, only the `known` ones,
    beside hidden ones, have slopes: those at their clean sources.
    """
    beside, source = known
    shown = layers.visible_count
    inner, number = np.unique(source[beside], return_inverse=True)
    planes = np.zeros((shown, 3), np.float32)
    planes[:, 0] = layers.inverse_depth[:shown]
    planes[beside, 1:] = measure_slopes(layers, rims, inner, parallax_px, slopes)[number]
    place = np.column_stack([layers.x[beside], layers.y[beside]])
    planes[beside, 0] -= (planes[beside, 1:] * place).sum(1)
    for taken in (beside, slice(shown, None)):
        painted[taken, COLOR:] = planes[layers.home[taken]]


def _heights(layers: LayeredImage, planes: np.ndarray) -> np.ndarray:
    """Inverse depth (n,) of hidden pixels on their planes, and of all others as it is."""
    hidden = slice(layers.visible_count, None)
    inverse_depth = layers.inverse_depth.copy()
    inverse_depth[hidden] = (
        planes[:, 0] + planes[:, 1] * layers.x[hidden] + planes[:, 2] * layers.y[hidden]
    )
    return near_home(layers, inverse_depth)


def near_home(layers: LayeredImage, inverse_depth: np.ndarray) -> np.ndarray:
    """Inverse depth (n,) between half and twice that of where each pixel grew from.

    So it is finite and in front of the camera, wherever slopes or networks may lead.
    """
    start = layers.inverse_depth[layers.home]
    return np.asarray(np.clip(inverse_depth, start / 2, 2 * start))


def keep_behind(layers: LayeredImage, inverse_depth: np.ndarray, gap: float) -> np.ndarray:
    """Inverse depth (n,) where hidden pixels lie `gap` behind the visible one at their place."""
    (behind,) = np.nonzero(layers.inside[layers.visible_count :])
    behind += layers.visible_count
    front = layers.inverse_depth[layers.y[behind] * layers.width + layers.x[behind]]
    limited = inverse_depth.copy()
    limited[behind] = np.minimum(limited[behind], np.maximum(front - gap, 0.5 * front))
    return limited


def _checkered(layers: LayeredImage, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Those of the pixels that lie on white squares of a chessboard, and those on black ones.

    Links join white pixels with black ones only.
    """
    is_black = (layers.x[free] + layers.y[free]) % 2 == 1
    return free[~is_black], free[is_black]


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
    value: np.ndarray,
    links: np.ndarray,
    free: tuple[np.ndarray, np.ndarray],
    sweeps: int,
    relaxation: float,
) -> None:
    """Solves Laplace's equation for the free pixels' values (n, 6), in place.

    By successive over-relaxation, white pixels of a chessboard first: none waits for another of
    its colour, so a processor works on several at once.
    """
    keep = np.float32(1 - relaxation)
    for sweep in range(2 * sweeps):
        for i in free[sweep % 2]:
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
                share = np.float32(relaxation / neighbours)
                value[i, 0] = keep * value[i, 0] + share * red
                value[i, 1] = keep * value[i, 1] + share * green
                value[i, 2] = keep * value[i, 2] + share * blue
                value[i, 3] = keep * value[i, 3] + share * offset
                value[i, 4] = keep * value[i, 4] + share * across
                value[i, 5] = keep * value[i, 5] + share * down
