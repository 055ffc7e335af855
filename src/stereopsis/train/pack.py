"""Pack: training frames in one file, compressed until the moment they are used."""

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8
from numpy.lib.npyio import NpzFile

from stereopsis.errors import DataError
from stereopsis.outputs import whole_file
from stereopsis.scene.arrays import ColorImage, InverseDepth, Mask
from stereopsis.train.planes import Coded, Plane, build_plane, encode

LAYOUT = 2  # of the file; packs of layout 1 have no planes
NUMBERS_PER_FRAME, HEADERS = 32, 4096  # bytes in the file beside those of the pictures
UNKNOWN = 65535  # the PNG value of a pixel without depth
JPEG_QUALITY = 90
ARRAYS = ("image_jpeg", "image_end", "depth_png", "depth_end", "depth_scale", "exact", "source")
PLANE_PARTS = ("data", "end", "scale")
# What zipfile and numpy raise over damaged archives; RuntimeError for flags that they do not know.
# np.load() leaves a damaged file open that it opened itself: hand it an opened one.
UNREADABLE = (
    OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """A picture and the inverse depth of its pixels: 0 is infinitely far, and where not `valid`.

    `exact` inverse depth was rendered; else another network's guess, its scale and shift free.
    `planes` are whatever else is known (see stereopsis.train.worlds.packed).
    """

    image: ColorImage
    inverse_depth: InverseDepth
    valid: Mask
    exact: bool
    planes: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.image.shape[:2] == self.inverse_depth.shape == self.valid.shape
        assert (self.inverse_depth[self.valid] >= 0).all()


@dataclass(frozen=True)
class Pack:
    """n frames as JPEG and 16-bit PNG files laid end to end; `pack[i]` decodes one Frame.

    `image_end[i]` and `depth_end[i]` say where the i-th file stops. A PNG value times
    `depth_scale[i]` is inverse depth, 65535 is unknown. `source` says in words where they are from.
    All frames have the same `planes`.
    """

    image_jpeg: UInt8[np.ndarray, " bytes_of_images"]
    image_end: Int64[np.ndarray, " n"]
    depth_png: UInt8[np.ndarray, " bytes_of_depths"]
    depth_end: Int64[np.ndarray, " n"]
    depth_scale: Float32[np.ndarray, " n"]
    exact: Bool[np.ndarray, " n"]
    source: str
    planes: Mapping[str, Plane] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.exact)

    def __getitem__(self, index: int) -> Frame:
        if not 0 <= index < len(self):
            raise IndexError(index)
        image = cv2.imdecode(_file(self.image_jpeg, self.image_end, index), cv2.IMREAD_COLOR)
        coded = cv2.imdecode(_file(self.depth_png, self.depth_end, index), cv2.IMREAD_UNCHANGED)
        if image is None or coded is None or coded.dtype != np.uint16 or coded.ndim != 2:
            raise DataError(
                f"Frame {index} of the pack is damaged.", "Make the pack again (runs/packs.sh)."
            )
        exact = bool(self.exact[index])
        coded = _resize(coded, (image.shape[1], image.shape[0]), exact)
        valid = coded != UNKNOWN
        inverse_depth = np.where(valid, coded, 0).astype(np.float32) * self.depth_scale[index]
        planes = {name: plane[index] for name, plane in self.planes.items()}
        return Frame(image[:, :, ::-1].copy(), inverse_depth, valid, exact, planes)

    def draw(self, rng: np.random.Generator) -> Frame:
        """Any frame."""
        return self[int(rng.integers(len(self)))]


@dataclass(frozen=True)
class _Encoded:
    """One frame's files."""

    jpeg: np.ndarray
    png: np.ndarray
    scale: float
    exact: bool
    planes: Mapping[str, Coded]

    def __len__(self) -> int:
        files = len(self.jpeg) + len(self.png)
        return files + sum(len(plane.file) for plane in self.planes.values())


def build_pack(
    frames: Iterable[Frame], source: str, depth_levels: int = 8192, halve_guesses: bool = True
) -> Pack:
    """The frames, encoded one by one.

    Inverse depth is stored in `depth_levels` equal steps (at most 65534) up to each frame's
    largest. Inexact depth that is known everywhere is stored at half size, unless it is sharp and
    `halve_guesses` is off.
    """
    return _pack([_encode(frame, depth_levels, halve_guesses) for frame in frames], source)


def build_packs(
    frames: Iterable[Frame], source: str, most_bytes: int, depth_levels: int = 8192
) -> Iterator[Pack]:
    """The frames as packs of at most so many bytes each, one frame at least; see `build_pack`."""
    waiting: list[_Encoded] = []
    size = 0
    for frame in frames:
        encoded = _encode(frame, depth_levels, halve_guesses=True)
        own = len(encoded) + NUMBERS_PER_FRAME * (1 + len(encoded.planes))
        if waiting and size + own > most_bytes:
            yield _pack(waiting, source)
            waiting, size = [], 0
        size += own + (0 if waiting else HEADERS * (1 + len(encoded.planes)) + len(source) * 4)
        waiting.append(encoded)
    if waiting:
        yield _pack(waiting, source)


def _encode(frame: Frame, depth_levels: int, halve_guesses: bool) -> _Encoded:
    assert 1 <= depth_levels < UNKNOWN
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    jpeg = np.asarray(cv2.imencode(".jpg", frame.image[:, :, ::-1], quality)[1])
    scale = max(float(frame.inverse_depth.max()), 1e-12) / depth_levels
    coded = np.rint(frame.inverse_depth / scale).clip(0, depth_levels)
    coded = np.where(frame.valid, coded, UNKNOWN).astype(np.uint16)
    if halve_guesses and not frame.exact and frame.valid.all():
        coded = _resize(coded, ((coded.shape[1] + 1) // 2, (coded.shape[0] + 1) // 2), False)
    png = np.asarray(cv2.imencode(".png", coded, [cv2.IMWRITE_PNG_COMPRESSION, 6])[1])
    planes = {name: encode(plane) for name, plane in frame.planes.items()}
    return _Encoded(jpeg, png, scale, frame.exact, planes)


def _pack(encoded: list[_Encoded], source: str) -> Pack:
    names = encoded[0].planes.keys() if encoded else ()
    assert all(each.planes.keys() == set(names) for each in encoded)
    return Pack(
        *_end_to_end([each.jpeg for each in encoded]),
        *_end_to_end([each.png for each in encoded]),
        np.array([each.scale for each in encoded], np.float32),
        np.array([each.exact for each in encoded], np.bool_),
        source,
        {name: build_plane([each.planes[name] for each in encoded]) for name in names},
    )


def write_pack(pack: Pack, path: Path) -> None:
    """Writes the pack as an .npz file, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    arrays = {name: getattr(pack, name) for name in ARRAYS}
    for name, plane in pack.planes.items():
        for part in PLANE_PARTS:
            arrays[f"{name}:{part}"] = getattr(plane, part)
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, layout=LAYOUT, planes=np.array(list(pack.planes), np.str_), **arrays)


def read_pack(source: Path | bytes) -> Pack:
    """The pack in this file or these bytes.

    Raises:
        DataError: it is no pack, is cut short or damaged, or of a layout that we do not know.
    """
    name = source.name if isinstance(source, Path) else "The pack"
    try:
        data = source if isinstance(source, bytes) else source.read_bytes()
        with NpzFile(io.BytesIO(data), allow_pickle=False) as archive:
            if "layout" in archive and int(archive["layout"].astype(np.int64)) > LAYOUT:
                raise _is_newer(name)
            arrays: dict[str, Any] = {field: archive[field] for field in ARRAYS}
            planes = _read_planes(archive)
    except UNREADABLE as error:
        raise _not_a_pack(name) from error
    pack = Pack(**(arrays | {"source": str(arrays["source"]), "planes": planes}))
    if not _is_consistent(pack):
        raise _not_a_pack(name)
    return pack


def _read_planes(archive: NpzFile) -> dict[str, Plane]:
    names = [str(name) for name in archive["planes"]] if "planes" in archive else []
    return {
        name: Plane(*(np.asarray(archive[f"{name}:{part}"]) for part in PLANE_PARTS))
        for name in names
    }


def _is_newer(name: str) -> DataError:
    return DataError(
        f"{name} is a pack of a newer layout than {LAYOUT}, the last that this version knows.",
        "Use the version of stereopsis that made it, or make it again.",
    )


def _not_a_pack(name: str) -> DataError:
    return DataError(
        f"{name} is not a whole pack of training frames.",
        "Make it again with stereopsis.train.worlds or stereopsis.train.label.",
    )


def _is_consistent(pack: Pack) -> bool:
    """Whether types fit and the files' ends rise to the end of the bytes."""
    if pack.exact.ndim != 1 or pack.exact.dtype != np.bool_:
        return False
    images = Plane(pack.image_jpeg, pack.image_end, np.ones(len(pack), np.float32))
    depths = Plane(pack.depth_png, pack.depth_end, pack.depth_scale)
    planes = [images, depths, *pack.planes.values()]
    if not all(plane.is_consistent(len(pack)) for plane in planes):
        return False
    scales = np.concatenate([plane.scale for plane in planes])
    return bool(((scales > 0) & np.isfinite(scales)).all())


def _resize(coded: np.ndarray, size: tuple[int, int], exact: bool) -> np.ndarray:
    """PNG values at (width, height): never mixed across edges where exact, nor with UNKNOWN."""
    if exact or (coded == UNKNOWN).any():
        return np.asarray(cv2.resize(coded, size, interpolation=cv2.INTER_NEAREST))
    shrinks = size[0] < coded.shape[1]
    return np.asarray(
        cv2.resize(coded, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    )


def _file(data: np.ndarray, end: np.ndarray, index: int) -> np.ndarray:
    start = end[index - 1] if index else 0
    return data[start : end[index]]


def _end_to_end(files: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The bytes of all files in a row, and where each one ends."""
    data = np.concatenate(files) if files else np.zeros(0, np.uint8)
    return data, np.cumsum([len(file) for file in files], dtype=np.int64)
