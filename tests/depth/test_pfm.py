import numpy as np

from stereopsis.depth.pfm import format_pfm, parse_pfm
from tests.depth.depth_files import (
    ramp,
)


def test_pfm_round_trip_exactly() -> None:
    values = ramp() * np.float32(1e-30)
    assert (parse_pfm(format_pfm(values)) == values).all()


def test_pfm_of_other_writers() -> None:
    """Big-endian, rows from the bottom up, with three channels."""
    values = np.arange(2 * 3 * 3, dtype=np.float32).reshape(2, 3, 3)
    data = b"PF 3 2\n1.0\n" + values[::-1].astype(">f4").tobytes()
    assert (parse_pfm(data) == values).all()
