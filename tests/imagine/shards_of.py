"""Small shards of coloured squares with captions."""

from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

COLORS = {"red": (220, 30, 30), "green": (30, 180, 40), "blue": (40, 60, 220)}


def write_squares(path: Path, count: int = 24, side: int = 32) -> Path:
    """Pictures of a square of one colour on white, somewhere; one in eight rows is broken."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(count):
        name = list(COLORS)[i % 3]
        picture = np.full((side, side, 3), 255, np.uint8)
        y, x = rng.integers(0, side // 2, 2)
        picture[y : y + side // 2, x : x + side // 2] = COLORS[name]
        data = cv2.imencode(".png", picture[:, :, ::-1])[1].tobytes()
        rows.append({"image": b"no picture" if i % 8 == 7 else data, "caption": f"{name} square"})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path
