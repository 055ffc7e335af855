from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.errors import OptionError, OutputError
from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.mesh import Mesh
from stereopsis.show.glb_container import read_accessor, unpack
from stereopsis.show.glb_geometry import FARTHEST_MOVE, STEPS
from stereopsis.show.gltf import GlbOptions, read_glb, to_glb
from tests.show.meshes import colourful, flat_mesh, layered_mesh, posed
from tests.show.soft import soft_mesh

FLOAT = GlbOptions(quantize=False)


@st.composite
def meshes(draw: st.DrawFn) -> Mesh:
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count, triangles = draw(st.integers(3, 60)), draw(st.integers(1, 80))
    width, height = draw(st.integers(1, 5000)), draw(st.integers(1, 5000))
    scale, far_to_near = draw(st.floats(1e-3, 1e3)), draw(st.floats(1, 1e4))
    camera = Camera.from_focal_35mm(width, height, draw(st.floats(12, 200)))
    pixels = generator.uniform(-0.2, 1.2, (count, 2)) * [width, height]
    inverse_depth = generator.uniform(1 / far_to_near, 1, count) / scale
    return Mesh(
        vertices=camera.unproject(pixels.astype(np.float32), inverse_depth.astype(np.float32)),
        faces=generator.integers(0, count, (triangles, 3)).astype(np.int32),
        uv=generator.uniform(0, 1, (count, 2)).astype(np.float32),
        texture=colourful(8, 8),
        camera=camera,
        cone=ViewingCone(radius=0.1 * scale, window_depth=2 * scale),
    )


def assert_same_view(read: Mesh, written: Mesh) -> None:
    ours, theirs = written.camera, read.camera
    assert (ours.width, ours.height, ours.focal_px) == (
        theirs.width,
        theirs.height,
        theirs.focal_px,
    )
    assert ours.center_px == theirs.center_px
    assert np.array_equal(ours.T_camera_from_scene, theirs.T_camera_from_scene)
    assert written.cone == read.cone


@settings(max_examples=60, deadline=None)
@given(mesh=meshes())
def test_what_is_written_reads_back_without_a_visible_move(mesh: Mesh) -> None:
    read = read_glb(to_glb(mesh))
    assert_same_view(read, mesh)
    assert np.array_equal(read.faces, mesh.faces)
    assert np.abs(read.uv - mesh.uv).max() <= 0.51 / STEPS
    before, _ = mesh.camera.project(mesh.vertices)
    after, _ = mesh.camera.project(read.vertices)
    assert np.abs(after - before).max() <= 1.01 * FARTHEST_MOVE * mesh.camera.long_side


@settings(max_examples=20, deadline=None)
@given(mesh=meshes())
def test_floats_read_back_to_the_bit(mesh: Mesh) -> None:
    read = read_glb(to_glb(mesh, FLOAT))
    assert np.array_equal(read.vertices, mesh.vertices)
    assert np.array_equal(read.uv, mesh.uv)
    assert np.array_equal(read.faces, mesh.faces)


@pytest.mark.parametrize("options", [GlbOptions(), FLOAT])
def test_a_fringe_reads_back(options: GlbOptions) -> None:
    mesh = soft_mesh(0.4)
    read = read_glb(to_glb(mesh, options))
    assert mesh.fringe is not None and read.fringe is not None
    assert np.array_equal(read.fringe.faces, mesh.fringe.faces)
    assert np.abs(read.fringe.vertices - mesh.fringe.vertices).max() < 1e-3
    assert np.abs(read.fringe.uv - mesh.fringe.uv).max() <= 0.51 / STEPS
    assert np.abs(read.fringe.coverage - mesh.fringe.coverage).max() <= 0.51 / 255
    assert np.array_equal(read.faces, mesh.faces)


def test_a_fringe_is_blended_and_the_rest_is_not() -> None:
    document, _ = unpack(to_glb(soft_mesh()))
    surface, fringe = document["meshes"][0]["primitives"]
    materials = document["materials"]
    assert "alphaMode" not in materials[surface["material"]]
    assert materials[fringe["material"]]["alphaMode"] == "BLEND"
    assert len(unpack(to_glb(layered_mesh()))[0]["meshes"][0]["primitives"]) == 1


@pytest.mark.parametrize("texture_format", ["jpeg", "webp"])
def test_the_texture_reads_back_alike(texture_format: str) -> None:
    mesh = layered_mesh()
    read = read_glb(to_glb(mesh, GlbOptions(texture_format=texture_format)))
    assert np.abs(read.texture.astype(int) - mesh.texture).mean() < 3


def test_the_same_mesh_gives_the_same_bytes() -> None:
    assert to_glb(layered_mesh()) == to_glb(layered_mesh())


def test_16_bits_are_smaller_and_given_up_where_they_would_show() -> None:
    mesh = layered_mesh()
    assert len(to_glb(mesh)) < len(to_glb(mesh, FLOAT))
    vertices = mesh.vertices.copy()
    vertices[0] *= 1e4  # a vertex so far away that the rest would be laid on a coarse grid
    distant = replace(mesh, vertices=vertices)
    assert to_glb(distant) == to_glb(distant, FLOAT)


def test_triangles_face_the_camera_counter_clockwise_in_gltf() -> None:
    document, binary = unpack(to_glb(layered_mesh(), FLOAT))
    vertices, _, indices = (read_accessor(document, binary, index) for index in range(3))
    a, b, c = vertices[indices.reshape(-1, 3)].transpose(1, 0, 2)
    normals = np.cross(b - a, c - a)
    towards_camera = -a  # the camera stands in the origin
    assert ((normals * towards_camera).sum(axis=1) > 0).all()
    assert (vertices[:, 2] < 0).all()  # and looks along -z


def test_the_camera_node_sees_the_picture_that_the_photo_saw() -> None:
    mesh = posed(layered_mesh())
    document, _ = unpack(to_glb(mesh))
    node, lens = document["nodes"][1], document["cameras"][0]["perspective"]
    T_scene_from_camera = np.array(node["matrix"]).reshape(4, 4).T
    flipped = np.column_stack([mesh.vertices * [1, -1, -1], np.ones(len(mesh.vertices))])
    seen = flipped @ np.linalg.inv(T_scene_from_camera).T
    top = np.tan(lens["yfov"] / 2)
    x = seen[:, 0] / -seen[:, 2] / (top * lens["aspectRatio"])
    y = seen[:, 1] / -seen[:, 2] / top
    pixels, _ = mesh.camera.project(mesh.vertices)
    size = np.array([mesh.camera.width, mesh.camera.height])
    assert np.allclose(np.column_stack([1 + x, 1 - y]) / 2 * size, pixels, atol=0.01)
    assert lens["znear"] < -seen[:, 2].max() and -seen[:, 2].min() < lens["zfar"]


def test_a_texture_budget_is_kept_and_used() -> None:
    mesh = flat_mesh(640, 480)
    sizes = []
    for budget in (9_000, 12_000, 15_000):
        document, _ = unpack(to_glb(mesh, GlbOptions(texture_quality=95, texture_bytes=budget)))
        sizes.append(document["bufferViews"][2]["byteLength"])
        assert 0.7 * budget < sizes[-1] <= budget
    assert sizes == sorted(sizes)


def test_a_texture_budget_that_fits_changes_nothing() -> None:
    mesh = flat_mesh(640, 480)
    assert to_glb(mesh, GlbOptions(texture_bytes=10**6)) == to_glb(
        mesh, GlbOptions(texture_bytes=None)
    )


def test_a_texture_budget_too_small_gives_the_smallest_fair_texture() -> None:
    document, _ = unpack(to_glb(flat_mesh(), GlbOptions(texture_bytes=1)))
    fair, _ = unpack(to_glb(flat_mesh(), GlbOptions(texture_quality=40)))
    assert document["bufferViews"][2] == fair["bufferViews"][2]


@pytest.mark.parametrize(
    "wrong", [{"texture_quality": 0}, {"texture_quality": 101}, {"texture_bytes": 0}]
)
def test_options_out_of_range_are_refused(wrong) -> None:
    with pytest.raises(OptionError):
        GlbOptions(**wrong)


def test_a_texture_beyond_its_format_is_refused() -> None:
    mesh = replace(flat_mesh(), texture=np.zeros((1, 20_000, 3), np.uint8))
    to_glb(mesh)
    with pytest.raises(OutputError, match="20000 x 1 px"):
        to_glb(mesh, GlbOptions(texture_format="webp"))
