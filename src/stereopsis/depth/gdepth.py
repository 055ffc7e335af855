"""Depth that phones store in JPEG photos: GDepth, and its successor Dynamic Depth.

Source: Google, Depthmap Metadata 1.0; Dynamic Depth 1.0 (2019).
"""

import base64
import math
from dataclasses import dataclass

import numpy as np

from stereopsis.depth.xmp import xmp_packets, xmp_properties

GDEPTH = "http://ns.google.com/photos/1.0/depthmap/"
DYNAMIC_DEPTH = "http://ns.google.com/photos/dd/1.0/depthmap/"
ITEMS = (
    "http://ns.google.com/photos/dd/1.0/item/",
    "http://ns.google.com/photos/1.0/container/item/",
)
METRES_PER_UNIT = {"m": 1.0, "meters": 1.0, "mm": 0.001}


@dataclass(frozen=True)
class PhoneDepth:
    """A depth picture (PNG or JPEG bytes) as a phone stored it, and how to understand it."""

    picture: bytes
    linear: bool  # RangeLinear; else RangeInverse
    near: float | None  # None: not said, or nonsense
    far: float | None
    metres_per_unit: float | None


def find_phone_depth(jpeg: bytes) -> PhoneDepth | None:
    """The depth inside a JPEG photo, or None.

    Raises:
        ValueError: there is depth, but it is damaged.
    """
    if GDEPTH.encode() not in jpeg and DYNAMIC_DEPTH.encode() not in jpeg:
        return None  # whatever else is wrong with its XMP is not our business
    packets = xmp_packets(jpeg)
    gdepth = {}
    for properties in xmp_properties(packets, GDEPTH):
        gdepth.update(properties)
    if gdepth.get("Data"):
        return _phone_depth(base64.b64decode(gdepth["Data"]), gdepth)
    for properties in xmp_properties(packets, DYNAMIC_DEPTH):
        uri = properties.get("DepthURI")
        if uri:
            return _phone_depth(_container_item(jpeg, packets, uri), properties)
    return None


def inverse_depth_of(fraction: np.ndarray, depth: PhoneDepth) -> np.ndarray:
    """Inverse depth from the stored picture as fractions 0 (near) to 1 (far).

    In 1/unit where near and far are known; else RangeInverse gives it up to scale and shift.

    Raises:
        ValueError: RangeLinear without near and far cannot be inverted.
    """
    near, far = depth.near, depth.far
    if depth.linear:
        if near is None or far is None:
            raise ValueError("RangeLinear depth without near and far")
        return 1.0 / (near + fraction * (far - near))
    if near is None or far is None:
        return 1.0 - fraction
    return (1.0 - fraction) / near + fraction / far


def _phone_depth(picture: bytes, properties: dict[str, str]) -> PhoneDepth:
    near, far = _number(properties.get("Near")), _number(properties.get("Far"))
    if near is None or far is None or not 0 < near < far:
        near = far = None
    unit = METRES_PER_UNIT.get(properties.get("Units", "").lower())
    linear = properties.get("Format") == "RangeLinear"
    return PhoneDepth(picture, linear, near, far, unit if near else None)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _container_item(jpeg: bytes, packets: list[bytes], uri: str) -> bytes:
    """The item named `uri`; items follow the primary picture, so lengths count from the end."""
    for namespace in ITEMS:
        end = len(jpeg)
        for item in reversed(xmp_properties(packets, namespace)):
            length = int(item.get("Length", "0"))
            if item.get("DataURI") == uri and 0 < length < end:
                return jpeg[end - length : end]
            end -= length
    raise ValueError(f"no item {uri} in the container")
