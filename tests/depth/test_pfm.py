import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

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


@example(1, 1, 0x0A0A0A0A)  # line ends, as numbers
@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_line_ends_of_the_header_do_not_matter(height: int, width: int, bits: int) -> None:
    """Nor what the data's first bytes are."""
    values = np.full((height, width), bits, np.uint32).view(np.float32)
    data = format_pfm(values)
    header, floats = data[: -values.nbytes], data[-values.nbytes :]
    for end in (b"\n", b"\r\n", b"\r"):
        found = parse_pfm(header.replace(b"\n", end) + floats)
        np.testing.assert_array_equal(found, values)
