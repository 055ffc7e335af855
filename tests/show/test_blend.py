from dataclasses import replace

import numpy as np

from stereopsis.show.render import render
from tests.show.meshes import layered_mesh
from tests.show.soft import soft_mesh

YELLOW = (230, 190, 40)
STRIP = np.s_[90:150, 195:210]


def test_a_fringe_shows_what_is_behind_it_in_part() -> None:
    mesh = soft_mesh()
    plain = render(layered_mesh(), mesh.camera).color.astype(float)
    soft = render(mesh, mesh.camera).color.astype(float)
    assert np.abs(soft[STRIP] - (plain[STRIP] + YELLOW) / 2).max() <= 2
    assert (soft[:, :192] == plain[:, :192]).all()
    assert (soft[:, 213:] == plain[:, 213:]).all()


def test_a_fringe_that_covers_nothing_or_all_is_none_or_a_front() -> None:
    plain = render(layered_mesh(), layered_mesh().camera)
    nothing = render(soft_mesh(0.0), plain_camera := layered_mesh().camera)
    assert (nothing.color == plain.color).all()
    whole = render(soft_mesh(1.0), plain_camera)
    assert np.abs(whole.color[STRIP].astype(int) - YELLOW).max() <= 1


def test_a_fringe_hides_behind_what_is_nearer() -> None:
    mesh = soft_mesh()
    assert mesh.fringe is not None
    far = replace(mesh.fringe, vertices=mesh.fringe.vertices * np.float32(10))
    hidden = render(replace(mesh, fringe=far), mesh.camera)
    assert (hidden.color == render(layered_mesh(), mesh.camera).color).all()


def test_a_fringe_is_no_surface() -> None:
    """Depth and holes are the mesh's own."""
    mesh = soft_mesh()
    soft, plain = render(mesh, mesh.camera), render(layered_mesh(), mesh.camera)
    assert (soft.inverse_depth == plain.inverse_depth).all()
    assert (soft.uncovered == plain.uncovered).all()


def test_a_fringe_behind_the_camera_is_left_out() -> None:
    mesh = soft_mesh()
    camera = mesh.camera.moved((0.0, 0.0, 1.5))
    assert (render(mesh, camera).color == render(layered_mesh(), camera).color).all()


def test_four_samples_blend_alike() -> None:
    mesh = soft_mesh()
    once, often = (render(mesh, mesh.camera, samples).color.astype(int) for samples in (1, 4))
    assert np.abs(once[STRIP] - often[STRIP]).mean() < 2
