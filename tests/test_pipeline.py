"""The whole way from a photo to a mesh, with given depth and with the embedded network."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from stereopsis.errors import DepthError, OptionError, PhotoError
from stereopsis.lift.continued import Continued
from stereopsis.pipeline import detail_of, photo_to_3d, stereo_to_3d
from stereopsis.runtime.network import Network, open_network
from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.depth import DepthMap
from stereopsis.scene.photo import Photo
from stereopsis.scene.stereo import Eye
from stereopsis.show.moves import MOVES, camera_path
from stereopsis.show.render import render
from tests.depth.eyes import as_pair
from tests.depth.two_planes import CARD, two_planes
from tests.lift import scenes
from tests.networks import like_stereo


def photo_and_depth(scale: int = 3) -> tuple[Photo, DepthMap]:
    color, inverse_depth = scenes.disk_over_slope()
    y, x = np.mgrid[: scenes.HEIGHT, : scenes.WIDTH]
    color = np.maximum(color, 40) - ((x // 4 + y // 4) % 2 * 30).astype(np.uint8)[..., None]
    pixels = color.repeat(scale, axis=0).repeat(scale, axis=1)
    depth = inverse_depth.repeat(scale, axis=0).repeat(scale, axis=1)
    camera = Camera.from_focal_35mm(pixels.shape[1], pixels.shape[0])
    known = np.ones(depth.shape, np.bool_)
    return Photo(pixels, camera), DepthMap(depth, known, "metric", "file", "test")


def test_the_photo_itself_is_seen_from_its_own_place() -> None:
    photo, depth = photo_and_depth()
    mesh = photo_to_3d(photo, depth).mesh
    view = render(mesh, photo.camera)
    assert not view.uncovered.any()
    error = view.color.astype(float) - photo.pixels
    assert 10 * np.log10(255**2 / (error**2).mean()) > 30


def test_nothing_is_uncovered_anywhere_in_the_cone() -> None:
    photo, depth = photo_and_depth()
    mesh = photo_to_3d(photo, depth).mesh
    radius = mesh.cone.radius
    for angle in np.linspace(0, 2 * np.pi, 8, endpoint=False):
        offset = (radius * np.cos(angle), radius * np.sin(angle), 0.0)
        view = render(mesh, photo.camera.through_window(offset, mesh.cone.window_depth))
        assert view.uncovered.mean() < 1e-3
    beyond = photo.camera.through_window((4 * radius, 0.0, 0.0), mesh.cone.window_depth)
    assert render(mesh, beyond).uncovered.mean() > 1e-2


def test_metric_depth_is_rendered_in_place() -> None:
    photo, depth = photo_and_depth()
    mesh = photo_to_3d(photo, depth).mesh
    seen = render(mesh, photo.camera).inverse_depth
    assert np.median(np.abs(seen - depth.inverse_depth)) < 5e-3


def test_a_given_cone_is_kept_and_filled() -> None:
    photo, depth = photo_and_depth()
    cone = ViewingCone(radius=0.02, window_depth=2.0)
    narrow = photo_to_3d(photo, depth, cone=cone)
    assert narrow.mesh.cone == cone
    assert narrow.layers.hidden.sum() < photo_to_3d(photo, depth).layers.hidden.sum()


@pytest.mark.parametrize("quality", ["small", "standard", "high"])
def test_the_embedded_network_is_used_without_depth(quality: str) -> None:
    photo, _ = photo_and_depth()
    result = photo_to_3d(photo, quality=quality)
    assert result.depth.source == "mono"
    assert {"depth", "refine", "cut", "grow", "inpaint", "mesh"} <= set(result.report.ms)
    result.layers.check()
    assert result.report.sizes["triangles"] == len(result.mesh.faces)
    assert result.report.sizes["hidden_pixels"] == result.layers.hidden.sum()


def test_depth_of_another_shape_and_unknown_qualities_are_refused() -> None:
    photo, depth = photo_and_depth()
    lying = DepthMap(depth.inverse_depth.T.copy(), depth.valid.T.copy(), "metric", "file", "test")
    with pytest.raises(DepthError):
        photo_to_3d(photo, lying)
    with pytest.raises(OptionError):
        photo_to_3d(photo, depth, quality="ultra")  # type: ignore[arg-type]


@pytest.mark.parametrize("relief_m", [1.0, 0.1, 0.01, 0.001])
def test_nobody_walks_through_a_flat_wall(relief_m: float) -> None:
    photo, depth = photo_and_depth(1)
    distance = 2.0 + relief_m * np.linspace(0, 1, depth.valid.size).reshape(depth.valid.shape)
    wall = replace(depth, inverse_depth=(1 / distance).astype(np.float32))
    mesh = photo_to_3d(photo, wall).mesh
    assert mesh.cone.radius < 0.5 * 2.0
    assert not render(mesh, photo.camera).uncovered.any()
    for move in MOVES:
        for camera in camera_path(move, photo.camera, mesh.cone, 8):
            assert render(mesh, camera).uncovered.mean() < 0.3


def test_depth_that_says_nothing_is_refused() -> None:
    photo, depth = photo_and_depth(1)
    unknown = replace(depth, valid=np.zeros_like(depth.valid))
    infinite = replace(depth, inverse_depth=np.zeros_like(depth.inverse_depth))
    for useless in (unknown, infinite):
        with pytest.raises(DepthError):
            photo_to_3d(photo, useless)


@pytest.mark.parametrize("size", [(32, 32), (400, 33), (33, 400)])
def test_odd_sizes_work(size: tuple[int, int]) -> None:
    height, width = size
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    result = photo_to_3d(Photo(pixels, Camera.from_focal_35mm(width, height)))
    assert len(result.mesh.faces) > 0


def test_the_same_photo_gives_the_same_mesh() -> None:
    photo, depth = photo_and_depth()
    first, second = (photo_to_3d(photo, depth).mesh for _ in range(2))
    assert (first.vertices == second.vertices).all()
    assert (first.texture == second.texture).all()


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return open_network(like_stereo(tmp_path_factory.mktemp("net") / "stub.onnx"))


@pytest.mark.parametrize("shown", ["left", "right"])
def test_a_pair_becomes_the_3d_photo_of_its_shown_eye(stub: Network, shown: Eye) -> None:
    seen = two_planes()
    result = stereo_to_3d(as_pair(seen.left, seen.right, shown), network=stub)
    assert result.depth.source == "stereo" and f"for the {shown} one" in result.depth.reason
    pixels = seen.left if shown == "left" else seen.right
    np.testing.assert_array_equal(result.photo.pixels, pixels)
    view = render(result.mesh, result.photo.camera)
    assert not view.uncovered.any()
    error = view.color.astype(float) - pixels
    assert 10 * np.log10(255**2 / (error**2).mean()) > 25
    near = seen.left_disparity if shown == "left" else seen.right_disparity
    card = near == near.max()
    assert view.inverse_depth[card].mean() > view.inverse_depth[~card].mean()
    stages = {"undistort", "rectify", "match", "judge", "refine", "cut", "grow", "inpaint"}
    assert {*stages, "soften", "mesh"} == set(result.report.ms)
    result.layers.check()


def test_a_pair_that_is_none_becomes_the_3d_photo_of_one_eye(stub: Network) -> None:
    seen = two_planes()
    blank = np.full_like(seen.left, 90)
    same = stereo_to_3d(as_pair(seen.left, seen.left), network=stub)
    assert same.depth.source == "mono" and "same one" in same.depth.reason
    other = stereo_to_3d(as_pair(blank, seen.right), network=stub)
    assert other.depth.source == "mono"
    np.testing.assert_array_equal(other.photo.pixels, seen.right)
    assert "mono" in other.report.ms and len(other.mesh.faces) > 2


def test_the_second_eye_fills_what_the_first_did_not_see(stub: Network) -> None:
    """Beside the card hides a wall that the right eye saw: it is shown, not invented."""
    seen = two_planes()
    pair = as_pair(seen.left, seen.right)
    filled, invented = (
        stereo_to_3d(pair, network=stub, fill_from_second_eye=fill) for fill in (True, False)
    )
    np.testing.assert_array_equal(filled.depth.inverse_depth, invented.depth.inverse_depth)
    hidden = filled.layers.hidden
    np.testing.assert_array_equal(hidden, invented.layers.hidden)
    assert hidden.any()
    changed = (filled.layers.color != invented.layers.color).any(axis=-1)
    assert changed[hidden].mean() > 0.1 and not changed[~hidden].any()


def test_a_pair_s_notes_are_passed_on_and_its_wishes_kept(stub: Network) -> None:
    seen = two_planes()
    pair = replace(as_pair(seen.left, seen.right), notes=("It was mended.",))
    cone = ViewingCone(radius=0.02, window_depth=2.0)
    result = stereo_to_3d(pair, "small", cone, stub)
    assert result.report.warnings == ["It was mended."]
    assert result.mesh.cone == cone
    with pytest.raises(OptionError):
        stereo_to_3d(pair, "ultra", network=stub)  # type: ignore[arg-type]
    with pytest.raises(PhotoError):
        stereo_to_3d(as_pair(seen.left[CARD][:20, :20], seen.right[CARD][:20, :20]), network=stub)


def test_a_painter_paints_what_the_photo_does_not_show() -> None:
    def blue(shown: Continued) -> tuple[np.ndarray, np.ndarray]:
        return np.full_like(shown.color, (0, 0, 255)), shown.parallax

    photo, depth = photo_and_depth()
    plain, painted = (photo_to_3d(photo, depth, painter=p).layers for p in (None, blue))
    shown = ~plain.hidden
    assert (painted.color[shown] == plain.color[shown]).all()
    is_blue = (painted.color[painted.hidden] == (0, 0, 255)).all(1)
    assert is_blue.mean() > 0.9 and not (plain.color[plain.hidden] == (0, 0, 255)).all(1).any()


def blurred_and_depth() -> tuple[Photo, DepthMap]:
    """The same as a lens shows it, which mixes colours at the silhouette."""
    photo, depth = photo_and_depth()
    return replace(photo, pixels=cv2.GaussianBlur(photo.pixels, (0, 0), 1.5)), depth


def test_soft_edges_are_asked_for() -> None:
    photo, depth = blurred_and_depth()
    soft = photo_to_3d(photo, depth, detail_of("standard", soft_edges=True))
    hard = photo_to_3d(photo, depth, detail_of("standard", soft_edges=False))
    assert hard.mesh.fringe is None and soft.mesh.fringe is not None
    assert soft.report.sizes["fringe_triangles"] == len(soft.mesh.fringe.faces)
    assert len(soft.mesh.fringe.faces) <= 0.1 * len(soft.mesh.faces)
    assert "soften" in soft.report.ms and "soften" not in hard.report.ms
    with pytest.raises(OptionError, match="no quality"):
        detail_of("best", soft_edges=True)


def test_soft_edges_come_with_measured_depth() -> None:
    photo, depth = blurred_and_depth()
    guessed = replace(depth, source="mono")
    for how_known, is_soft in ((depth, True), (guessed, False)):
        assert (photo_to_3d(photo, how_known).mesh.fringe is not None) == is_soft


def test_soft_edges_rest_on_the_photo() -> None:
    photo, depth = blurred_and_depth()
    errors = []
    for soft_edges in (False, True):
        made = photo_to_3d(photo, depth, detail_of("standard", soft_edges))
        view = render(made.mesh, photo.camera).color.astype(float)
        errors.append(((view - photo.pixels) ** 2).mean())
    hard, soft = errors
    assert soft < 3.5 * hard and 10 * np.log10(255**2 / soft) > 45


def test_without_mixed_colours_edges_stay_hard() -> None:
    photo, depth = photo_and_depth()
    made = photo_to_3d(photo, depth, detail_of("standard", soft_edges=True))
    assert made.mesh.fringe is None
