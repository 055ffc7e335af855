"""Paints the hidden pixels from the surfaces that they continue."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numba import njit

from stereopsis.lift.second_eye import look
from stereopsis.scene.layers import DOWN, LEFT, OPPOSITE, RIGHT, UP, LayeredImage
from stereopsis.scene.second_eye import SecondEye


@dataclass(frozen=True)
class InpaintConfig:
    """How hidden pixels are painted."""

    sweeps: int = 50  # of the diffusion; each goes forth and back
    second_sweeps: int = 10  # of the colours alone, once a second eye has shown some more
    over_relaxation: float = 1.7
    clean_px: int = 2  # colours this near to a silhouette are mixed with the front's
    detail: float = 0.3  # share of the mirrored texture that is laid over the diffusion
    behind_px: float = 2.0  # keeps a hidden surface from showing through the one before it
    detail_sigma_px: float = 3.0  # texture is what a Gaussian this wide removes


def inpaint(
    layers: LayeredImage,
    parallax_px: float,
    config: InpaintConfig = InpaintConfig(),
    second_eye: SecondEye | None = None,
) -> LayeredImage:
    """The layered image with colour and inverse depth of its hidden pixels painted.

    Both diffuse along links only (Laplace's equation, visible pixels fixed), so a front never
    bleeds into what it hides. Over the smooth colour lies the photo's own texture, mirrored at
    the silhouette: the hidden pixel d steps behind it shows the detail of the pixel d steps
    before it. Hidden pixels stay behind what the photo shows at their place, by `behind_px` of
    parallax, of which one unit of inverse depth makes `parallax_px`.

    What a `second_eye` saw of the hidden pixels is not invented: it has the colours of that eye's
    picture, and they diffuse into the rest as those of visible pixels do. Depth stays the same.
    """
    if len(layers.x) == layers.visible_count:
        return layers
    shown = layers.visible_count
    anchor, step = find_anchors(layers.links, shown)
    source = np.arange(len(layers.x))
    source[:shown] = _clean_sources(layers.links, anchor, step, shown, config.clean_px)
    painted = np.column_stack([layers.color[source], layers.inverse_depth]).astype(np.float32)
    (unseen,) = np.nonzero(layers.hidden)
    seen = None
    _diffuse(painted, layers.links, unseen, config.sweeps, config.over_relaxation)
    inverse_depth = keep_behind(layers, painted[:, 3], config.behind_px / parallax_px)
    if second_eye is not None:
        sight = look(replace(layers, inverse_depth=inverse_depth), second_eye)
        seen = sight.seen
        painted[seen, :3] = sight.color[seen]
        unseen = unseen[~seen[unseen]]
        if seen.any():
            _diffuse(painted, layers.links, unseen, config.second_sweeps, config.over_relaxation)
    color = painted[:, :3]
    mirrored = _mirrored(layers.links, layers.x, layers.y, anchor, config.clean_px)
    color[unseen] += config.detail * _detail(layers, config.detail_sigma_px)[mirrored[unseen]]
    color[:shown] = layers.color[:shown]
    return replace(
        layers,
        color=np.clip(np.rint(color), 0, 255).astype(np.uint8),
        inverse_depth=inverse_depth,
        seen=seen,
    )


def _detail(layers: LayeredImage, sigma_px: float) -> np.ndarray:
    """What a Gaussian takes from the photo, int16 (visible, 3)."""
    picture = layers.color[: layers.visible_count].reshape(layers.height, layers.width, 3)
    smooth = cv2.GaussianBlur(picture, (0, 0), sigma_px)
    return (picture.astype(np.int16) - smooth).reshape(-1, 3)


def keep_behind(layers: LayeredImage, inverse_depth: np.ndarray, gap: float) -> np.ndarray:
    """Inverse depth (n,) where hidden pixels lie `gap` behind the visible one at their place."""
    inside = (layers.x >= 0) & (layers.x < layers.width)
    inside &= (layers.y >= 0) & (layers.y < layers.height) & layers.hidden
    front = layers.inverse_depth[layers.y[inside] * layers.width + layers.x[inside]]
    limited = inverse_depth.copy()
    limited[inside] = np.minimum(limited[inside], np.maximum(front - gap, 0.5 * front))
    return limited


@njit(cache=True)
def find_anchors(links: np.ndarray, visible: int) -> tuple[np.ndarray, np.ndarray]:
    """The nearest visible pixel along links of each pixel (n,), and the first step away from it."""
    n = len(links)
    anchor = np.full(n, -1, np.int32)
    step = np.full(n, -1, np.int8)
    queue = np.empty(n, np.int32)
    first = last = 0
    for i in range(visible):
        anchor[i] = i
        for direction in range(4):
            j = links[i, direction]
            if j >= visible and anchor[j] < 0:
                anchor[j], step[j] = i, direction
                queue[last] = j
                last += 1
    while first < last:
        i = queue[first]
        first += 1
        for direction in range(4):
            j = links[i, direction]
            if j >= visible and anchor[j] < 0:
                anchor[j], step[j] = anchor[i], step[i]
                queue[last] = j
                last += 1
    return anchor, step


@njit(cache=True)
def _walk(links: np.ndarray, i: int, direction: int, steps: int) -> int:
    """The pixel so many steps on, or the last one before the surface ends."""
    for _ in range(steps):
        if links[i, direction] < 0:
            break
        i = links[i, direction]
    return i


@njit(cache=True)
def _clean_sources(
    links: np.ndarray, anchor: np.ndarray, step: np.ndarray, visible: int, clean_px: int
) -> np.ndarray:
    """The visible pixel (visible,) whose colour stands for each one in the diffusion.

    Next to a silhouette the lens and the sensor mix in the front's colour; the same surface a few
    pixels away from the silhouette is clean.
    """
    source = np.arange(visible).astype(np.int32)
    for i in range(visible, len(links)):
        home = anchor[i]
        if home >= 0 and source[home] == home:
            clean = _walk(links, home, OPPOSITE[step[i]], clean_px)
            if clean < visible:
                source[home] = clean
    return source


@njit(cache=True)
def _diffuse(
    value: np.ndarray, links: np.ndarray, free: np.ndarray, sweeps: int, over_relaxation: float
) -> None:
    """Solves Laplace's equation for the free pixels' values (n, 4), in place.

    By successive over-relaxation; each sweep goes forth and back.
    """
    last = len(free) - 1
    keep = np.float32(1 - over_relaxation)
    for sweep in range(2 * sweeps):
        for k in range(len(free)):
            i = free[k if sweep % 2 == 0 else last - k]
            red = green = blue = depth = np.float32(0)
            neighbours = 0
            for direction in range(4):
                j = links[i, direction]
                if j >= 0:
                    red += value[j, 0]
                    green += value[j, 1]
                    blue += value[j, 2]
                    depth += value[j, 3]
                    neighbours += 1
            if neighbours > 0:
                share = np.float32(over_relaxation / neighbours)
                value[i, 0] = keep * value[i, 0] + share * red
                value[i, 1] = keep * value[i, 1] + share * green
                value[i, 2] = keep * value[i, 2] + share * blue
                value[i, 3] = keep * value[i, 3] + share * depth


@njit(cache=True)
def _mirrored(
    links: np.ndarray, x: np.ndarray, y: np.ndarray, anchor: np.ndarray, clean_px: int
) -> np.ndarray:
    """For each hidden pixel (n,) the visible one that lies as far on the other side of its anchor.

    The walk goes along links, so it stays on the surface that the hidden pixel continues.
    """
    n = len(links)
    mirrored = np.zeros(n, np.int32)
    for i in range(n):
        home = anchor[i]
        if home < 0 or home == i:
            mirrored[i] = max(home, 0)
            continue
        across, down = x[home] - x[i], y[home] - y[i]
        sideways = RIGHT if across > 0 else LEFT
        upright = DOWN if down > 0 else UP
        extra = clean_px if abs(across) >= abs(down) else 0
        j = _walk(links, home, sideways, abs(across) + extra)
        k = _walk(links, j, upright, abs(down) + (clean_px - extra))
        mirrored[i] = anchor[k]
    return mirrored
