"""Arrangements: how rooms for living, eating, sleeping, working and trading are furnished."""

import numpy as np

from stereopsis.train.worlds.furniture import (
    any_furniture,
    big_plant,
    cupboard,
    desk,
    hanging_lamp,
    kitchen,
    laid_table,
    lamp,
    media_bench,
    radiator,
    shelf,
)
from stereopsis.train.worlds.layout import Layout
from stereopsis.train.worlds.model import join, turn
from stereopsis.train.worlds.people import person
from stereopsis.train.worlds.props import columns, stairs
from stereopsis.train.worlds.seats import bed, bench, chair, sofa
from stereopsis.train.worlds.stock import Stock
from stereopsis.train.worlds.walls import carpet


def arrange(layout: Layout, stock: Stock) -> None:
    """Furnishes an empty room as a home, an office or a shop."""
    kinds = [arrange_living, arrange_living, arrange_living, arrange_dining, arrange_dining]
    kinds += [arrange_bedroom, arrange_study, arrange_kitchen, arrange_shop, arrange_mixed]
    kinds[layout.rng.integers(len(kinds))](layout, stock)


def arrange_living(layout: Layout, stock: Stock) -> None:
    """Sofas around a low table on a carpet, a television, shelves, lamps, plants."""
    rng, size = layout.rng, layout.size
    wide, deep = rng.uniform([1.2, 1.0], [3.0, 2.2])
    seats = [sofa(rng, stock).placed([0, 0, deep / 2 + rng.uniform(0.1, 0.5)])]
    measures = rng.uniform([0.5, 0.3, 0.4], [1.3, 0.5, 0.8])
    low = laid_table(rng, stock, measures, int(rng.integers(0, 7)))
    if rng.random() < 0.75:
        seats.append(low)
    if rng.random() < 0.6:
        seats.append(carpet(rng, stock, wide, deep))
    for side in (-1, 1):
        if rng.random() < 0.45:
            spot = [side * (wide / 2 + 0.5), 0, rng.uniform(-0.4, 0.4)]
            seats.append(sofa(rng, stock).placed(spot, turn(side * np.pi / 2 + rng.normal(0, 0.3))))
    if rng.random() < 0.5:
        layout.freely(join(seats), squarely=True)
    else:
        layout.against_wall(join(seats))
    for maker, chance in ((media_bench, 0.6), (shelf, 0.6), (cupboard, 0.5), (radiator, 0.4)):
        if rng.random() < chance:
            layout.against_wall(maker(rng, stock))
    for maker in (lamp, big_plant, chair, big_plant):
        if rng.random() < 0.45:
            layout.freely(maker(rng, stock))
    if rng.random() < 0.3:
        drop = hanging_lamp(rng, stock, rng.uniform(0.3, 0.8))
        layout.models.append(drop.placed([0, -size[1], size[2] / 2]))


def arrange_dining(layout: Layout, stock: Stock) -> None:
    """A table with chairs around it, a lamp above, cupboards along the walls."""
    rng, size = layout.rng, layout.size
    width, depth = rng.uniform([0.8, 0.7], [2.2, 1.1])
    parts = [
        laid_table(rng, stock, [width, rng.uniform(0.7, 0.78), depth], int(rng.integers(0, 10)))
    ]
    state = rng.integers(1 << 31)
    for k in range(int(rng.integers(2, 9))):
        piece = chair(np.random.default_rng(state), stock)  # all alike
        along = rng.uniform(-0.35, 0.35) * width
        pull = rng.uniform(-0.1, 0.5) + depth / 2 + 0.1
        side = -1 if k % 2 else 1
        spot = [along, 0, side * pull]
        if k % 5 == 4:
            spot = [side * (width / 2 + rng.uniform(0.1, 0.4)), 0, 0]
        face = np.arctan2(spot[0] * (k % 5 == 4), spot[2]) + rng.normal(0, 0.25)
        parts.append(piece.placed(spot, turn(face)))
    layout.freely(join(parts), squarely=True)
    for _ in range(rng.integers(1, 4)):
        layout.against_wall(any_furniture(rng, stock))
    if rng.random() < 0.5:
        middle = (layout.extents[0][0] + layout.extents[0][1]) / 2
        cord = hanging_lamp(rng, stock, rng.uniform(0.5, 1.2))
        layout.models.append(cord.placed([middle[0], -size[1], middle[2]]))


def arrange_bedroom(layout: Layout, stock: Stock) -> None:
    """A bed with its head at a wall, night tables, a wardrobe."""
    rng = layout.rng
    parts = [bed(rng, stock)]
    half = float(np.ptp(parts[0].vertices[:, 0])) / 2
    for side in (-1, 1):
        if rng.random() < 0.7:
            night = laid_table(rng, stock, [0.45, 0.5, 0.4], int(rng.integers(1, 4)))
            parts.append(night.placed([side * (half + 0.3), 0, 0.8]))
    layout.against_wall(join(parts))
    for maker in (cupboard, cupboard, desk, chair, shelf, big_plant, radiator):
        if rng.random() < 0.4:
            layout.against_wall(maker(rng, stock), gap=float(rng.choice([0.0, 0.1])))


def arrange_study(layout: Layout, stock: Stock) -> None:
    """Desks at the walls or free, shelves, cupboards."""
    rng = layout.rng
    for _ in range(rng.integers(1, 5)):
        if rng.random() < 0.6:
            layout.against_wall(desk(rng, stock))
        else:
            layout.freely(desk(rng, stock), squarely=True)
    for _ in range(rng.integers(0, 4)):
        layout.against_wall([shelf, shelf, cupboard, big_plant][rng.integers(4)](rng, stock))


def arrange_kitchen(layout: Layout, stock: Stock) -> None:
    """Rows of kitchen cupboards, maybe an island or a table."""
    rng = layout.rng
    for _ in range(rng.integers(1, 3)):
        layout.against_wall(kitchen(rng, stock))
    if rng.random() < 0.7:
        measures = rng.uniform([0.8, 0.72, 0.6], [2.0, 0.95, 0.95])
        layout.freely(laid_table(rng, stock, measures, int(rng.integers(2, 12))), squarely=True)
    for _ in range(rng.integers(0, 5)):
        layout.freely(chair(rng, stock))


def arrange_shop(layout: Layout, stock: Stock) -> None:
    """Rows of full shelves with aisles, as in shops and libraries."""
    rng, size = layout.rng, layout.size
    aisle, full = rng.uniform(0.8, 1.6), [shelf(rng, stock) for _ in range(4)]
    x = -size[0] / 2 + 0.3
    while x < size[0] / 2 - 0.2:
        z = rng.uniform(0.5, 1.5)
        side = rng.choice([-1, 1])
        while z < min(5.0, size[2] - 0.8) and rng.random() < 0.95:
            one = full[rng.integers(len(full))]
            step = float(np.ptp(one.vertices[:, 0]))
            stood = one.placed([x, 0, z + step / 2], turn(side * np.pi / 2))
            layout.models.append(stood)
            layout.extents.append((stood.vertices.min(0) + 0.0, stood.vertices.max(0) + 0.0))
            z += step
        x += aisle + 0.35


def arrange_hall(layout: Layout, stock: Stock) -> None:
    """A high hall with rows of columns, stairs, benches and people."""
    rng, size = layout.rng, layout.size
    if rng.random() < 0.75:
        inset = rng.uniform(0.15, 0.4) * size[0]
        for side in (-1, 1):
            count, height = int(rng.integers(3, 9)), 0.87 * size[1]
            row = columns(rng, stock, count, height)
            layout.models.append(row.placed([side * inset, 0, rng.uniform(0.5, 2.5)]))
    if rng.random() < 0.4:
        layout.against_wall(stairs(rng, stock, rng.uniform(1.2, 3.0), int(rng.integers(5, 16))))
    for _ in range(rng.integers(0, 8)):
        layout.freely(bench(rng, stock), squarely=True)
    for _ in range(rng.integers(0, 6)):
        layout.freely(person(rng, stock, rng.uniform(1.5, 1.9)))
    for _ in range(rng.integers(0, 6)):
        layout.against_wall(any_furniture(rng, stock))


def arrange_mixed(layout: Layout, stock: Stock) -> None:
    """Any pieces anywhere."""
    rng = layout.rng
    for _ in range(rng.integers(1, 8)):
        if rng.random() < 0.6:
            layout.against_wall(any_furniture(rng, stock), gap=float(rng.choice([0.0, 0.4])))
        else:
            layout.freely(any_furniture(rng, stock))
