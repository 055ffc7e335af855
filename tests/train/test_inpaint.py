import math
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from stereopsis.nets.inpaint import InpaintConfig, InpaintNet
from stereopsis.train.features import build_eye
from stereopsis.train.hole_file import HoleFiles, open_holes, write_holes
from stereopsis.train.holes import Holes, cut_holes
from stereopsis.train.inpaint import (
    InpaintRecipe,
    change_colors,
    draw_holes,
    gradient_off,
    inpaint_loss,
    main,
    mirror,
    psnr,
    train_inpaint,
)
from stereopsis.train.loop import CHECKPOINT, LoopConfig
from stereopsis.train.pack import build_pack
from tests.train.test_holes import CONFIG, photo, world

RECIPE = InpaintRecipe(
    network=InpaintConfig(widths=(8, 8, 12), blocks=1),
    loop=LoopConfig(steps=4, warmup=2, record_every=1, save_every=2),
    batch=4,
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    path = tmp_path_factory.mktemp("holes") / "holes.npy"
    photos = [build_pack([photo()], "noise")]
    rng = np.random.default_rng(0)
    write_holes([h for _ in range(4) for h in cut_holes(world(), photos, CONFIG, rng)], path)
    return path


@pytest.fixture(scope="module")
def patches(file: Path) -> HoleFiles:
    return open_holes([file])


@pytest.fixture(scope="module")
def holes(patches: HoleFiles) -> Holes:
    return patches.pick(range(len(patches)))


def test_the_loss_falls_as_the_truth_is_neared(holes: Holes) -> None:
    eye = build_eye()
    losses = []
    for share in (0.0, 0.5, 0.9, 1.0):
        color = holes.color + share * (holes.true_color - holes.color)
        parallax = holes.parallax + share * (holes.true_parallax - holes.parallax)
        loss, figures = inpaint_loss(color, parallax, holes, eye, RECIPE)
        losses.append(loss.item())
        if share == 0:
            assert figures["psnr"] == pytest.approx(figures["guess_psnr"])
            assert figures["parallax_off"] == pytest.approx(figures["guess_parallax_off"])
    assert all(a > b for a, b in pairwise(losses))
    assert losses[-1] == pytest.approx(0, abs=1e-5)


def test_what_is_not_judged_costs_nothing(holes: Holes) -> None:
    blind = replace(holes, judged=torch.zeros_like(holes.judged))
    loss, _ = inpaint_loss(holes.color + 50, holes.parallax + 5, blind, build_eye(), RECIPE)
    assert loss.item() == 0


def test_psnr_is_that_of_its_definition() -> None:
    off = torch.full((1, 4, 4, 3), 0.2)
    judged = torch.ones(1, 4, 4)
    assert psnr(off, judged) == pytest.approx(20 * math.log10(2 / 0.2), abs=1e-4)
    assert gradient_off(off, judged, torch.square) == 0


def test_a_run_in_two_parts_ends_like_one(patches: HoleFiles, tmp_path: Path) -> None:
    def run(folder: Path, minutes: float) -> InpaintNet:
        loop = replace(RECIPE.loop, minutes=minutes)
        return train_inpaint(patches, folder, replace(RECIPE, loop=loop))

    whole = run(tmp_path / "whole", math.inf)
    run(tmp_path / "parts", 0.0)
    parts = run(tmp_path / "parts", math.inf)
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(a, b)


@dataclass(frozen=True)
class Unguessed(HoleFiles):
    """The same holes, all grey: what continues them is yet to be learnt."""

    def pick(self, rows: object) -> Holes:
        holes = super().pick(rows)  # type: ignore[arg-type]
        return replace(holes, color=torch.where(holes.hole[..., None] > 0, 127.5, holes.color))


def test_it_learns_the_colour_behind(patches: HoleFiles, tmp_path: Path) -> None:
    loop = LoopConfig(steps=40, warmup=4, record_every=10, save_every=20, average=0.8)
    recipe = replace(RECIPE, loop=loop, learning_rate=1e-2)
    lines: list[dict[str, float]] = []
    hidden = Unguessed(patches.parts)
    train_inpaint(hidden, tmp_path, recipe, progress=lambda step, figures: lines.append(figures))
    assert lines[-1]["loss"] < lines[0]["loss"]
    assert lines[-1]["psnr"] > lines[-1]["guess_psnr"]


def test_batches_follow_from_seed_and_step(patches: HoleFiles) -> None:
    one, again, other = (draw_holes(patches, RECIPE, step) for step in (3, 3, 4))
    assert torch.equal(one.color, again.color) and not torch.equal(one.color, other.color)


def test_mirrored_and_recoloured_holes_are_as_hard(holes: Holes) -> None:
    changed = change_colors(mirror(holes, 3), [2, 0, 1])
    assert torch.equal(changed.hole[:3], holes.hole[:3].flip(2))
    assert torch.equal(changed.hole[3:], holes.hole[3:])
    assert torch.equal(changed.true_color[3:], holes.true_color[3:][..., [2, 0, 1]])
    for each in fields(Holes):
        assert getattr(changed, each.name).shape == getattr(holes, each.name).shape
    off = [mean_off(each) for each in (holes, changed)]
    assert off[0] == pytest.approx(off[1], rel=1e-5)


def mean_off(holes: Holes) -> float:
    """How far the guess is off where holes are judged."""
    judged = ((holes.hole > 0) & holes.judged).float()
    return psnr((holes.color - holes.true_color) / 127.5, judged)


def test_the_command_trains_and_goes_on(file: Path, tmp_path: Path) -> None:
    main([file], tmp_path / "run", steps=1, batch=2, threads=1)
    assert (tmp_path / "run" / CHECKPOINT).exists()
    main([file], tmp_path / "next", tmp_path / "run" / CHECKPOINT, steps=1, batch=2, threads=1)
    assert (tmp_path / "next" / "curve.csv").exists()
