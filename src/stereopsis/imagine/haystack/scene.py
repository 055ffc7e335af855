"""Scene: what a picture shows, drawn by chance, and the stage to trace it from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from stereopsis.imagine.haystack.places import (
    COLORS,
    PLACES,
    Light,
    Place,
    Rgb,
    difference,
    hue_of,
    paint,
)
from stereopsis.imagine.haystack.shot import Shot
from stereopsis.imagine.haystack.solids import SOLIDS
from stereopsis.imagine.haystack.stage import Illumination, Stage, Surroundings, Thing, View

FOCAL = 1.8  # picture widths: a portrait lens
SHIFT = 0.05  # the middle of a solid lies this much above the point that is aimed at
PALE, DARK = np.array([0.84, 0.8, 0.72]), np.array([0.07, 0.055, 0.05])

Two = Float64[np.ndarray, "2 3"]


@dataclass(frozen=True)
class Scene:
    """Subject and colour by their numbers, a place and a light, and the shot that was taken."""

    solid: int
    color: int
    place: Place
    light: Light
    ground: Two
    behind: Two
    shot: Shot
    seed: int  # of what has no say in the quality: turns, patterns, what lies about

    @property
    def subject(self) -> str:
        """The subject's name."""
        return SOLIDS[self.solid].name

    @property
    def concept(self) -> str:
        """What the study holds out: subject and colour."""
        return f"{COLORS[self.color][0]} {self.subject}"


def draw_scene(random: np.random.Generator, concepts: list[tuple[int, int]]) -> Scene:
    """A scene of one of the concepts, by a photographer of any skill."""
    solid, color = concepts[int(random.integers(len(concepts)))]
    place = PLACES[int(random.integers(len(PLACES)))]
    light = place.lights[int(random.integers(len(place.lights)))]
    skill = random.beta(1.5, 2.0)
    errors = np.clip(1 - skill + random.normal(0, 0.18, 5), 0, 1)
    ground, behind = _paints(np.array(COLORS[color][1]), place, float(errors[2]), random)
    apart = _apart(np.array(COLORS[color][1]), ground, behind)
    shot = _draw_shot(errors, apart, random)
    return Scene(solid, color, place, light, ground, behind, shot, int(random.integers(2**31)))


def stage_of(scene: Scene) -> Stage:
    """All that is traced."""
    random = np.random.default_rng(scene.seed)
    shot = scene.shot
    pitch = np.radians(random.uniform(7, 15))
    view = View(
        FOCAL, FOCAL / shot.size, float(pitch), float(np.radians(shot.tilt_deg)),
        shot.subject_x, shot.subject_y + SHIFT * shot.size,
    )  # fmt: skip
    colors = np.stack([np.array(COLORS[scene.color][1]), PALE, DARK])
    kind = int(random.integers(1, 4))
    yaw = float(random.uniform(-0.9, 0.9))
    subject = Thing(scene.solid, 0, 0, 1, yaw, colors, kind, shot.pattern, shot.gloss)
    things = (subject, *_clutter(shot.clutter, shot.size, random))
    light = _illumination(scene, random)
    around = Surroundings(
        scene.place.ground, scene.ground, scene.place.backdrop, scene.behind, scene.place.mirror,
        scene.place.wall,
    )  # fmt: skip
    return Stage(view, things, light, around)


def _draw_shot(
    errors: Float64[np.ndarray, " 5"], apart: float, random: np.random.Generator
) -> Shot:
    """The decisions; each strays from a good one as far as its head's error (0 to 1) lets it."""
    composition, lighting, color, background, detail = (float(each) for each in errors)
    third = float(random.choice([1 / 3, 2 / 3]))
    stray = random.normal(0, 1, 12)
    flat = random.random() < lighting * 0.6
    return Shot(
        subject_x=float(np.clip(third + 0.2 * composition * stray[0], 0.02, 0.98)),
        subject_y=float(np.clip(0.58 + 0.16 * composition * stray[1], 0.1, 0.98)),
        size=float(np.clip(0.5 * np.exp(0.5 * composition * stray[2]), 0.15, 1.1)),
        tilt_deg=7 * composition * stray[3],
        side_deg=float(
            random.uniform(0, 25) if flat else np.clip(70 + 45 * lighting * stray[4], 0, 170)
        ),
        exposure_ev=1.2 * lighting * stray[5],
        fill=float(np.exp(0.9 * lighting * stray[6]) * 0.85),
        saturation=float(max(0.0, 1.12 - color * abs(stray[7]) * 0.6 + 0.12 * stray[8] * color)),
        contrast=float(max(0.35, 1.1 - 0.42 * color * abs(stray[9]))),
        difference=apart,
        clutter=int(random.binomial(6, min(1.0, 0.6 * background**1.5))),
        far_blur=float(0.028 * (1 - background) ** 0.8),
        pattern=float(np.clip((1 - detail) * random.uniform(0, 0.9), 0, 0.6)),
        gloss=float(np.clip((1 - detail) * random.uniform(0.6, 1.3), 0, 1)),
        blur=float(0.016 * max(0.0, detail - 0.3) * abs(stray[10])),
        grain=float(0.035 * max(0.0, detail - 0.3) * abs(stray[11])),
    )


def _paints(color: Rgb, place: Place, error: float, random: np.random.Generator) -> tuple[Two, Two]:
    """Ground and backdrop; what the place leaves open is of the opposite hue in a good picture."""
    hue = hue_of(color) + 0.5 * (1 - error) + random.uniform(-0.08, 0.08)
    depth = 0.75 * (1 - error) * random.uniform(0.5, 1.0)
    lightness = random.uniform(0.16, 0.5) if color.mean() < 0.4 else random.uniform(0.05, 0.25)
    free = np.stack([paint(hue, depth, lightness), paint(hue + 0.04, depth, 0.55 * lightness)])
    ground = free if place.ground_colors is None else np.array(place.ground_colors)
    behind = free if place.backdrop_colors is None else np.array(place.backdrop_colors)
    return ground, behind


def _apart(color: Rgb, ground: Two, behind: Two) -> float:
    """How the subject's colour differs from those around it, from 0 to 1."""
    return 0.5 * (difference(color, ground.mean(0)) + difference(color, behind.mean(0)))


def _illumination(scene: Scene, random: np.random.Generator) -> Illumination:
    light, shot = scene.light, scene.shot
    bearing = np.radians(shot.side_deg) * random.choice([-1, 1])
    high = np.radians(light.high_deg + random.uniform(-4, 4))
    towards = np.array([
        np.sin(bearing) * np.cos(high), np.sin(high), -np.cos(bearing) * np.cos(high)
    ])  # fmt: skip
    zenith, horizon = np.array(light.zenith), np.array(light.horizon)
    key = np.array(light.key) / np.sqrt(shot.fill)
    fill = np.sqrt(shot.fill)
    return Illumination(towards, key, zenith * fill, horizon * fill, light.spot, light.softness)


def _clutter(count: int, size: float, random: np.random.Generator) -> tuple[Thing, ...]:
    """Things that lie about, beside and behind the subject."""
    things = []
    for _ in range(count):
        far = float(random.uniform(-0.3, 1.8))
        side = float(random.uniform(0.75, 1.6) * random.choice([-1, 1]))
        colors = np.stack([np.array(COLORS[int(random.integers(len(COLORS)))][1]), PALE, DARK])
        solid, scale = int(random.integers(len(SOLIDS))), float(random.uniform(0.35, 0.8))
        yaw = float(random.uniform(0, 6))
        things.append(Thing(solid, side * (1 + 0.3 * far), far, scale, yaw, colors, 0, 0.0, 0.3))
    return tuple(things)
