from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from stereopsis.runtime.network import open_network
from stereopsis.scene.camera import Camera
from stereopsis.scene.photo import Photo
from stereopsis.train.photo_sheet import CELL_HEIGHT, COLUMNS, LINE_PX, draw_photo_sheet


def test_every_photo_has_a_row_and_its_note(build_network: Callable[..., Path]):
    pixels = np.full((48, 64, 3), 60, np.uint8)
    pixels[12:36, 20:44] = 200
    photos = dict.fromkeys(("a.jpg", "b.jpg"), Photo(pixels, Camera.from_focal_35mm(64, 48)))
    network = open_network(build_network())
    short, long = (
        cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
        for png in (
            draw_photo_sheet(photos, network, {}),
            draw_photo_sheet(photos, network, {"b.jpg": "The square leaks. " * 40}),
        )
    )
    assert short.shape == (2 * (CELL_HEIGHT + 2 * (LINE_PX + 6)), 400 * len(COLUMNS), 3)
    assert long.shape[0] >= short.shape[0] + 3 * LINE_PX
    assert (long[: short.shape[0] // 2] == short[: short.shape[0] // 2]).all()
    photo, refined = short[28:328, :400], short[28:328, 800:1200]
    assert photo[150, 200].min() > 150 and photo[10, 10].max() < 100
    assert refined[150, 200].sum() > refined[10, 10].sum() + 200
