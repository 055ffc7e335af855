"""Model: textured triangles of a rendered world."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32
from numpy.typing import ArrayLike

from stereopsis.scene.arrays import Points, Triangles
from stereopsis.train.worlds.semantic import Finish, Semantic

Vector = Float[np.ndarray, "3"]
Rotation = Float[np.ndarray, "3 3"]


@dataclass(frozen=True)
class Model:
    """Triangles in metres (x right, y down, z forward), each with a texture of the bank.

    `uv` repeats beyond [0, 1], v downwards. `cutout` triangles are holes where alpha is low.
    Both sides of every triangle are seen. `semantic` holds a Semantic for each, `finish` a Finish.
    """

    vertices: Points
    faces: Triangles
    uv: Float32[np.ndarray, "m 3 2"]
    texture: Int32[np.ndarray, " m"]
    cutout: Bool[np.ndarray, " m"]
    semantic: Int32[np.ndarray, " m"]
    finish: Int32[np.ndarray, " m"]

    def __post_init__(self) -> None:
        assert len(self.faces) == len(self.uv) == len(self.texture) == len(self.cutout)
        assert len(self.faces) == len(self.semantic) == len(self.finish)

    @classmethod
    def painted(
        cls,
        vertices: np.ndarray,
        faces: np.ndarray,
        uv: np.ndarray,
        texture: int,
        cutout: bool = False,
    ) -> "Model":
        """Matte triangles of some object that all bear the same texture; see `labelled`."""
        return cls(
            vertices.astype(np.float32),
            faces.astype(np.int32),
            uv.astype(np.float32),
            np.full(len(faces), texture, np.int32),
            np.full(len(faces), cutout, np.bool_),
            np.full(len(faces), Semantic.OBJECT, np.int32),
            np.full(len(faces), Finish.MATTE, np.int32),
        )

    def labelled(self, semantic: Semantic, finish: Finish | None = None) -> "Model":
        """The model with all its faces of this class, and of this finish if one is named."""
        semantics = np.full(len(self.faces), semantic, np.int32)
        if finish is None:
            return replace(self, semantic=semantics)
        return replace(self, semantic=semantics, finish=np.full(len(self.faces), finish, np.int32))

    def placed(
        self, at: ArrayLike, rotation: Rotation | None = None, scale: float = 1.0
    ) -> "Model":
        """The model scaled, then turned, then moved to `at`."""
        turned = self.vertices if rotation is None else self.vertices @ rotation.T
        return replace(self, vertices=(turned * scale + np.asarray(at)).astype(np.float32))

    def only(self, chosen: Bool[np.ndarray, " m"]) -> "Model":
        """The model without its other triangles."""
        return Model(
            self.vertices,
            self.faces[chosen],
            self.uv[chosen],
            self.texture[chosen],
            self.cutout[chosen],
            self.semantic[chosen],
            self.finish[chosen],
        )

    def stood_up(self) -> "Model":
        """The model with its longest side 1, its feet at height 0, centred around x = z = 0."""
        low, high = self.vertices.min(0), self.vertices.max(0)
        foot = np.array([(low[0] + high[0]) / 2, high[1], (low[2] + high[2]) / 2])
        return self.placed(-foot / (high - low).max(), scale=1 / float((high - low).max()))


def join(models: Iterable[Model]) -> Model:
    """All triangles of all models as one."""
    parts = list(models)
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    if not parts:
        nothing = np.zeros((0, 3))
        return Model.painted(nothing, nothing, np.zeros((0, 3, 2)), 0)
    return Model(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate(
            [part.faces + np.int32(start) for part, start in zip(parts, starts, strict=False)]
        ),
        np.concatenate([part.uv for part in parts]),
        np.concatenate([part.texture for part in parts]),
        np.concatenate([part.cutout for part in parts]),
        np.concatenate([part.semantic for part in parts]),
        np.concatenate([part.finish for part in parts]),
    )


def turn(yaw: float, pitch: float = 0.0, roll: float = 0.0) -> Rotation:
    """The rotation that looks right by `yaw` and up by `pitch` (radians), after rolling clockwise.

    Its columns are where x (right), y (down) and z (forward) go.
    """
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    around_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    around_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    around_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(around_y @ around_x @ around_z)
