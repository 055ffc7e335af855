"""Paints hidden surfaces patch by patch: with a network, or with whatever fills holes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from stereopsis.errors import WeightsError
from stereopsis.lift.continued import Continued, describe
from stereopsis.lift.inpaint import InpaintConfig, find_anchors, keep_behind, near_home
from stereopsis.lift.unfold import unfold
from stereopsis.runtime.manifest import Port
from stereopsis.runtime.network import Network
from stereopsis.scene.layers import LayeredImage

AT_ONCE = 16  # patches in one run of a network: more only take more memory

# What a network is given and gives back.
INPUTS = (
    Port("color", "float32", ("n", "h", "w", 3), "sRGB, 0..255; in holes a guess"),
    Port(
        "parallax",
        "float32",
        ("n", "h", "w"),
        "px at the rim of the viewing cone, from the plane that continues what is known",
    ),
    Port("hole", "uint8", ("n", "h", "w"), "1 where something hidden is to be painted, else 0"),
    Port("known", "uint8", ("n", "h", "w"), "1 where the photo shows it, else 0"),
)
OUTPUTS = (
    Port("painted_color", "float32", ("n", "h", "w", 3), "sRGB, 0..255"),
    Port("painted_parallax", "float32", ("n", "h", "w"), "px, from the same plane"),
)

Colors = Float32[np.ndarray, "n s s 3"]
Parallaxes = Float32[np.ndarray, "n s s"]
Painter = Callable[[Continued], tuple[Colors, Parallaxes]]  # what stands in the holes of patches


class Window(NamedTuple):
    """The part of a patch in which something is shown."""

    patch: int
    rows: slice
    columns: slice


def paint(layers: LayeredImage, parallax_px: float, painter: Painter) -> LayeredImage:
    """The layered image with what is invented painted anew; `layers` hold a guess of it.

    Surfaces too small for a patch keep the guess. Hidden pixels stay near the depth that they grew
    from and behind what the photo shows at their place, as inpaint() keeps them; one unit of
    inverse depth makes `parallax_px`.
    """
    patches = unfold(layers)
    if not len(patches):
        return layers
    anchor = find_anchors(layers.links, layers.visible_count)
    shown = describe(patches, layers, anchor, parallax_px)
    color, parallax = painter(shown)
    height = shown.inverse_depth(parallax, parallax_px)[..., None]
    painted, covered = patches.fold(np.concatenate([color, height], -1), len(layers.x))
    changed = covered & layers.invented
    colors, inverse_depth = layers.color.copy(), layers.inverse_depth.copy()
    colors[changed] = np.clip(np.rint(painted[changed, :3]), 0, 255)
    inverse_depth[changed] = near_home(layers, painted[:, 3])[changed]
    gap = InpaintConfig.behind_px / parallax_px
    inverse_depth = keep_behind(layers, inverse_depth, gap)
    return replace(layers, color=colors, inverse_depth=inverse_depth)


def network_painter(network: Network) -> Painter:
    """The painter that a network is: see stereopsis.nets.inpaint.

    It is run on what patches show, without the empty space around it.

    Raises:
        WeightsError: it is a network for something else.
    """
    for own, wanted in ((network.manifest.inputs, INPUTS), (network.manifest.outputs, OUTPUTS)):
        if [_kind(port) for port in own] != [_kind(port) for port in wanted]:
            raise WeightsError(
                f"The network {network.manifest.name} paints no hidden surfaces.",
                "Give one that stereopsis.train.release_inpaint wrote.",
            )

    def painter(shown: Continued) -> tuple[Colors, Parallaxes]:
        color, parallax = shown.color.copy(), shown.parallax.copy()
        for windows in _groups(shown, network.manifest.multiple):
            cut = [
                np.stack([whole[window] for window in windows])
                for whole in (shown.color, shown.parallax, shown.hole, shown.known)
            ]
            for window, *painted in zip(windows, *network.run(*cut), strict=True):
                color[window], parallax[window] = painted
        return color, parallax

    return painter


def _kind(port: Port) -> tuple[str, str, tuple[int | str, ...]]:
    return port.name, port.dtype, port.shape


def _groups(shown: Continued, multiple: int) -> Iterator[list[Window]]:
    """The windows of all patches, AT_ONCE of one size at a time; sides are multiples of this."""
    by_size: dict[tuple[int, int], list[Window]] = {}
    for patch, there in enumerate((shown.hole | shown.known).astype(bool)):
        rows, columns = (_span(there.any(axis), multiple) for axis in (1, 0))
        size = rows.stop - rows.start, columns.stop - columns.start
        by_size.setdefault(size, []).append(Window(patch, rows, columns))
    for windows in by_size.values():
        for first in range(0, len(windows), AT_ONCE):
            yield windows[first : first + AT_ONCE]


def _span(there: np.ndarray, multiple: int) -> slice:
    """From the first place where something is to the last, made a multiple of this."""
    assert len(there) % multiple == 0
    places = np.flatnonzero(there)
    length = multiple * -(-(places[-1] - places[0] + 1) // multiple)
    start = int(min(places[0], len(there) - length))
    return slice(start, start + int(length))
