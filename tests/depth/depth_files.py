"""Depth files of every kind, and how they are read or refused."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

from stereopsis.depth.depth_file import read_depth_file
from stereopsis.errors import DepthError
from stereopsis.scene.depth import DepthMap

in_a_folder = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def ramp(height: int = 40, width: int = 60) -> np.ndarray:
    """Inverse depth that differs in every pixel."""
    x, y = np.meshgrid(np.linspace(0.1, 1, width), np.linspace(0, 0.37, height))
    return (x + y).astype(np.float32)


def holes(shape: tuple[int, int]) -> np.ndarray:
    """A mask that lacks a corner."""
    valid = np.ones(shape, np.bool_)
    valid[:5, :7] = False
    return valid


def normalised(values: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    known = values if valid is None else values[valid]
    low, high = np.percentile(known, [1, 99])
    return (values - low) / (high - low)


def read(folder: Path, data: bytes, name: str = "depth.bin", **options: str) -> DepthMap:
    (folder / name).write_bytes(data)
    depth = read_depth_file(folder / name, **options)
    assert depth.source == "file" and name in depth.reason
    return depth


def refusal(folder: Path, data: bytes, **options: str) -> DepthError:
    with pytest.raises(DepthError) as caught:
        read(folder, data, **options)
    assert caught.value.problem.endswith(".") and caught.value.mend.endswith(".")
    return caught.value


def npy(values: np.ndarray) -> bytes:
    file = BytesIO()
    np.save(file, values)
    return file.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    file = BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def picture(values: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    Image.fromarray(values).save(file, kind, **options)
    return file.getvalue()
