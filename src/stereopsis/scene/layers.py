"""LayeredImage: pixels that know their neighbours, several to a place where surfaces overlap."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8

LEFT, RIGHT, UP, DOWN = 0, 1, 2, 3
OPPOSITE = (RIGHT, LEFT, DOWN, UP)
STEP = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)], np.int32)  # (dx, dy) of each direction


@dataclass(frozen=True)
class LayeredImage:
    """A layered depth image (LDI): n pixels, each with at most one neighbour on each side.

    Pixel i lies at column `x[i]`, row `y[i]` of a width x height picture, or outside of it where
    the scene was extended past the border. Pixels at the same place belong to different surfaces.
    `links[i]` holds its neighbours (left, right, up, down), -1 where the surface ends. The first
    width * height pixels are the visible ones in row order; the rest were hidden and are invented,
    but for those that are `seen`, whose colours a second eye saw. `home[i]` is the visible pixel
    that a hidden one grew from, and a visible one itself. Visible pixels that are a `speck` stood
    before the surface that they are taken for: too small to be one, but not of its colour.

    Source: Kopf et al., One Shot 3D Photography (2020); layered depth images after Shade et al.
    (1998), with explicit links after Hedman and Kopf, Instant 3D Photography (2018).
    """

    width: int
    height: int
    x: Int32[np.ndarray, " n"]
    y: Int32[np.ndarray, " n"]
    color: UInt8[np.ndarray, "n 3"]
    inverse_depth: Float32[np.ndarray, " n"]
    links: Int32[np.ndarray, "n 4"]
    home: Int32[np.ndarray, " n"]
    seen: Bool[np.ndarray, " n"] | None = None
    speck: Bool[np.ndarray, " visible"] | None = None

    @property
    def visible_count(self) -> int:
        """How many pixels the photo itself shows."""
        return self.width * self.height

    @property
    def hidden(self) -> Bool[np.ndarray, " n"]:
        """Which pixels the photo does not show."""
        return np.arange(len(self.x)) >= self.visible_count

    @property
    def inside(self) -> Bool[np.ndarray, " n"]:
        """Which pixels lie within the picture's border."""
        across = (self.x >= 0) & (self.x < self.width)
        return np.asarray(across & (self.y >= 0) & (self.y < self.height))

    @property
    def seen_count(self) -> int:
        """How many hidden pixels a second eye saw."""
        return 0 if self.seen is None else int(self.seen.sum())

    @property
    def invented(self) -> Bool[np.ndarray, " n"]:
        """Which hidden pixels no second eye saw either."""
        return self.hidden if self.seen is None else self.hidden & ~self.seen

    def check(self) -> None:
        """Asserts the invariants: links are symmetric and join pixels side by side.

        Raises:
            AssertionError: a link is one-sided, skips a place, or leaves the image.
        """
        n = len(self.x)
        assert n >= self.visible_count
        assert self.seen is None or not (self.seen & ~self.hidden).any()
        assert self.speck is None or len(self.speck) == self.visible_count
        assert len(self.y) == len(self.color) == len(self.inverse_depth) == len(self.links) == n
        assert (self.inverse_depth > 0).all()
        assert len(self.home) == n and (self.home < self.visible_count).all()
        assert (self.home[: self.visible_count] == np.arange(self.visible_count)).all()
        rows, columns = np.divmod(np.arange(self.visible_count, dtype=np.int32), self.width)
        assert (self.x[: self.visible_count] == columns).all()
        assert (self.y[: self.visible_count] == rows).all()
        assert self.links.min() >= -1 and self.links.max() < n
        for direction in (LEFT, RIGHT, UP, DOWN):
            (source,) = np.nonzero(self.links[:, direction] >= 0)
            target = self.links[source, direction]
            assert (self.links[target, OPPOSITE[direction]] == source).all()
            assert (self.x[target] - self.x[source] == STEP[direction, 0]).all()
            assert (self.y[target] - self.y[source] == STEP[direction, 1]).all()
