import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.show.gltf import GlbOptions, to_glb
from stereopsis.show.meshopt import encode_rows, encode_triangles
from stereopsis.show.triangle_order import in_walking_order
from tests.show.meshes import layered_mesh
from tests.show.node import decode_meshopt


def decoded_triangles(encoded: bytes, count: int) -> np.ndarray:
    decoded = decode_meshopt(encoded, "TRIANGLES", 3 * count, 4)
    return np.frombuffer(decoded, "<u4").reshape(-1, 3)


def turned(faces: np.ndarray) -> np.ndarray:
    """Each triangle turned so that it starts at its lowest corner; the way round stays."""
    first = faces.argmin(axis=1)[:, None]
    return np.take_along_axis(faces.astype(np.int64), (first + np.arange(3)) % 3, axis=1)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 256, 257, 700])
@pytest.mark.parametrize("stride", [4, 12, 20, 64])
def test_rows_decode_to_themselves(count: int, stride: int) -> None:
    generator = np.random.default_rng(count * stride)
    rows = generator.integers(0, 256, (count, stride))
    rows[:, ::2] = np.cumsum(generator.integers(-3, 4, rows[:, ::2].shape), axis=0) % 256
    rows[:, 1] = 7
    rows = rows.astype(np.uint8)
    assert decode_meshopt(encode_rows(rows), "ATTRIBUTES", count, stride) == rows.tobytes()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), vertices=st.sampled_from([3, 5, 40, 1000, 2**31 - 1]))
def test_any_triangles_decode_to_themselves(seed: int, vertices: int) -> None:
    generator = np.random.default_rng(seed)
    faces = generator.integers(0, vertices, (200, 3))
    faces[100:150, 0] = faces[99:149, 2]  # some share an edge with the one before
    faces[100:150, 1] = faces[99:149, 1]
    distinct = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
    faces = faces[distinct].astype(np.int32)
    decoded = decoded_triangles(encode_triangles(faces), len(faces))
    assert np.array_equal(turned(decoded), turned(faces))


def test_a_walk_keeps_the_triangles_and_their_way_round() -> None:
    mesh = layered_mesh()
    walked = in_walking_order(mesh)

    def corners(of) -> set[tuple]:
        places = np.concatenate([of.vertices, of.uv], axis=1)[of.faces]
        first = places[:, :, :2].sum(axis=2).argmin(axis=1)[:, None]
        order = (first + np.arange(3)) % 3
        return {
            tuple(row) for row in np.take_along_axis(places, order[..., None], 1).reshape(-1, 15)
        }

    assert corners(walked) == corners(mesh)
    assert len(walked.faces) == len(mesh.faces)
    new = np.maximum.accumulate(walked.faces.ravel())
    assert walked.faces.ravel()[0] == 0 and np.diff(new).max() == 1  # numbered by first use


def test_a_walk_leaves_out_what_no_triangle_uses() -> None:
    mesh = layered_mesh()
    half = type(mesh)(**{**vars(mesh), "faces": mesh.faces[: len(mesh.faces) // 2]})
    assert len(in_walking_order(half).vertices) < len(mesh.vertices)


def test_walked_triangles_take_under_two_bytes_each() -> None:
    faces = in_walking_order(layered_mesh()).faces
    assert len(encode_triangles(faces)) < 2 * len(faces)
    assert np.array_equal(
        turned(decoded_triangles(encode_triangles(faces), len(faces))), turned(faces)
    )


@pytest.mark.parametrize("quantize", [True, False])
def test_the_whole_file_becomes_smaller(quantize: bool) -> None:
    plain = to_glb(layered_mesh(), GlbOptions(quantize=quantize))
    assert len(to_glb(layered_mesh(), GlbOptions(quantize=quantize, meshopt=True))) < len(plain)
