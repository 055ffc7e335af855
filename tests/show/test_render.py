from dataclasses import replace

import numpy as np
import pytest

from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.mesh import Mesh
from stereopsis.show import render as renderer
from stereopsis.show.raster import _find_texels
from stereopsis.show.render import render, with_fitting_texture
from tests.show.meshes import FAR, NEAR, flat_mesh, layered_mesh

SQUARE = Camera(64, 64, 50.0, (32.0, 32.0))
CONE = ViewingCone(radius=0.1, window_depth=2.0)


def mesh_of(vertices: np.ndarray, faces: np.ndarray, camera: Camera = SQUARE) -> Mesh:
    """A mesh with a smooth texture, mapped by the vertices' place in the picture."""
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    texture = np.dstack([*np.meshgrid(ramp, ramp), np.full((64, 64), 128, np.uint8)])
    pixels, _ = camera.project(vertices.astype(np.float32))
    uv = (pixels / np.float32([camera.width, camera.height])).clip(0, 1)
    return Mesh(vertices.astype(np.float32), faces.astype(np.int32), uv, texture, camera, CONE)


def crumpled(seed: int, cells: int = 9) -> Mesh:
    """A sheet over more than the picture, with random corners, depths and diagonals.

    Some corners lie exactly on pixel centres, where ties have to be broken.
    """
    generator = np.random.default_rng(seed)
    x, y = np.meshgrid(*2 * [np.linspace(-10, 74, cells + 1)])
    pixels = np.column_stack([x.ravel(), y.ravel()]) + generator.uniform(-4, 4, (x.size, 2))
    tied = generator.random(x.size) < 0.3
    pixels[tied] = np.floor(pixels[tied]) + 0.5
    inverse_depth = generator.uniform(0.3, 0.6, x.size)
    vertices = SQUARE.unproject(pixels.astype(np.float32), inverse_depth.astype(np.float32))
    corner = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    a, b, c, d = corner, corner + 1, corner + cells + 2, corner + cells + 1
    falling = np.stack([a, b, c, a, c, d], axis=1)
    rising = np.stack([a, b, d, b, c, d], axis=1)
    chosen = np.where(generator.random((len(a), 1)) < 0.5, falling, rising)
    return mesh_of(vertices, chosen.reshape(-1, 3))


def test_the_photo_seen_from_its_own_camera_is_the_photo():
    mesh = flat_mesh()
    view = render(mesh, mesh.camera)
    assert np.abs(view.color.astype(int) - mesh.texture).max() <= 1
    assert not view.uncovered.any()
    np.testing.assert_allclose(view.inverse_depth, 0.5, rtol=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_a_sheet_of_triangles_covers_every_pixel(seed):
    mesh = crumpled(seed)
    assert not render(mesh, SQUARE).uncovered.any()
    assert not render(mesh, SQUARE.moved((0.013, -0.007, 0.02))).uncovered.any()


@pytest.mark.parametrize("seed", range(3))
def test_triangles_that_share_an_edge_share_no_pixel(seed):
    mesh = crumpled(seed, cells=5)
    owners = np.zeros((64, 64), int)
    for face in mesh.faces:
        owners += ~render(replace(mesh, faces=face[None]), SQUARE).uncovered
    assert (owners == 1).all()


def test_a_gap_between_triangles_stays_open():
    mesh = crumpled(0)
    view = render(replace(mesh, faces=mesh.faces[:-60]), SQUARE)
    assert 0 < view.uncovered.mean() < 1
    assert (view.color[view.uncovered] == 0).all()
    assert (view.inverse_depth[view.uncovered] == 0).all()
    assert (view.inverse_depth[~view.uncovered] > 0).all()


def test_the_nearer_surface_hides_the_farther():
    mesh = layered_mesh()
    view = render(mesh, mesh.camera)
    assert (view.color[120, 160] == (230, 190, 40)).all()
    assert view.inverse_depth[120, 160] == pytest.approx(1 / NEAR)
    assert view.inverse_depth[10, 10] == pytest.approx(1 / FAR)
    backwards = render(replace(mesh, faces=mesh.faces[::-1].copy()), mesh.camera)
    np.testing.assert_array_equal(backwards.inverse_depth, view.inverse_depth)


def test_surfaces_shift_by_their_parallax():
    mesh = layered_mesh()
    cone = mesh.cone
    view = render(mesh, mesh.camera.through_window((cone.radius, 0, 0), cone.window_depth))
    columns = np.flatnonzero(view.inverse_depth[120] > 0.9)
    shift_px = cone.shift_px(mesh.camera, np.float32([[1 / NEAR]])).item()
    assert columns[0] == pytest.approx(0.4 * 320 - shift_px, abs=1)
    assert columns[-1] == pytest.approx(0.6 * 320 - shift_px, abs=1)


def test_texture_runs_in_perspective():
    near, far = 1.0, 5.0
    corners = [(-1, 1, near), (1, 1, near), (1, 1, far), (-1, 1, far)]
    mesh = mesh_of(np.array(corners), np.array([(0, 1, 2), (0, 2, 3)]))
    mesh = replace(mesh, uv=np.float32([(0, 0), (1, 0), (1, 1), (0, 1)]))
    view = render(mesh, SQUARE)
    rows = np.arange(43, 63)
    depth = SQUARE.focal_px / (rows + 0.5 - 32.0)
    v = (depth - near) / (far - near)
    np.testing.assert_allclose(view.inverse_depth[rows, 32], 1 / depth, rtol=1e-5)
    np.testing.assert_allclose(view.color[rows, 32, 1], (64 * v - 0.5) * 255 / 63, atol=2)


@pytest.mark.parametrize("radius", np.linspace(0.05, 0.5, 8))
def test_a_floor_that_runs_behind_the_camera_is_cut_cleanly(radius):
    x, z = np.meshgrid(np.linspace(-300, 300, 7), np.linspace(-3, 900, 7))
    vertices = np.column_stack([x.ravel(), np.full(x.size, 1.0), z.ravel()])
    corner = (np.arange(6)[:, None] * 7 + np.arange(6)).ravel()
    faces = np.stack([corner, corner + 1, corner + 8, corner, corner + 8, corner + 7], axis=1)
    mesh = mesh_of(vertices, faces.reshape(-1, 3))
    view = render(replace(mesh, cone=ViewingCone(float(radius), 2.0)), SQUARE)
    assert view.uncovered[:32].all()
    assert not view.uncovered[33:].any()
    rows = np.arange(33, 64)
    expected = (rows + 0.5 - 32.0) / SQUARE.focal_px
    np.testing.assert_allclose(view.inverse_depth[33:, 20], expected, rtol=1e-3)


def test_what_lies_behind_the_camera_is_not_seen():
    mesh = flat_mesh()
    view = render(mesh, mesh.camera.moved((0, 0, 5)))
    assert view.uncovered.all()
    assert (view.color == 0).all()


@pytest.mark.parametrize("cores", [1, 3, 64])
def test_the_picture_does_not_depend_on_the_number_of_threads(monkeypatch, cores):
    mesh = crumpled(1)
    expected = render(mesh, SQUARE)
    monkeypatch.setattr(renderer, "_cores", lambda: cores)
    view = render(mesh, SQUARE)
    np.testing.assert_array_equal(view.color, expected.color)
    np.testing.assert_array_equal(view.inverse_depth, expected.inverse_depth)


def test_both_sides_of_a_triangle_are_seen():
    mesh = crumpled(2)
    turned = render(replace(mesh, faces=mesh.faces[:, ::-1].copy()), SQUARE)
    np.testing.assert_allclose(turned.color, render(mesh, SQUARE).color, atol=1)


def test_four_samples_soften_edges():
    mesh = layered_mesh()
    camera = mesh.camera.moved((0.001, 0.0013, 0))
    hard, soft = render(mesh, camera), render(mesh, camera, samples=4)
    assert soft.color.shape == hard.color.shape
    edge = np.abs(soft.color.astype(int) - hard.color).max(axis=2) > 24
    assert 0 < edge.mean() < 0.05
    assert set(np.unique(soft.inverse_depth)) == set(np.unique(hard.inverse_depth))


def test_with_four_samples_a_pixel_is_covered_only_if_they_all_are():
    mesh = flat_mesh()
    camera = mesh.camera.moved((0.5 * mesh.cone.window_depth / mesh.camera.focal_px, 0, 0))
    column = render(mesh, camera, samples=4).uncovered[:, -1]
    assert column.all()
    assert not render(mesh, camera, samples=4).uncovered[:, :-1].any()


def test_a_texture_finer_than_the_picture_is_averaged():
    mesh = flat_mesh()
    checks = (255 * (np.indices((960, 1280)).sum(axis=0) % 2)).astype(np.uint8)
    mesh = replace(mesh, texture=np.dstack([checks] * 3))
    assert with_fitting_texture(mesh, mesh.camera).texture.shape == (240, 320, 3)
    assert with_fitting_texture(mesh, mesh.camera, samples=4).texture.shape == (480, 640, 3)
    view = render(mesh, mesh.camera.moved((0.0123, 0.0077, 0)))
    np.testing.assert_allclose(view.color[~view.uncovered], 128, atol=1)


def test_a_texture_that_fits_is_kept():
    mesh = flat_mesh()
    assert with_fitting_texture(mesh, mesh.camera) is mesh


@pytest.mark.parametrize("rows", [2, 3, 1_000, 32_768, 32_769, 50_001])
def test_no_texel_is_sought_below_the_last_row(rows: int) -> None:
    corners = np.array([[0, 0, 1], [9, 0, 1], [0, 9, 1]], np.float32)
    face, uv = np.array([[0, 1, 2]], np.uint32), np.ones((3, 2), np.float32)
    places = tuple(np.zeros(1, np.uint32) for _ in range(3))
    _find_texels((corners, face, uv), (rows, 2), 0, np.zeros(1, np.uint32), places)
    assert [int(place[0]) for place in places] == [2 * (rows - 2), 255, 255]


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 3), (9, 1, 3)])
def test_a_texture_may_be_tiny(shape):
    mesh = replace(flat_mesh(), texture=np.full(shape, 77, np.uint8))
    assert (render(mesh, mesh.camera).color == 77).all()
