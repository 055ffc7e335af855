import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.errors import MeshError, OptionError, OutputError
from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.mesh import Mesh
from stereopsis.show.glb_container import pack, read_accessor, unpack
from stereopsis.show.glb_geometry import FARTHEST_MOVE, STEPS
from stereopsis.show.gltf import GlbOptions, read_glb, to_glb
from tests.show.meshes import colourful, flat_mesh, layered_mesh
from tests.show.node import decode_meshopt, validate
from tests.show.soft import soft_mesh

FLOAT = GlbOptions(quantize=False)


def posed(mesh: Mesh) -> Mesh:
    """The mesh with a camera that neither stands in the origin nor looks along z."""
    angle = 0.3
    T_camera_from_scene = np.eye(4, dtype=np.float32)
    T_camera_from_scene[:3, :3] = [
        [np.cos(angle), 0, np.sin(angle)],
        [0, 1, 0],
        [-np.sin(angle), 0, np.cos(angle)],
    ]
    T_camera_from_scene[:3, 3] = 0.1, -0.2, 0.3
    return replace(mesh, camera=replace(mesh.camera, T_camera_from_scene=T_camera_from_scene))


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


@pytest.mark.parametrize("make", [flat_mesh, layered_mesh, soft_mesh])
@pytest.mark.parametrize("texture_format", ["jpeg", "webp"])
@pytest.mark.parametrize("quantize", [True, False])
@pytest.mark.parametrize("meshopt", [True, False])
def test_the_khronos_validator_finds_nothing(texture_format, quantize, meshopt, make) -> None:
    options = GlbOptions(texture_format=texture_format, quantize=quantize, meshopt=meshopt)
    issues = validate(to_glb(posed(make()), options))
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


def unpacked(data: bytes) -> bytes:
    """The same .glb with its compressed parts decoded by the reference decoder."""
    document, binary = unpack(data)
    image = document["bufferViews"][2]
    parts = [binary[image["byteOffset"] :][: image["byteLength"]]]
    image["byteOffset"] = 0
    for view in document["bufferViews"][:2]:
        packed = view.pop("extensions")["EXT_meshopt_compression"]
        start, end = packed["byteOffset"], packed["byteOffset"] + packed["byteLength"]
        shape = packed["mode"], packed["count"], packed["byteStride"]
        decoded = decode_meshopt(binary[start:end], *shape)
        parts[-1] += bytes(-len(parts[-1]) % 4)
        view.update(buffer=0, byteOffset=sum(map(len, parts)))
        assert view["byteLength"] == len(decoded)
        parts.append(decoded)
    document["buffers"] = [{"byteLength": sum(map(len, parts))}]
    document["extensionsUsed"].remove("EXT_meshopt_compression")
    document["extensionsRequired"].remove("EXT_meshopt_compression")
    return pack(document, b"".join(parts))


@pytest.mark.parametrize("copies", [1, 400])
def test_a_compressed_file_decodes_to_the_same_mesh(copies: int) -> None:
    mesh = layered_mesh()
    many = replace(
        mesh,
        vertices=np.tile(mesh.vertices, (copies, 1)),
        uv=np.tile(mesh.uv, (copies, 1)),
        faces=np.concatenate([mesh.faces + i * len(mesh.vertices) for i in range(copies)]),
    )
    plain = unpacked(to_glb(many, GlbOptions(meshopt=True)))
    assert validate(plain)["numErrors"] == 0
    read = read_glb(plain)

    def heaps(of: Mesh) -> np.ndarray:
        corners = np.concatenate([of.vertices, of.uv], axis=1)[of.faces]
        return np.sort(corners.mean(axis=1).round(2), axis=0)

    assert np.allclose(heaps(read), heaps(many), atol=0.011)


def test_a_compressed_file_is_not_read_back() -> None:
    with pytest.raises(MeshError, match="meshopt"):
        read_glb(to_glb(layered_mesh(), GlbOptions(meshopt=True)))


def test_the_khronos_validator_passes_more_vertices_than_16_bits_count() -> None:
    mesh = layered_mesh()
    copies = 65_536 // len(mesh.vertices) + 1
    many = replace(
        mesh,
        vertices=np.tile(mesh.vertices, (copies, 1)),
        uv=np.tile(mesh.uv, (copies, 1)),
        faces=(mesh.faces + len(mesh.vertices) * (copies - 1)).astype(np.int32),
    )
    data = to_glb(many)
    issues = validate(data)
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]
    assert np.array_equal(read_glb(data).faces, many.faces)


def test_the_khronos_validator_catches_a_broken_file() -> None:
    document, binary = unpack(to_glb(layered_mesh()))
    document["accessors"][0]["count"] += 1
    assert validate(pack(document, binary))["numErrors"] > 0


def test_a_missing_validator_is_a_failure_and_no_skip(monkeypatch) -> None:
    monkeypatch.setattr("tests.show.node.TESTS", Path("/nowhere"))
    with pytest.raises(AssertionError, match="need gltf-validator"):
        validate(b"")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AssertionError, match=r"need Node\.js"):
        validate(b"")


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


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_files_are_refused_or_read_but_never_crash(data: st.DataObject) -> None:
    whole = bytearray(to_glb(layered_mesh(32, 24)))
    (json_length,) = struct.unpack_from("<I", whole, 12)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, json_length + 40) | st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)) | st.just(len(whole)))
    try:
        read_glb(bytes(whole[:cut]))
    except MeshError as error:
        assert error.problem and error.mend


def changed(path: tuple[str | int, ...], value: object, mesh: Mesh | None = None) -> bytes:
    """A small .glb whose JSON holds this value at this path."""
    document, binary = unpack(to_glb(mesh or layered_mesh(32, 24)))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return pack(document, binary)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"not a glb at all, but long enough",
        to_glb(layered_mesh(32, 24))[:-4],
        pack({}, b""),
        changed(("accessors", 0, "count"), 10**12),
        changed(("accessors", 1, "count"), 3),
        changed(("accessors", 2, "count"), 4),
        changed(("accessors", 2, "count"), 0),
        changed(("accessors", 2, "bufferView"), 2),
        changed(("bufferViews", 0, "byteStride"), 0),
        changed(("bufferViews", 0, "byteOffset"), -4),
        changed(("bufferViews", 2, "byteLength"), 0),
        changed(("bufferViews", 2, "byteLength"), 10**9),
        changed(("accessors", 3, "count"), 2, soft_mesh()),
        changed(("accessors", 6, "count"), 2, soft_mesh()),
        changed(("accessors", 6, "type"), "VEC2", soft_mesh()),
        changed(("nodes", 0, "scale"), [1e308, 1e308, 1e308]),
        changed(("scenes", 0, "extras"), {}),
        changed(("scenes", 0, "extras", "stereopsis", "cone", "radius"), -1),
        changed(("scenes", 0, "extras", "stereopsis", "camera", "focal_px"), "long"),
        changed(
            ("scenes", 0, "extras", "stereopsis", "camera", "T_camera_from_scene"), [1e99] * 16
        ),
    ],
)
def test_damage_is_told(damaged: bytes) -> None:
    with pytest.raises(MeshError, match=r"not a whole \.glb"):
        read_glb(damaged)


def test_json_that_is_no_object_is_damage() -> None:
    text = json.dumps([1, 2, 3]).encode() + b"   "
    head = struct.pack("<IIIII", 0x46546C67, 2, 12 + 8 + len(text) + 8, len(text), 0x4E4F534A)
    with pytest.raises(MeshError):
        read_glb(head + text + struct.pack("<II", 0, 0x004E4942))
