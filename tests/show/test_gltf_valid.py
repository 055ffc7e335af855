from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import MeshError
from stereopsis.scene.mesh import Mesh
from stereopsis.show.glb_container import pack, unpack
from stereopsis.show.gltf import GlbOptions, read_glb, to_glb
from tests.show.meshes import flat_mesh, layered_mesh, posed
from tests.show.node import decode_meshopt, validate
from tests.show.soft import soft_mesh


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
