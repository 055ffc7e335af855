"""Portable float maps: a line of text for the kind, the size and the byte order, then floats."""

import re

import numpy as np

HEADER = re.compile(rb"(Pf|PF)\s+(\d{1,9})\s+(\d{1,9})\s+([-+0-9.eE]{1,32})\s")


def parse_pfm(data: bytes) -> np.ndarray:
    """The values (h, w) or (h, w, 3), float32, top row first; the scale's size is ignored.

    Raises:
        ValueError: the header is none, or the data are too short for it.
    """
    header = HEADER.match(data)
    if header is None:
        raise ValueError("no PFM header")
    channels = 3 if header[1] == b"PF" else 1
    width, height = int(header[2]), int(header[3])
    order = "<f4" if float(header[4]) < 0 else ">f4"
    count = width * height * channels
    start = header.end()
    if data[start - 1 : start + 1] == b"\r\n" and len(data) - start == 4 * count + 1:
        start += 1  # the header's lines end as on Windows; by the size it is no byte of the data
    if len(data) - start < 4 * count:
        raise ValueError("PFM data end too early")
    values = np.frombuffer(data, order, count, start)
    shape = (height, width) if channels == 1 else (height, width, channels)
    return values.reshape(shape)[::-1].astype(np.float32)


def format_pfm(values: np.ndarray) -> bytes:
    """A little-endian PFM of the values (h, w)."""
    height, width = values.shape
    return f"Pf\n{width} {height}\n-1.0\n".encode() + values[::-1].astype("<f4").tobytes()
