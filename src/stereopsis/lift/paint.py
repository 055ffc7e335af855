"""Paints hidden surfaces patch by patch: with a network, or with whatever fills holes."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
from jaxtyping import Float32

from stereopsis.lift.continued import Continued, describe
from stereopsis.lift.inpaint import InpaintConfig, find_anchors, keep_behind
from stereopsis.lift.unfold import unfold
from stereopsis.runtime.network import Network
from stereopsis.scene.layers import LayeredImage

AT_ONCE = 16  # patches in one run of a network: more only take more memory

Colors = Float32[np.ndarray, "n s s 3"]
Parallaxes = Float32[np.ndarray, "n s s"]
Painter = Callable[[Continued], tuple[Colors, Parallaxes]]  # what stands in the holes of patches


def paint(layers: LayeredImage, parallax_px: float, painter: Painter) -> LayeredImage:
    """The layered image with its hidden surfaces painted anew; `layers` hold a guess of them.

    Surfaces too small for a patch keep the guess. Hidden pixels stay behind what the photo shows at
    their place, as inpaint() keeps them; one unit of inverse depth makes `parallax_px`.
    """
    patches = unfold(layers)
    if not len(patches):
        return layers
    anchor, _ = find_anchors(layers.links, layers.visible_count)
    shown = describe(patches, layers, anchor, parallax_px)
    color, parallax = painter(shown)
    height = shown.inverse_depth(parallax, parallax_px)[..., None]
    painted, covered = patches.fold(np.concatenate([color, height], -1), len(layers.x))
    changed = covered & layers.hidden
    colors, inverse_depth = layers.color.copy(), layers.inverse_depth.copy()
    colors[changed] = np.clip(np.rint(painted[changed, :3]), 0, 255)
    inverse_depth[changed] = painted[changed, 3]
    gap = InpaintConfig.behind_px / parallax_px
    inverse_depth = keep_behind(layers, inverse_depth, gap)
    return replace(layers, color=colors, inverse_depth=inverse_depth)


def network_painter(network: Network) -> Painter:
    """The painter that a network is: see stereopsis.nets.inpaint."""

    def painter(shown: Continued) -> tuple[Colors, Parallaxes]:
        answers = [network.run(*_inputs(part)) for part in _parts(shown)]
        color, parallax = (np.concatenate(each) for each in zip(*answers, strict=True))
        return color, parallax

    return painter


def _inputs(shown: Continued) -> tuple[np.ndarray, ...]:
    return shown.color, shown.parallax, shown.hole, shown.known


def _parts(shown: Continued) -> list[Continued]:
    """The patches, AT_ONCE at a time."""
    return [
        Continued(*(getattr(shown, each.name)[start : start + AT_ONCE] for each in fields(shown)))
        for start in range(0, len(shown.hole), AT_ONCE)
    ]
