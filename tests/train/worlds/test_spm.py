import numpy as np
import pytest

from stereopsis.train.worlds.spm import parse_spm
from tests.train.worlds.spm_writer import write_spm


def mesh(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(count)
    faces = rng.integers(0, count, (count, 3)).astype(np.int32)
    return rng.normal(size=(count, 3)).astype(np.float32), rng.random((count, 2)), faces


@pytest.mark.parametrize("count", [3, 300])
def test_meshes_come_back_as_written(count: int):
    vertices, uv, faces = mesh(count)
    (part,) = parse_spm(write_spm(vertices, uv, faces))
    assert (part.vertices == vertices).all()
    assert part.uv == pytest.approx(uv, abs=1e-3)
    assert (part.faces == faces).all()
    assert part.texture == "stone.png"


def test_files_that_end_early_are_refused():
    data = write_spm(*mesh(20))
    for end in range(len(data)):
        with pytest.raises(ValueError):
            parse_spm(data[:end])


def test_foreign_files_and_wild_indices_are_refused():
    with pytest.raises(ValueError, match=r"not an \.spm"):
        parse_spm(b"PK" + bytes(100))
    vertices, uv, faces = mesh(20)
    with pytest.raises(ValueError, match="lacks"):
        parse_spm(write_spm(vertices, uv, faces + 20))
