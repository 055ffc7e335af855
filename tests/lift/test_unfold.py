import numpy as np
import pytest

from stereopsis.lift.unfold import NOTHING, Patches, UnfoldConfig, unfold
from stereopsis.scene.layers import STEP, LayeredImage
from tests.lift import scenes

SMALL = UnfoldConfig(cell_px=32, margin_px=12, context_px=10)


def linked_in_patch(layers: LayeredImage, patch: np.ndarray) -> np.ndarray:
    """For each place of the patch whether one of the pixel's neighbours lies where it belongs."""
    side = len(patch)
    found = np.zeros((side, side), bool)
    for direction, (dx, dy) in enumerate(STEP):
        moved = np.full_like(patch, NOTHING)
        rows, columns = np.mgrid[0:side, 0:side]
        ok = (rows + dy >= 0) & (rows + dy < side) & (columns + dx >= 0) & (columns + dx < side)
        moved[ok] = patch[rows[ok] + dy, columns[ok] + dx]
        found |= (patch >= 0) & (moved >= 0) & (layers.links[patch, direction] == moved)
    return found


@pytest.mark.parametrize("config", [SMALL, UnfoldConfig()])
def test_every_hidden_pixel_of_a_large_surface_is_in_a_patch(config: UnfoldConfig) -> None:
    layers = scenes.grown_disk()
    patches = unfold(layers, config)
    hidden = np.nonzero(layers.hidden)[0]
    assert patches.pixels.shape[1:] == (config.side_px, config.side_px)
    assert set(hidden) <= set(patches.pixels.ravel().tolist())


def test_a_pixel_lies_at_its_place() -> None:
    layers = scenes.grown_disk()
    for patch in unfold(layers, SMALL).pixels:
        rows, columns = np.nonzero(patch >= 0)
        assert len(set(layers.x[patch[rows, columns]] - columns)) == 1
        assert len(set(layers.y[patch[rows, columns]] - rows)) == 1


def test_what_hides_a_surface_is_not_in_its_patch() -> None:
    layers = scenes.grown_disk()
    on_disk = np.zeros(len(layers.x), bool)
    on_disk[: layers.visible_count] = scenes.disk().ravel()
    seen = 0
    for patch in unfold(layers, SMALL).pixels:
        pixels = patch[patch >= 0]
        behind = layers.hidden[pixels] & (layers.inverse_depth[pixels] < 0.6)
        if behind.any():
            assert not on_disk[pixels].any()
            seen += 1
    assert seen > 4


def test_neighbours_are_linked_and_context_is_near() -> None:
    layers = scenes.grown_disk()
    for patch in unfold(layers, SMALL).pixels:
        assert (linked_in_patch(layers, patch) == (patch >= 0)).mean() > 0.999
        hidden = np.argwhere((patch >= 0) & layers.hidden[patch])
        shown = np.argwhere((patch >= 0) & ~layers.hidden[patch])
        steps = np.abs(shown[:, None] - hidden[None]).sum(-1).min(1)
        assert steps.max() <= SMALL.context_px


def test_specks_and_pictures_without_hidden_pixels_have_no_patches() -> None:
    assert len(unfold(scenes.cut_disk(), SMALL)) == 0
    hidden = int(scenes.grown_disk().hidden.sum())
    assert len(unfold(scenes.grown_disk(), UnfoldConfig(smallest=hidden + 1))) == 0


def test_folding_back_gives_what_was_gathered() -> None:
    layers = scenes.grown_disk()
    patches = unfold(layers, SMALL)
    values = np.random.default_rng(0).uniform(size=(len(layers.x), 3)).astype(np.float32)
    folded, covered = patches.fold(patches.gather(values), len(layers.x))
    assert covered[layers.hidden].all()
    np.testing.assert_allclose(folded[covered], values[covered], rtol=1e-5)
    assert not folded[~covered].any()


def test_overlapping_patches_are_blended_without_seams() -> None:
    pixels = np.full((2, 8, 8), NOTHING, np.int32)
    pixels[0, 4] = np.arange(8)
    pixels[1, 4, :4] = np.arange(4, 8)
    values = np.stack([np.zeros((8, 8, 1)), np.ones((8, 8, 1))]).astype(np.float32)
    folded, covered = Patches(pixels).fold(values, 9)
    assert covered.tolist() == [True] * 8 + [False]
    assert (np.diff(folded[3:8, 0]) > 0).all() and folded[3, 0] == 0
