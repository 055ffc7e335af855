"""Scores what a second eye adds to new views: hidden pixels that it fills, or inpainting alone.

    python scripts/second_view.py [--pair DIR ...] [--worlds N] [--photos DIR] [--json]

The left picture and its true disparity are lifted twice, without and with the right picture. Of
real pairs only the right eye's own view is known, from which they were filled: that shows that
filling works, not that it helps elsewhere. So worlds are rendered too, with both eyes and with
views that nothing was filled from: between the eyes, beyond the right one, above and below.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from bench import commit
from novel_view import (
    FAR_WINDOW,
    MeasuredPair,
    Score,
    disoccluded,
    motorcycle,
    read_pair,
    score_view,
    without_gaps,
)
from world_views import RIGHT_EYE, Place, View, render_worlds

from stereopsis.depth.refine import refine
from stereopsis.errors import StereopsisError
from stereopsis.lift.assemble import assemble
from stereopsis.lift.atlas import lay_out
from stereopsis.lift.cut import cut
from stereopsis.lift.grow import grow
from stereopsis.lift.inpaint import inpaint
from stereopsis.lift.place import place as place_in_scene
from stereopsis.lift.place import relative_from_scene
from stereopsis.lift.simplify import SimplifyConfig, simplify
from stereopsis.lift.triangulate import triangulate
from stereopsis.scene.arrays import ColorImage
from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.layers import LayeredImage
from stereopsis.scene.mesh import Mesh
from stereopsis.scene.photo import Photo
from stereopsis.scene.second_eye import SecondEye
from stereopsis.show.render import render

OTHER_PLACES = ((0.5, 0.0), (1.5, 0.0), (0.5, 0.5), (0.5, -0.5), (-0.5, 0.0))
REACH = 1.6  # baselines from the left eye that surfaces are grown for
ERROR_PX = 0.25


@dataclass(frozen=True)
class Lifting:
    """A pair's left picture in layers, not yet painted, and what its right eye saw.

    What has inverse depth w moves by `per_unit_px` w + `at_zero_px` between the eyes.
    """

    layers: LayeredImage
    photo: Photo
    second_eye: SecondEye
    per_unit_px: float
    at_zero_px: float

    def camera_at(self, place: Place) -> Camera:
        """The camera at a place, its picture on the rows and columns of the eyes' own."""
        camera = self.photo.camera
        baseline = self.per_unit_px / camera.focal_px
        center_px = tuple(
            center - share * self.at_zero_px
            for center, share in zip(camera.center_px, place, strict=True)
        )
        moved = camera.moved((place[0] * baseline, place[1] * baseline, 0.0))
        return replace(moved, center_px=(center_px[0], center_px[1]))


@dataclass(frozen=True)
class ViewScores:
    """Scores of a view's pixels: all, those that the left eye misses, those that both miss."""

    whole: Score
    hidden: Score
    missed: Score | None


@dataclass(frozen=True)
class SecondScore:
    """Scores of a view by inpainting alone, and with the second eye's colours."""

    place: Place
    hidden_pixels: int
    alone: ViewScores
    filled: ViewScores


def lift(pair: MeasuredPair) -> Lifting:
    """The pair's left picture in layers, by its true disparity."""
    disparity_px = without_gaps(pair)
    height, width = disparity_px.shape
    far_px, near_px = (float(px) for px in np.percentile(disparity_px, [1, 99]))
    depth = DepthMap.relative(disparity_px, np.ones_like(pair.known), "file", "The truth.")
    photo = Photo(pair.left, Camera.from_focal_35mm(width, height))
    scene, _ = place_in_scene(refine(depth, pair.left), photo.camera)
    at_zero, at_one = relative_from_scene(np.array([0.0, 1.0])) * (near_px - far_px) + far_px
    per_unit_px = float(at_one - at_zero)
    parallax_px = REACH * per_unit_px
    layers = cut(pair.left, scene, parallax_px)
    layers = grow(layers, parallax_px, float(-at_zero / per_unit_px))
    eye = SecondEye(pair.right, np.eye(3), np.eye(3), far_px, near_px)
    return Lifting(layers, photo, eye, per_unit_px, float(at_zero))


def painted_mesh(lifting: Lifting, second_eye: SecondEye | None) -> Mesh:
    """The 3D photo, its hidden pixels filled from the second eye if there is one."""
    parallax_px = REACH * lifting.per_unit_px
    layers = inpaint(lifting.layers, parallax_px, second_eye=second_eye)
    atlas = lay_out(layers, columns=lifting.photo.camera.width)
    surface = triangulate(layers, atlas, flatness=0.5 * ERROR_PX / parallax_px)
    tolerance = SimplifyConfig(parallax_px=ERROR_PX, texture_px=ERROR_PX)
    surface = simplify(surface, parallax_px, tolerance)
    cone = ViewingCone(parallax_px / lifting.photo.camera.focal_px, FAR_WINDOW)
    photo = lifting.photo
    return assemble(surface, layers, atlas, photo, photo.camera, cone)


def score_scene(pair: MeasuredPair, views: Iterable[View]) -> list[SecondScore]:
    """The scores of the views of a pair's scene that show something which the left eye misses."""
    lifting = lift(pair)
    meshes = [painted_mesh(lifting, eye) for eye in (None, lifting.second_eye)]
    scores = []
    for view in views:
        if not view.hidden.any():
            continue
        camera = lifting.camera_at(view.place)
        alone, filled = (score_picture(render(mesh, camera).color, view) for mesh in meshes)
        scores.append(SecondScore(view.place, int(view.hidden.sum()), alone, filled))
    return scores


def score_picture(picture: ColorImage, view: View) -> ViewScores:
    """The scores of a picture that was meant to be a view."""
    one = score_view("", picture, view.picture, view.hidden, 0.0)
    whole, hidden, missed = one.whole, one.disoccluded, None
    if view.hidden_from_both.any():
        missed = score_view("", picture, view.picture, view.hidden_from_both, 0.0).disoccluded
    return ViewScores(whole, hidden, missed)


def right_eye_alone(pair: MeasuredPair) -> tuple[View, ...]:
    """The only other view that is known of a real pair."""
    hidden = disoccluded(without_gaps(pair))
    return (View(RIGHT_EYE, pair.right, hidden, np.zeros_like(hidden)),)


def table(title: str, rows: dict[str, list[SecondScore]]) -> str:
    """Mean scores of rows of views as a Markdown table; PSNR in dB, by which more are worse."""
    lines = [
        f"| {title} | whole, alone | with second eye | hidden, alone | with second eye | worse |",
        "|---|---|---|---|---|---|",
    ]
    for name, scores in rows.items():
        cells = [
            f"{np.mean([one.psnr for one in ones]):.2f} / {np.mean([one.ssim for one in ones]):.3f}"
            for ones in (
                [score.alone.whole for score in scores],
                [score.filled.whole for score in scores],
                [score.alone.hidden for score in scores],
                [score.filled.hidden for score in scores],
            )
        ]
        worse = sum(score.filled.hidden.psnr < score.alone.hidden.psnr for score in scores)
        lines.append(f"| {name} | {' | '.join(cells)} | {worse} of {len(scores)} |")
    return "\n".join(lines)


def main() -> None:
    """Scores the pairs and worlds asked for, and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pair", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--worlds", type=int, default=28, metavar="N")
    parser.add_argument("--photos", type=Path, default=Path("samples"), metavar="DIR")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    try:
        report(arguments.pair, arguments.worlds, arguments.photos, arguments.json)
    except StereopsisError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def report(folders: list[Path], worlds: int, photos: Path, as_json: bool) -> None:
    """Scores the pairs and so many worlds painted with photos, and prints the tables.

    Raises:
        StereopsisError: a pair or a photo cannot be read.
    """
    pairs = [motorcycle(), *(read_pair(folder) for folder in folders)]
    at_right = {pair.name: score_scene(pair, right_eye_alone(pair)) for pair in pairs}
    held_out: dict[Place, list[SecondScore]] = {place: [] for place in (RIGHT_EYE, *OTHER_PLACES)}
    for world in render_worlds(worlds, photos, tuple(held_out)):
        for score in score_scene(world.pair, world.views):
            held_out[score.place].append(score)
    if as_json:
        figures = {
            "commit": commit(),
            "pairs": {
                name: [asdict(score) for score in scores] for name, scores in at_right.items()
            },
            "worlds": [asdict(score) for scores in held_out.values() for score in scores],
        }
        json.dump(figures, sys.stdout, indent=2)
        return
    print(table("pairs, at the eye that filled them", at_right), end="\n\n")
    names = {place: f"{place[0]:+g} right, {place[1]:+g} down" for place in held_out}
    print(table("worlds", {names[place]: scores for place, scores in held_out.items()}))


if __name__ == "__main__":
    main()
