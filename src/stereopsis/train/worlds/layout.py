"""Layout: where things stand in a room, so that they seldom stand in each other."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from stereopsis.train.worlds.model import Model, Vector, turn
from stereopsis.train.worlds.walls import Frame

ATTEMPTS = 5


@dataclass
class Layout:
    """Grows by models inside the box x in [-w/2, w/2], height in [0, h], z in [0, d].

    `extents` are the lowest and highest corners of what stands so far.
    """

    rng: np.random.Generator
    size: Vector
    models: list[Model] = field(default_factory=list)
    extents: list[tuple[Vector, Vector]] = field(default_factory=list)

    def walls(self) -> tuple[Frame, ...]:
        """The far, left, right and near wall."""
        w, _, d = self.size
        x, z = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
        return (
            Frame(np.array([-w / 2, 0, d]), x, z),
            Frame(np.array([-w / 2, 0, 0]), z, -x),
            Frame(np.array([w / 2, 0, d]), -z, x),
            Frame(np.array([w / 2, 0, 0]), -x, -z),
        )

    def wall_length(self, wall: int) -> float:
        """Metres along this wall."""
        return float(self.size[0] if wall in (0, 3) else self.size[2])

    def against_wall(self, model: Model, gap: float = 0.0, wall: int | None = None) -> Model:
        """Puts the model with its back (+z) `gap` metres before some wall."""
        half = float(np.ptp(model.vertices[:, 0])) / 2

        def proposal() -> Model:
            which = int(self.rng.integers(4)) if wall is None else wall
            spare = max(0.0, self.wall_length(which) - 2 * half)
            along = half + self.rng.random() * spare
            frame = self.walls()[which]
            return frame.hung(model, along, 0.0).placed(-gap * frame.outward)

        return self._put(proposal)

    def freely(self, model: Model, squarely: bool = False) -> Model:
        """Puts the model somewhere on the floor, turned at random or parallel to the walls."""

        def proposal() -> Model:
            quarter = int(self.rng.integers(4)) * np.pi / 2 + self.rng.normal(0, 0.08)
            angle = quarter if squarely else self.rng.uniform(0, 2 * np.pi)
            x, z = self.rng.uniform(-0.42, 0.42) * self.size[0], self.rng.uniform(0.08, 0.92)
            return model.placed([x, 0, z * self.size[2]], turn(angle))

        return self._put(proposal)

    def is_free(self, point: Vector, clearance: float) -> bool:
        """Whether no model's box comes this close to the point."""
        for low, high in self.extents:
            if ((point > low - clearance) & (point < high + clearance)).all():
                return False
        return True

    def _put(self, proposal: Callable[[], Model]) -> Model:
        """The first proposal that overlaps with nothing, or the last."""
        model = proposal()
        for _ in range(ATTEMPTS):
            low, high = model.vertices.min(0), model.vertices.max(0)
            if not any(((low < top) & (high > bottom)).all() for bottom, top in self.extents):
                break
            model = proposal()
        low, high = model.vertices.min(0).astype(np.float64), model.vertices.max(0)
        self.extents.append((low, high.astype(np.float64)))
        self.models.append(model)
        return model
