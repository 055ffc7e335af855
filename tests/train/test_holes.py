from dataclasses import replace

import numpy as np
import pytest
import torch

from stereopsis.errors import DataError
from stereopsis.lift.inpaint import inpaint
from stereopsis.lift.unfold import UnfoldConfig
from stereopsis.train.holes import (
    HoleConfig,
    cut_holes,
    draw_frame,
    dress,
    lift,
    take_patches,
    true_layers,
)
from stereopsis.train.pack import Frame, Pack, build_pack

HEIGHT, WIDTH = 96, 128
RED, GREEN = (220, 30, 20), (30, 180, 60)
CONFIG = HoleConfig((0.1, 0.1), UnfoldConfig(cell_px=32, margin_px=16), per_frame=2, photos=1)


def world() -> Frame:
    """A red disk before a green slope, and the slope behind it."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    disk = np.hypot(y - HEIGHT / 2, x - WIDTH / 2) < 25
    slope = (0.1 + 0.1 * y / HEIGHT).astype(np.float32)
    image = np.where(disk[..., None], RED, GREEN).astype(np.uint8)
    planes = {
        "hidden_1_image": np.where(disk[..., None], GREEN, 0).astype(np.uint8),
        "hidden_1_inverse_depth": np.where(disk, slope, 0).astype(np.float32),
    }
    depth = np.where(disk, 1.0, slope).astype(np.float32)
    return Frame(image, depth, np.ones_like(disk), exact=True, planes=planes)


def photo(seed: int = 0) -> Frame:
    """Noise that lies on a slope."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    ramp = np.linspace(0, 1, WIDTH, dtype=np.float32)[None].repeat(HEIGHT, 0)
    return Frame(image, ramp, ramp > -1, exact=False)


@pytest.fixture(scope="module")
def packs() -> tuple[Pack, Pack]:
    return build_pack([world()] * 2, "disks"), build_pack([photo(i) for i in range(3)], "noise")


def test_the_truth_behind_a_front_is_what_the_world_has_there() -> None:
    lifted = lift(world(), 0.1)
    guessed = inpaint(lifted.layers, lifted.parallax_px)
    truth = true_layers(lifted, guessed, world(), CONFIG.same_px)
    judged = truth.judged & lifted.layers.hidden
    assert judged.sum() > 200
    assert (truth.color[judged] == GREEN).all()
    inside = judged & (lifted.layers.inverse_depth < 0.9)
    assert np.abs(truth.inverse_depth - guessed.inverse_depth)[inside].max() < 0.1
    other = replace(
        world(), planes={**world().planes, "hidden_1_inverse_depth": world().inverse_depth}
    )
    wrong = true_layers(lifted, guessed, other, same_px=1.0)
    assert (wrong.judged & lifted.layers.hidden).sum() < 0.1 * judged.sum()  # as near as the disk


def test_another_picture_on_the_holes_has_its_own_truth() -> None:
    lifted = lift(world(), 0.1)
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (HEIGHT + 24, WIDTH + 32, 3), dtype=np.uint8)
    depth = rng.random((HEIGHT + 24, WIDTH + 32)).astype(np.float32)
    dressed, truth = dress(lifted, picture, depth)
    layers = dressed.layers
    inner = picture[12 : 12 + HEIGHT, 16 : 16 + WIDTH]
    assert (layers.color[: layers.visible_count].reshape(HEIGHT, WIDTH, 3) == inner).all()
    hidden = np.nonzero(layers.hidden & truth.judged)[0]
    spot = layers.y[hidden] + 12, layers.x[hidden] + 16
    assert (truth.color[hidden] == picture[spot]).all()
    assert (layers.color[hidden] == truth.color[hidden]).all(
        1
    ).mean() < 0.05  # it is not given away
    outside = (layers.x < -16) | (layers.x >= WIDTH + 16)
    assert not truth.judged[outside].any()


def test_patches_show_guesses_in_holes_and_truth_elsewhere() -> None:
    lifted = lift(world(), 0.1)
    guessed = inpaint(lifted.layers, lifted.parallax_px)
    truth = true_layers(lifted, guessed, world(), CONFIG.same_px)
    few = take_patches(lifted, guessed, truth, CONFIG, np.random.default_rng(0))
    assert few is not None and len(few.color) == CONFIG.per_frame
    every = replace(CONFIG, per_frame=1000)
    holes = take_patches(lifted, guessed, truth, every, np.random.default_rng(0))
    assert holes is not None and len(holes.color) > CONFIG.per_frame
    known = holes.known > 0
    assert torch.equal(holes.color[known], holes.true_color[known])
    torch.testing.assert_close(holes.parallax[known], holes.true_parallax[known], atol=1e-3, rtol=0)
    judged = (holes.hole > 0) & holes.judged
    green = torch.tensor(GREEN, dtype=torch.float32)
    assert judged.sum() > 50 and (holes.true_color[judged] == green).all()
    assert judged.flatten(1).any(1).all()  # nothing is drawn that teaches nothing


def test_a_world_is_cut_as_itself_and_under_each_photo(packs: tuple[Pack, Pack]) -> None:
    one, again = (
        list(cut_holes(world(), [packs[1]], CONFIG, np.random.default_rng(7))) for _ in range(2)
    )
    assert len(one) == 1 + CONFIG.photos
    for a, b in zip(one, again, strict=True):
        assert torch.equal(a.color, b.color) and torch.equal(a.judged, b.judged)
    seen = [holes.true_color[(holes.hole > 0) & holes.judged].unique(dim=0) for holes in one]
    assert len(seen[0]) == 1 and len(seen[1]) > 50  # the slope's green, and noise


def test_frames_of_all_packs_are_drawn_as_often(packs: tuple[Pack, Pack]) -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_frame(packs, rng).exact for _ in range(500)]
    assert np.mean(drawn) == pytest.approx(2 / 5, abs=0.07)


def test_refuses_worlds_whose_hidden_layers_are_unknown(packs: tuple[Pack, Pack]) -> None:
    with pytest.raises(DataError, match="no hidden layers"):
        list(cut_holes(photo(), [packs[1]], CONFIG, np.random.default_rng(0)))


def test_a_world_that_hides_nothing_gives_nothing(packs: tuple[Pack, Pack]) -> None:
    picky = replace(CONFIG, unfold=UnfoldConfig(smallest=HEIGHT * WIDTH))
    assert not list(cut_holes(world(), [packs[1]], picky, np.random.default_rng(0)))
