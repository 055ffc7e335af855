"""The fringe: a strip along silhouettes that a front covers in part, for soft edges."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8

from stereopsis.lift.atlas import PHOTO_CHART, Atlas
from stereopsis.lift.front_edges import FrontEdges, Samples, find_front_edges, pixel_at, sample
from stereopsis.lift.soften import MixedRim, only
from stereopsis.lift.triangulate import Surface
from stereopsis.scene.layers import LayeredImage

STEP_PX = 0.5  # of the ways out of fronts and into them, along which coverage is summed up
WAY_OUT = np.arange(0.25, 2.0, STEP_PX)
WAY_IN = np.arange(-1.25, 0.0, STEP_PX)
MOST_AMENDS = 24.0  # grey levels; more would be seen once the eye moves


@dataclass(frozen=True)
class FringeConfig:
    """How fringes are drawn. Lengths are pixels of the layered image."""

    width_px: float = 1.25  # of the strip; what is covered fades out over it
    inside_px: float = 3.0  # its colour is the front's, so far inside the silhouette
    drawn: float = 0.8  # share of the reach: outlines that reach too far cannot be taken back
    least_px: float = 0.1  # a front that reaches less beyond its outline has no fringe
    most_triangles: float = 0.08  # as a share of the surface's
    resting: float = 0.5  # share of what the strip gets wrong at rest that the rim makes up for
    longest_miter: float = 1.5  # times the width, at corners


@dataclass(frozen=True)
class Strip:
    """Triangles beside a surface's silhouettes, in pixels of the layered image.

    Each vertex has the colour that the photo shows at `color_at`, and covers what is behind it
    by `coverage`, 0 to 1.
    """

    position: Float32[np.ndarray, "v 2"]
    inverse_depth: Float32[np.ndarray, " v"]
    color_at: Float32[np.ndarray, "v 2"]
    coverage: Float32[np.ndarray, " v"]
    faces: Int32[np.ndarray, "t 3"]


def add_fringe(
    surface: Surface,
    layers: LayeredImage,
    atlas: Atlas,
    rim: MixedRim,
    config: FringeConfig = FringeConfig(),
) -> tuple[Strip, LayeredImage]:
    """A strip that carries what fronts cover of the rim, and the layers without it there.

    The strip follows the surface's own outline, which simplification moved by up to a pixel: how
    far a front truly reaches beyond it is what the photo's colours say, summed across the edge.
    Rims beside edges that would need a fringe and got none keep their mixed colours, and so do
    those whose texture is the photo's own.
    """
    rim = only(rim, atlas.chart[rim.pixel] != PHOTO_CHART)
    edges = find_front_edges(surface, layers)
    samples = sample(surface, edges)
    reach_px, told = _reach(layers, rim, edges, samples)
    ends_px = config.drawn * _at_ends(edges, samples, reach_px, told)
    is_told = np.bincount(samples.edge, told, len(edges.start)) > 0
    needy = is_told & (ends_px.max(1, initial=0.0) > config.least_px)
    drawn = _most_needy(edges, ends_px, needy, int(config.most_triangles * len(surface.faces)) // 2)
    near = _beside(layers, edges, samples, is_told & (drawn | ~needy))
    fringed = _coverage_beside(layers, edges, samples, np.where(drawn[:, None], ends_px, 0), config)
    rim = only(rim, np.isin(rim.pixel, near))
    color = layers.color.copy()
    color[rim.pixel] = _behind(rim, layers.color[rim.pixel], fringed[rim.pixel], config.resting)
    return _extrude(surface, layers, edges, ends_px, drawn, config), replace(layers, color=color)


def _coverage_beside(
    layers: LayeredImage,
    edges: FrontEdges,
    samples: Samples,
    ends_px: np.ndarray,
    config: FringeConfig,
) -> Float32[np.ndarray, " visible"]:
    """How much the strip covers of each visible pixel's centre, as seen at rest."""
    outward = edges.outward[samples.edge]
    start, end = ends_px[samples.edge].T
    reach_px = start + samples.share * (end - start)
    pixels, off, cover = [], [], []
    for step in WAY_OUT:
        there, _ = pixel_at(layers, samples.position + np.float32(step) * outward)
        center = np.column_stack([layers.x[there], layers.y[there]]) + 0.5 - samples.position
        out_px = (center * outward).sum(1)
        fade = np.clip(1 - out_px / config.width_px, 0, 1)
        pixels.append(there)
        off.append((center**2).sum(1) - out_px**2)
        cover.append(fade * np.clip(2 * reach_px / config.width_px, 0, 1))
    nearest_last = np.argsort(-np.concatenate(off), kind="stable")
    coverage = np.zeros(layers.visible_count, np.float32)
    coverage[np.concatenate(pixels)[nearest_last]] = np.concatenate(cover)[nearest_last]
    return coverage


def _behind(
    rim: MixedRim, shown: np.ndarray, fringed: np.ndarray, resting: float
) -> UInt8[np.ndarray, "k 3"]:
    """The rim's colours behind the strip: clean, but `resting` of the way to what hides it."""
    free = np.maximum(1 - fringed, 0.25)[:, None]
    unseen = (shown - fringed[:, None] * rim.front) / free
    amends = np.clip(np.float32(resting) * (unseen - rim.clean), -MOST_AMENDS, MOST_AMENDS)
    color = rim.clean + amends
    return np.asarray(np.clip(np.rint(color), 0, 255), np.uint8)


def _reach(
    layers: LayeredImage, rim: MixedRim, edges: FrontEdges, samples: Samples
) -> tuple[Float32[np.ndarray, " s"], Bool[np.ndarray, " s"]]:
    """How many pixels fronts cover beyond their outline, less what they lack within; who can say.

    A pixel of a rim is covered by its share, any other one whole if it is as near as the front.
    """
    share = np.full(layers.visible_count, np.nan, np.float32)
    share[rim.pixel] = rim.coverage
    reach_px = np.zeros(len(samples.edge), np.float32)
    told = np.zeros(len(samples.edge), np.bool_)
    for way, lacks in ((WAY_OUT, 0.0), (WAY_IN, 1.0)):
        for step in way:
            there, inside = pixel_at(
                layers, samples.position + np.float32(step) * edges.outward[samples.edge]
            )
            is_front = layers.inverse_depth[there] > 0.98 * samples.inverse_depth
            is_rim = ~np.isnan(share[there]) & inside
            covered = np.where(is_rim, share[there], is_front & inside)
            reach_px += np.float32(STEP_PX) * (covered - np.float32(lacks))
            told |= is_rim & (step < 1.5)
    return reach_px, told


def _at_ends(
    edges: FrontEdges, samples: Samples, reach_px: np.ndarray, told: np.ndarray
) -> Float32[np.ndarray, "e 2"]:
    """The reach at the start and end of each edge; ends that edges share have the same one."""
    vertices = int(max(edges.start.max(initial=0), edges.end.max(initial=0))) + 1
    total, weight = np.zeros(vertices), np.zeros(vertices)
    for vertex, near in ((edges.start, 1 - samples.share), (edges.end, samples.share)):
        at = vertex[samples.edge]
        total += np.bincount(at, near * reach_px * told, vertices)
        weight += np.bincount(at, near * told, vertices)
    mean = total / np.maximum(weight, 1e-9)
    return np.column_stack([mean[edges.start], mean[edges.end]]).astype(np.float32)


def _most_needy(
    edges: FrontEdges, ends_px: np.ndarray, needy: np.ndarray, most: int
) -> Bool[np.ndarray, " e"]:
    """At most so many of the needy edges, those first along which fronts cover most."""
    area = np.where(needy, ends_px.clip(0).mean(1) * edges.length_px, 0.0)
    chosen = np.zeros(len(needy), np.bool_)
    chosen[np.argsort(-area, kind="stable")[:most]] = True
    return np.asarray(chosen & needy, np.bool_)


def _beside(
    layers: LayeredImage, edges: FrontEdges, samples: Samples, chosen: np.ndarray
) -> np.ndarray:
    """The visible pixels next to the chosen edges, on the outer side."""
    along = chosen[samples.edge]
    outward = edges.outward[samples.edge[along]]
    steps = WAY_OUT[WAY_OUT < 1.5, None, None]
    there, inside = pixel_at(layers, samples.position[along] + steps * outward)
    return np.unique(there[inside])


def _extrude(
    surface: Surface,
    layers: LayeredImage,
    edges: FrontEdges,
    ends_px: np.ndarray,
    drawn: np.ndarray,
    config: FringeConfig,
) -> Strip:
    """The strip along the drawn edges: two triangles for each, joined where edges meet."""
    start, end = edges.start[drawn], edges.end[drawn]
    outward, ends_px = edges.outward[drawn], ends_px[drawn]
    vertex, corner = np.unique(np.concatenate([start, end]), return_inverse=True)
    shift = _miters(corner, np.concatenate([outward, outward]), len(vertex), config.longest_miter)
    inner = surface.position[vertex]
    depth = surface.inverse_depth[vertex]
    reach = np.zeros(len(vertex), np.float32)
    reach[corner] = ends_px.T.ravel()
    coverage = np.clip(2 * reach / config.width_px, 0.0, 1.0).astype(np.float32)
    outer = (inner + config.width_px * shift).astype(np.float32)
    color_at = _inside(layers, inner, -shift, depth, config.inside_px)
    a, b = np.split(corner.astype(np.int32), 2)
    c, d = a + len(vertex), b + len(vertex)
    return Strip(
        np.concatenate([inner, outer]),
        np.concatenate([depth, depth]),
        np.concatenate([color_at, color_at]),
        np.concatenate([coverage, np.zeros_like(coverage)]),
        np.concatenate([np.column_stack([a, c, b]), np.column_stack([b, c, d])]).astype(np.int32),
    )


def _miters(
    corner: np.ndarray, outward: np.ndarray, vertices: int, longest: float
) -> Float32[np.ndarray, "v 2"]:
    """Where a line one pixel outside of all edges turns, as seen from each vertex."""
    total = np.column_stack([np.bincount(corner, outward[:, k], vertices) for k in range(2)])
    count = np.bincount(corner, minlength=vertices)
    mean = total / np.maximum(count, 1)[:, None]
    square = np.maximum((mean**2).sum(1, keepdims=True), 1e-6)
    miter = mean / square
    length = np.sqrt((miter**2).sum(1, keepdims=True))
    return np.asarray(miter * np.minimum(1.0, longest / np.maximum(length, 1e-6)), np.float32)


def _inside(
    layers: LayeredImage,
    position: np.ndarray,
    inward: np.ndarray,
    inverse_depth: np.ndarray,
    most_px: float,
) -> Float32[np.ndarray, "v 2"]:
    """Places within the front of each vertex: so far inside, or in the middle where it is thin."""
    unit = inward / np.maximum(np.hypot(inward[:, 0], inward[:, 1]), 1e-6)[:, None]
    depth_px = np.zeros(len(position), np.float32)
    on = np.ones(len(position), np.bool_)
    for step in np.arange(STEP_PX, 2 * most_px + STEP_PX, STEP_PX, dtype=np.float32):
        there, inside = pixel_at(layers, position + step * unit)
        on &= inside & (layers.inverse_depth[there] > 0.9 * inverse_depth)
        depth_px[on] = step
    return np.asarray(position + np.minimum(most_px, depth_px / 2)[:, None] * unit, np.float32)
