"""Depth files: read from npz, npy, PFM and grey pictures; written as npz, 16-bit PNG and PFM."""

import tokenize
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
from PIL import Image

from stereopsis.depth.measured import LARGEST, Near, depth_from_values, metric_depth
from stereopsis.depth.pfm import format_pfm, parse_pfm
from stereopsis.errors import DepthError, PhotoError
from stereopsis.scene.depth import DepthMap, DepthScale
from stereopsis.scene.exif import orientation_of, upright
from stereopsis.scene.input_file import MAX_FILE_BYTES, read_input
from stereopsis.scene.picture_file import DECODER_ERRORS, decoding, open_picture

NPZ_KEYS = ("inverse_depth", "disparity", "depth")
NPZ_MORE = ("valid", "scale", "uncertainty")
GREY_TOLERANCE = 3  # JPEG moves the channels of a grey picture apart by so many steps

# What numpy and zipfile raise over damaged or hostile array files.
ARRAY_ERRORS = (*DECODER_ERRORS, MemoryError, tokenize.TokenError, zipfile.BadZipFile)


def read_depth_file(path: str | Path, near: Near = "large") -> DepthMap:
    """The depth map in an .npz, .npy, .pfm or grey picture file (16 or 8 bits).

    `near` says whether near parts have large values (inverse depth, disparity; any scale) or
    small ones (depth in any unit; 0 is unknown). An .npz says so itself: it holds `inverse_depth`
    or `disparity` (near is large), or `depth` in metres, and may hold `valid` (h, w), `scale`
    ("relative" or "metric"; metric inverse depth is in 1/metres) and `uncertainty` (h, w), the
    error to be expected of inverse depth or disparity, in its units. NaN and infinity are unknown.

    Raises:
        DepthError: the file cannot be read, is damaged, holds no two-dimensional map, negative
            depth, nothing known, or the same value everywhere.
    """
    path = Path(path)
    data = read_input(path, DepthError)
    if data[:2] == b"PK":
        return _from_npz(data, path.name)
    values = _values(data, path.name)
    _check_map(values, path.name)
    known = np.ones(values.shape, np.bool_)
    return depth_from_values(values, known, near, "file", f"The depth map {path.name} was given.")


def depth_to_npz(depth: DepthMap) -> bytes:
    """An .npz with `inverse_depth` float32 (h, w), `valid` bool (h, w) and `scale`.

    And, if it is known, `uncertainty` float32 (h, w) in the units of `inverse_depth`.
    """
    arrays: dict[str, Any] = {"inverse_depth": depth.inverse_depth, "valid": depth.valid}
    if depth.uncertainty is not None:
        arrays["uncertainty"] = depth.uncertainty
    file = BytesIO()
    np.savez_compressed(file, **arrays, scale=np.str_(depth.scale))
    return file.getvalue()


def depth_to_png16(depth: DepthMap) -> bytes:
    """A grey 16-bit PNG, near is bright: the nearest pixel 65535, the farthest 0, unknown 0."""
    known = depth.inverse_depth[depth.valid]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    grey = (depth.inverse_depth - low) * (65535 / max(high - low, 1e-12))
    grey = np.where(depth.valid, grey, 0.0).round().astype(np.uint16)
    file = BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    return file.getvalue()


def depth_to_pfm(depth: DepthMap) -> bytes:
    """A little-endian PFM of inverse depth; unknown pixels are infinite, as Middlebury has them."""
    return format_pfm(np.where(depth.valid, depth.inverse_depth, np.inf))


def grey_values(image: Image.Image, name: str) -> np.ndarray:
    """The values (h, w) of a grey picture of 8, 16 or 32 bits.

    Raises:
        DepthError: the picture is coloured.
    """
    if image.mode in ("L", "F", "I") or image.mode.startswith("I;16"):
        return np.asarray(image)
    channels = np.asarray(image.convert("RGB"))
    if np.ptp(channels.astype(np.int16), axis=-1).max() > GREY_TOLERANCE:
        problem = f"{name} is a coloured picture, and colours have no order of depth."
        raise DepthError(problem, "Save the depth as a grey picture, .npy or .pfm.")
    return channels[..., 0]


def _values(data: bytes, name: str) -> np.ndarray:
    """What a file with one array holds."""
    if data[:6] != b"\x93NUMPY" and data[:2].lower() != b"pf":
        return _picture_values(data, name)
    try:
        if data[:2].lower() == b"pf":
            return parse_pfm(data)
        array: np.ndarray = np.load(BytesIO(data), allow_pickle=False)
        return array
    except ARRAY_ERRORS as error:
        raise _unreadable(name, error) from error


def _picture_values(data: bytes, name: str) -> np.ndarray:
    try:
        image = open_picture(data, name)
        with decoding(name):
            return upright(grey_values(image, name), orientation_of(image.getexif()))
    except PhotoError as error:
        mend = "Depth may be an .npz, .npy, .pfm or a grey 16-bit PNG file."
        raise DepthError(error.problem, mend) from error


def _from_npz(data: bytes, name: str) -> DepthMap:
    arrays = _npz_arrays(data, name)
    key = next((key for key in NPZ_KEYS if key in arrays), None)
    if key is None:
        problem = f"{name} has no array inverse_depth, disparity or depth."
        raise DepthError(problem, "Name the array for what it holds.")
    values = arrays[key]
    _check_map(values, name)
    valid = arrays.get("valid", np.ones(values.shape, np.bool_))
    if valid.shape != values.shape:
        problem = f"In {name} the array valid has another shape than {key}."
        raise DepthError(problem, "Give both the same shape, or leave valid out.")
    if valid.dtype.kind not in "biuf":
        problem = f"{name} holds valid of type {valid.dtype}, which does not say yes or no."
        raise DepthError(problem, "Save it as bool, or leave valid out.")
    metric = _scale(arrays, name) == "metric" or key == "depth"
    convert = metric_depth if metric else depth_from_values
    near: Near = "small" if key == "depth" else "large"
    uncertainty = _uncertainty(arrays, values.shape, name) if near == "large" else None
    reason = f"The depth map {name} was given."
    return convert(values, valid.astype(np.bool_), near, "file", reason, uncertainty)


def _scale(arrays: dict[str, np.ndarray], name: str) -> DepthScale:
    """The scale that the file states; without a word depth is relative."""
    stated = arrays.get("scale", np.array("relative"))
    for scale in get_args(DepthScale):
        if stated.ndim == 0 and stated.dtype.kind == "U" and stated == scale:
            return cast(DepthScale, scale)
    problem = f"In {name} the array scale names no scale."
    raise DepthError(problem, 'Write "relative" or "metric" as a single text, or leave scale out.')


def _uncertainty(
    arrays: dict[str, np.ndarray], shape: tuple[int, ...], name: str
) -> np.ndarray | None:
    """The expected error of each value, where the file has it; NaN becomes 0."""
    if "uncertainty" not in arrays:
        return None
    errors = arrays["uncertainty"]
    _check_map(errors, name)
    if errors.shape != shape:
        problem = f"In {name} the array uncertainty has another shape than the depth."
        raise DepthError(problem, "Give both the same shape, or leave uncertainty out.")
    if (errors < 0).any():
        problem = f"In {name} the array uncertainty has negative values."
        raise DepthError(problem, "Give the size of the errors, or leave uncertainty out.")
    with np.errstate(invalid="ignore", over="ignore"):  # signalling NaNs, and wider floats
        errors = errors.astype(np.float64)
    return np.asarray(np.minimum(np.nan_to_num(errors, nan=0.0), LARGEST), np.float32)


def _npz_arrays(data: bytes, name: str) -> dict[str, np.ndarray]:
    """The arrays of an .npz that mean something to us."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_FILE_BYTES:
            problem = f"{name} unpacks to {unpacked / 1e9:.1f} GB; at most 1 GB is read."
            raise DepthError(problem, "Save it smaller.")
        with np.load(BytesIO(data), allow_pickle=False) as arrays:
            wanted = (*NPZ_KEYS, *NPZ_MORE)
            return {key: np.asarray(arrays[key]) for key in wanted if key in arrays.files}
    except ARRAY_ERRORS as error:
        raise _unreadable(name, error) from error


def _check_map(values: np.ndarray, name: str) -> None:
    """Refuses arrays that are not one number for each pixel."""
    if values.ndim != 2 or values.size == 0:
        shape = " x ".join(map(str, values.shape))
        held = f"an array of shape {shape}" if values.ndim else "a single value"
        problem = f"{name} holds {held}; a depth map has two dimensions."
        raise DepthError(problem, "Save it as height x width.")
    if values.dtype.kind not in "fiu":
        problem = f"{name} holds values of type {values.dtype}, not plain numbers."
        raise DepthError(problem, "Save it as float32.")


def _unreadable(name: str, error: Exception) -> DepthError:
    if "allow_pickle" in str(error):  # how numpy tells such arrays from damaged ones
        problem = f"{name} holds Python objects, which would need pickle, and that is not safe."
        return DepthError(problem, "Save it as float32.")
    return DepthError(f"{name} is damaged or cut short.", "Save the depth map again.")
