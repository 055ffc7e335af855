"""Tracks: ready-made worlds seen from their road, with things standing on it."""

import numpy as np

from stereopsis.train.worlds.model import join, turn
from stereopsis.train.worlds.props import any_prop
from stereopsis.train.worlds.stock import Stock, above
from stereopsis.train.worlds.view import View


def track_view(rng: np.random.Generator, stock: Stock) -> View:
    """A view from a random place of a random track's road, mostly along it."""
    track = stock.tracks[rng.integers(len(stock.tracks))]
    centers = track.road.mean(1)
    index = rng.integers(len(centers))
    ahead = centers[(index + 3) % len(centers)] - centers[index]
    yaw = float(np.arctan2(ahead[0], ahead[2]))
    yaw += rng.normal(0, 0.35) if rng.random() < 0.6 else rng.uniform(-np.pi, np.pi)
    across, along = rng.uniform(0.1, 0.9, 2)
    a, b, c, d = track.road[index]
    feet = (1 - along) * ((1 - across) * a + across * b) + along * ((1 - across) * d + across * c)
    things = [track.model]
    if rng.random() < 0.8:
        for _ in range(rng.integers(1, 10)):
            distance = float(np.exp(rng.uniform(np.log(1.2), np.log(12))))
            sideways = rng.uniform(-0.5, 0.5) * distance
            spot = feet + turn(yaw) @ np.array([sideways, 0, distance])
            nearest = np.argmin(((centers - spot)[:, [0, 2]] ** 2).sum(1))
            spot[1] = centers[nearest, 1]
            size = rng.uniform(0.25, 0.9) * max(0.8, 0.5 * distance)
            things.append(any_prop(rng, stock, size).placed(spot))
    height = float(np.exp(rng.uniform(np.log(0.4), np.log(4.0))))
    pitch = np.radians(rng.normal(-6, 9)) - 0.12 * (height < 1)
    fov = np.radians(rng.uniform(42, 82))
    position, roll = above(feet, height), rng.normal(0, 0.03)
    return View(join(things), join([]), position, yaw, pitch, roll, fov, outdoors=True)
