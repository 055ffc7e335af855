import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.errors import MeshError
from stereopsis.scene.mesh import Mesh
from stereopsis.show.glb_container import pack, unpack
from stereopsis.show.gltf import read_glb, to_glb
from tests.show.meshes import layered_mesh
from tests.show.soft import soft_mesh


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
        changed(("accessors", 6, "normalized"), False, soft_mesh()),
        changed(("scenes", 0, "extras", "stereopsis", "camera", "width"), 0.5),
        changed(("scenes", 0, "extras", "stereopsis", "camera", "height"), "24"),
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
