"""Removes the vertices that a viewer would not miss."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from stereopsis.lift import star as around
from stereopsis.lift.outline import LOCKED, NONE, Outline, close_gap, stays_near, trace
from stereopsis.lift.star import Net
from stereopsis.lift.triangulate import Surface

FEWEST_REMOVED = 0.005  # share of the vertices; a pass that removes fewer is the last


@dataclass(frozen=True)
class SimplifyConfig:
    """What may change. Lengths are pixels of the layered image."""

    parallax_px: float = 0.5  # a removed vertex, seen from the rim of the cone
    texture_px: float = 0.5  # the texture along an edge, bent by perspective
    silhouette_px: float = 0.75  # a removed vertex of a silhouette, sideways
    seam_px: float = 1.5  # the same where two charts meet; less than their padding
    end_px: float = 2.5  # the same where a hidden surface ends; less than its margin
    passes: int = 8


class Limits(NamedTuple):
    """What one pass may change."""

    depth: float  # inverse depth
    line_px: np.ndarray  # float32 (4,): sideways, by the kind of line
    texture_px: float


class Candidate(NamedTuple):
    """A vertex that may go, the faces around it, and all vertices that it takes along."""

    vertex: int
    star: np.ndarray
    covered: np.ndarray


def simplify(
    surface: Surface, parallax_px: float, config: SimplifyConfig = SimplifyConfig()
) -> Surface:
    """The surface with as many vertices removed, by edge collapse, as the tolerances allow.

    Every removed vertex is remembered by the triangle that covers it, whose inverse depth there
    stays within the tolerance (`parallax_px` pixels per unit of inverse depth): the error is
    bounded, not estimated. It is measured in inverse depth because planes are affine in that.
    Silhouettes, seams and ends stay near every vertex they had and keep the corners where they
    meet. Texture is interpolated in space, not in the picture, which bends it along an edge by up
    to length * |a - b| / (2 (a + b)) pixels for inverse depths a and b at its ends; no edge may
    bend it by more than `texture_px`.
    """
    line_px = np.array([0.0, config.end_px, config.seam_px, config.silhouette_px], np.float32)
    outline = trace(surface)
    net = around.weave(surface.position, surface.inverse_depth, surface.faces.copy())
    depth_limit = config.parallax_px / parallax_px
    present = np.ones(len(surface.position), np.bool_)
    original = Outline(outline.neighbours.copy(), outline.kind)
    for step in range(config.passes):
        share = min(1.0, (step + 1) / (config.passes - 2))  # what costs least goes first
        limits = Limits(share * depth_limit, share * line_px, config.texture_px)
        removed = _sweep(net, outline, original, present, limits)
        if share == 1.0 and removed < FEWEST_REMOVED * len(present):
            break
    used, faces = np.unique(net.faces[net.alive], return_inverse=True)
    return Surface(
        surface.position[used],
        surface.inverse_depth[used],
        faces.reshape(-1, 3).astype(np.int32),
        surface.chart[net.alive],
        surface.hidden[net.alive],
    )


@njit(cache=True)
def _sweep(
    net: Net,
    outline: Outline,
    original: Outline,
    present: np.ndarray,
    limits: Limits,
) -> int:
    """Tries to remove each vertex once, and says how many it did."""
    star_room = np.empty(around.MOST_FACES, np.int32)
    covered_room = np.empty(around.MOST_COVERED, np.int32)
    removed = 0
    for u in range(len(present)):
        if not present[u] or outline.neighbours[u, 0] == LOCKED:
            continue
        star = around.faces_around(net, u, star_room)
        covered = around.covered_with(net, star, u, covered_room)
        if len(star) == 0 or len(covered) == 0:
            continue
        v = _best_target(net, outline, original, present, Candidate(u, star, covered), limits)
        if v != NONE:
            around.collapse(net, star, u, v, covered)
            close_gap(outline, u, v)
            present[u] = False
            removed += 1
    return removed


@njit(cache=True)
def _best_target(
    net: Net,
    outline: Outline,
    original: Outline,
    present: np.ndarray,
    candidate: Candidate,
    limits: Limits,
) -> int:
    """The neighbour into which u collapses with the least error, or NONE."""
    u, star, covered = candidate
    on_line = outline.neighbours[u, 0] != NONE
    best, least = NONE, limits.depth
    for face in star:
        a, b = around.next_two(net.faces, face, u)
        for v in (a, b):
            if on_line:  # it may only move along its line
                if v != outline.neighbours[u, 0] and v != outline.neighbours[u, 1]:
                    continue
            elif v == b:
                continue  # inside a surface every neighbour comes first in one face
            if not around.keeps_shape(net, star, u, v, limits.texture_px):
                continue
            if on_line and not stays_near(
                outline, original, net.position, present, (u, v), limits.line_px[outline.kind[u]]
            ):
                continue
            if not around.keeps_topology(net, star, u, v):
                continue
            error = around.error_after(net, star, u, v, covered, least)
            if error < least:
                best, least = v, error
    return best
