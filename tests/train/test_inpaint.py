import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from stereopsis.nets.inpaint import InpaintConfig, InpaintNet
from stereopsis.train.features import build_eye
from stereopsis.train.holes import Holes, HoleSource
from stereopsis.train.inpaint import (
    InpaintRecipe,
    draw_holes,
    gradient_off,
    inpaint_loss,
    main,
    psnr,
    train_inpaint,
)
from stereopsis.train.loop import CHECKPOINT, LoopConfig
from stereopsis.train.pack import build_pack, write_pack
from tests.train.test_holes import CONFIG, photo, world

RECIPE = InpaintRecipe(
    network=InpaintConfig(widths=(8, 8, 12), blocks=1),
    loop=LoopConfig(steps=4, warmup=2, record_every=1, save_every=2),
    frames=1,
)


@pytest.fixture(scope="module")
def source() -> HoleSource:
    torch.set_num_threads(1)
    return HoleSource([build_pack([world()], "disk")], [build_pack([photo()], "noise")], CONFIG)


@pytest.fixture(scope="module")
def holes(source: HoleSource) -> Holes:
    return source.draw_batch(4, np.random.default_rng(0))


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
    eye = build_eye()
    blind = replace(holes, judged=torch.zeros_like(holes.judged))
    loss, _ = inpaint_loss(holes.color + 50, holes.parallax + 5, blind, eye, RECIPE)
    assert loss.item() == 0


def test_psnr_is_that_of_its_definition() -> None:
    off = torch.full((1, 4, 4, 3), 0.2)
    judged = torch.ones(1, 4, 4)
    assert psnr(off, judged) == pytest.approx(20 * math.log10(2 / 0.2), abs=1e-4)
    assert gradient_off(off, judged, torch.square) == 0


def test_a_run_in_two_parts_ends_like_one(source: HoleSource, tmp_path: Path) -> None:
    def run(folder: Path, minutes: float) -> InpaintNet:
        loop = replace(RECIPE.loop, minutes=minutes)
        return train_inpaint(source, folder, replace(RECIPE, loop=loop))

    whole = run(tmp_path / "whole", math.inf)
    run(tmp_path / "parts", 0.0)
    parts = run(tmp_path / "parts", math.inf)
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(a, b)


class Unguessed(HoleSource):
    """The same holes, all grey: what continues them is yet to be learnt."""

    def draw_batch(self, frames: int, rng: np.random.Generator) -> Holes:
        holes = super().draw_batch(frames, rng)
        return replace(holes, color=torch.where(holes.hole[..., None] > 0, 127.5, holes.color))


def test_it_learns_the_colour_behind(source: HoleSource, tmp_path: Path) -> None:
    source = Unguessed(source.worlds, source.photos, source.config)
    loop = LoopConfig(steps=40, warmup=4, record_every=10, save_every=20, average=0.8)
    recipe = replace(RECIPE, loop=loop, learning_rate=1e-2)
    lines: list[dict[str, float]] = []
    train_inpaint(source, tmp_path, recipe, progress=lambda step, figures: lines.append(figures))
    assert lines[-1]["loss"] < lines[0]["loss"]
    assert lines[-1]["psnr"] > lines[-1]["guess_psnr"]


def test_batches_follow_from_seed_and_step(source: HoleSource) -> None:
    assert torch.equal(draw_holes(source, RECIPE, 3).color, draw_holes(source, RECIPE, 3).color)


def test_the_command_trains_and_goes_on(tmp_path: Path) -> None:
    worlds, photos = tmp_path / "worlds.npz", tmp_path / "photos.npz"
    write_pack(build_pack([world()], "disk"), worlds)
    write_pack(build_pack([photo()], "noise"), photos)
    main([worlds], [photos], tmp_path / "run", steps=1, threads=1)
    assert (tmp_path / "run" / CHECKPOINT).exists()
    main([worlds], [photos], tmp_path / "next", tmp_path / "run" / CHECKPOINT, steps=1, threads=1)
    assert (tmp_path / "next" / "curve.csv").exists()
