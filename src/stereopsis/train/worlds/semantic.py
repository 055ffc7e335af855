"""What a surface of a rendered world is, and how it throws back light."""

from enum import IntEnum


class Semantic(IntEnum):
    """What a surface belongs to: the classes of a rendered pixel."""

    SKY = 0
    GROUND = 1  # earth, grass, sand, snow, rock
    ROAD = 2  # roads, pavements, paths, squares
    WATER = 3
    FLOOR = 4  # with carpets
    WALL = 5  # of a room, with what is flat on it: pictures, curtains
    CEILING = 6
    BUILDING = 7  # seen from outside, with columns and stairs
    WINDOW = 8  # frames of windows and doors; a pane of glass is what is seen through it
    FURNITURE = 9
    OBJECT = 10  # whatever can be carried, and what has no class of its own
    PLANT = 11
    PERSON = 12
    ANIMAL = 13
    VEHICLE = 14
    FENCE = 15  # with railings, poles and cables


class Finish(IntEnum):
    """How a surface throws back light."""

    MATTE = 0
    GLOSSY = 1  # varnish, glaze, polished metal and stone
    WATER = 2
    GLASS = 3  # a pane: what is behind it shines through and gives the pixel its depth and class
