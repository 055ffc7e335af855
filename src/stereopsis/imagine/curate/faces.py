"""Faces: small pictures of what a filter threw away or nearly did, a few of each kind.

Which ones are kept does not depend on the order in which they are offered, so those of shards can
be merged in any order.
"""

import base64
import heapq
from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from stereopsis.errors import PhotoError
from stereopsis.imagine.curate.sample import Sample
from stereopsis.scene.arrays import ColorImage

SIDE = 150  # px; the longer side of a face
SHOWN_REMOVED, SHOWN_NEAR = 24, 12
JPEG_QUALITY = 80


@dataclass(frozen=True, order=True)
class Face:
    """A small picture, or two of which the second is the one that was kept; `key` orders them."""

    key: float
    content: int
    score: float = field(compare=False)
    caption: str = field(compare=False)
    jpegs: tuple[bytes, ...] = field(compare=False)


class Picks:
    """The `limit` faces with the smallest keys."""

    def __init__(self, limit: int, faces: Iterable[Face] = ()) -> None:
        self._limit = limit
        self.faces = heapq.nsmallest(limit, faces)

    def offer(self, key: float, sample: Sample, score: float) -> None:
        """Takes the sample's face if it is among the smallest; only then is it drawn."""
        last = self.faces[-1] if len(self.faces) == self._limit else None
        if last and (key, sample.content) >= (last.key, last.content):
            return
        caption = sample.row.caption[:80]
        insort(self.faces, Face(key, sample.content, score, caption, (face_of(sample),)))
        del self.faces[self._limit :]

    def merge(self, other: "Picks") -> None:
        """Takes the other's faces."""
        self.faces = heapq.nsmallest(self._limit, [*self.faces, *other.faces])


@dataclass
class StageFaces:
    """What one filter threw away, and what was nearest to its threshold on both sides."""

    removed: Picks = field(default_factory=lambda: Picks(SHOWN_REMOVED))
    just_kept: Picks = field(default_factory=lambda: Picks(SHOWN_NEAR))
    just_removed: Picks = field(default_factory=lambda: Picks(SHOWN_NEAR))

    def note(self, sample: Sample, score: float, margin: float) -> None:
        """Takes in a judged sample; kept where the margin is 0 or more."""
        if margin >= 0:
            self.just_kept.offer(margin, sample, score)
            return
        self.removed.offer(0, sample, score)  # the order of contents is as good as chance
        if not np.isnan(margin):
            self.just_removed.offer(-margin, sample, score)

    def merge(self, other: "StageFaces") -> None:
        """Takes the other's faces."""
        self.removed.merge(other.removed)
        self.just_kept.merge(other.just_kept)
        self.just_removed.merge(other.just_removed)

    def to_plain(self) -> dict[str, Any]:
        """JSON's own types, which from_plain reads back."""
        return {name: [_plain(face) for face in getattr(self, name).faces] for name in _KINDS}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "StageFaces":
        """The faces that to_plain wrote."""
        kinds = [[_face(each) for each in plain[name]] for name in _KINDS]
        limits = (SHOWN_REMOVED, SHOWN_NEAR, SHOWN_NEAR)
        return cls(*(Picks(limit, faces) for limit, faces in zip(limits, kinds, strict=True)))


_KINDS = ("removed", "just_kept", "just_removed")


def face_of(sample: Sample) -> bytes:
    """The picture, small, as a JPEG; empty if it cannot be decoded."""
    try:
        return small_jpeg(sample.pixels)
    except PhotoError:
        return b""


def small_jpeg(pixels: ColorImage) -> bytes:
    """A JPEG of at most SIDE px on the longer side."""
    zoom = min(1.0, SIDE / max(pixels.shape[:2]))
    size = [max(1, round(side * zoom)) for side in pixels.shape[1::-1]]
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    return bytes(cv2.imencode(".jpg", small[:, :, ::-1], quality)[1].tobytes())


def _plain(face: Face) -> list[Any]:
    jpegs = [base64.b64encode(jpeg).decode() for jpeg in face.jpegs]
    return [face.key, face.content, face.score, face.caption, jpegs]


def _face(plain: list[Any]) -> Face:
    key, content, score, caption, jpegs = plain
    return Face(key, content, score, caption, tuple(map(base64.b64decode, jpegs)))
