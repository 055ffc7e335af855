"""Stock: the textures and finished things from which worlds are furnished."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from stereopsis.errors import DataError
from stereopsis.scene.arrays import ColorImage
from stereopsis.train.worlds.model import Model, Vector
from stereopsis.train.worlds.paint import (
    fence_outline,
    foliage,
    material,
    tileable,
)
from stereopsis.train.worlds.surfaces import PAINTERS, Surface, paint_surface
from stereopsis.train.worlds.texture import TextureBank, opaque

MATERIALS = 60  # painted ones, and as many cut from photos
OUTLINES = 16  # of each sort
SURFACES = 8  # of each sort
ODD = 0.08  # share of surfaces that are not what they are taken for
SMALLEST_SIDE = 32  # px; less is a flat colour once it is stretched
MOST_OBLONG = 8  # long side over short side; a strip would be smeared
PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png"}


@dataclass(frozen=True)
class Track:
    """A ready-made outdoor world and points of its road (metres) in driving order, feet level."""

    name: str
    model: Model
    road: np.ndarray  # (n, 4, 3): the corners of each piece of road


@dataclass(frozen=True)
class Stock:
    """Stacked textures, the indices of each sort of them, finished things (see Model.stood_up).

    `photos` show anything, `materials` repeat well, the rest are cut out by alpha.
    """

    texels: UInt8[np.ndarray, "n texels 4"]
    photos: tuple[int, ...]
    materials: tuple[int, ...]
    foliage: tuple[int, ...]
    fences: tuple[int, ...]
    things: tuple[Model, ...]
    tracks: tuple[Track, ...]
    surfaces: Mapping[Surface, tuple[int, ...]] = field(default_factory=dict)

    def photo(self, rng: np.random.Generator) -> int:
        """A texture that shows anything."""
        return int(rng.choice(self.photos))

    def material(self, rng: np.random.Generator) -> int:
        """A texture that repeats well."""
        return int(rng.choice(self.materials))

    def paint(self, rng: np.random.Generator) -> int:
        """Either."""
        return self.photo(rng) if rng.random() < 0.5 else self.material(rng)

    def surface(self, rng: np.random.Generator, *choice: Surface) -> int:
        """A texture of one of these surfaces, now and then any material instead."""
        if rng.random() < ODD:
            return self.material(rng)
        return int(rng.choice(self.surfaces[choice[rng.integers(len(choice))]]))


def stock_up(
    rng: np.random.Generator,
    bank: TextureBank,
    photos: list[ColorImage],
    materials: tuple[int, ...] = (),
    things: tuple[Model, ...] = (),
    tracks: tuple[Track, ...] = (),
) -> Stock:
    """A stock of these photos and painted textures, with what else is already in the bank."""
    palette = np.concatenate([photo[::40, ::40].reshape(-1, 3) for photo in photos])
    painted = tuple(bank.add(opaque(material(rng, palette))) for _ in range(MATERIALS))
    sources = [photos[i] for i in rng.integers(0, len(photos), MATERIALS)]
    cut = tuple(bank.add(opaque(tileable(rng, photo))) for photo in sources)
    crowns = [foliage(rng) for _ in range(OUTLINES)]
    pickets = [material(rng, palette) for _ in range(OUTLINES)]
    surfaces: dict[Surface, tuple[int, ...]] = {
        name: tuple(bank.add(opaque(paint_surface(rng, name))) for _ in range(SURFACES))
        for name in PAINTERS
    }
    return Stock(
        surfaces=surfaces,
        photos=tuple(bank.add(opaque(photo)) for photo in photos),
        materials=painted + cut + materials,
        foliage=tuple(bank.add(np.dstack(crown)) for crown in crowns),
        fences=tuple(bank.add(_cut(picket, fence_outline(rng))) for picket in pickets),
        things=things,
        tracks=tracks,
        texels=bank.stacked(),
    )


def read_photos(folder: Path, count: int, rng: np.random.Generator) -> list[ColorImage]:
    """So many photos of the folder and those below it, chosen at random.

    Pictures that cannot be read, tiny ones and strips are passed over.

    Raises:
        DataError: the folder holds no other.
    """
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PHOTO_SUFFIXES)
    images = (cv2.imread(str(paths[i]), cv2.IMREAD_COLOR) for i in rng.permutation(len(paths)))
    fit = (image for image in images if image is not None and _is_texture(image))
    photos = [np.ascontiguousarray(image[:, :, ::-1]) for image in islice(fit, count)]
    if not photos:
        raise DataError(
            f"There are no photos in {folder} to paint with.",
            f"Give a folder of JPEG or PNG pictures of {SMALLEST_SIDE} px and more, no strips.",
        )
    return photos


def _is_texture(image: ColorImage) -> bool:
    short, long = sorted(image.shape[:2])
    return bool(short >= SMALLEST_SIDE and long <= MOST_OBLONG * short)


def above(point: Vector, height: float) -> Vector:
    """The point so many metres higher."""
    return np.asarray(np.subtract(point, [0.0, height, 0.0]), np.float64)


def _cut(image: ColorImage, outline: np.ndarray) -> UInt8[np.ndarray, "h w 4"]:
    return np.dstack([cv2.resize(image, outline.shape[::-1]), outline])
