"""Contact sheets and bar charts of an evaluation."""

import io

import cv2
import matplotlib
import numpy as np
from jaxtyping import UInt8
from matplotlib.figure import Figure

from stereopsis.scene.arrays import ColorImage, InverseDepth

CELL = (240, 180)  # width, height of one picture on a sheet
CAPTION_PX = 18

Png = bytes
Curve = tuple[np.ndarray, np.ndarray]


def contact_sheet(
    columns: list[str], rows: list[list[ColorImage | InverseDepth]], captions: list[str]
) -> Png:
    """One row per picture, one column per method; depth is coloured from far (dark) to near."""
    head = np.hstack([_caption(name, CELL[0]) for name in columns])
    lines = [head]
    for cells, caption in zip(rows, captions, strict=True):
        lines.append(_caption(caption, CELL[0] * len(columns)))
        lines.append(np.hstack([_fit(_colored(cell)) for cell in cells]))
    sheet = np.vstack(lines)
    return cv2.imencode(".png", sheet[:, :, ::-1])[1].tobytes()


def bar_chart(title: str, values: dict[str, dict[str, float]]) -> Png:
    """Groups of bars: one group per key of the inner dictionaries, one colour per method.

    What cannot be measured (NaN) has no bar, but says so.
    """
    groups = list(next(iter(values.values())))
    figure = Figure(figsize=(max(6.0, 1.1 * len(groups) + 2), 3.6), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(values)
    for k, (method, numbers) in enumerate(values.items()):
        places = np.arange(len(groups)) + (k - (len(values) - 1) / 2) * width
        heights = np.array([numbers[group] for group in groups], float)
        known = np.isfinite(heights)
        axes.bar(places[known], heights[known], width, label=method)
        for place in places[~known]:
            axes.text(place, 0, "n/a", rotation=90, ha="center", va="bottom", fontsize="x-small")
    axes.set_xticks(np.arange(len(groups)), groups, rotation=20, ha="right")
    axes.set_title(title)
    axes.legend(fontsize="small")
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def curve_chart(
    title: str, labels: tuple[str, str], curves: dict[str, Curve], marked: bool = False
) -> Png:
    """Lines by name over the same axes, whose `labels` are x, y; each curve is its (x, y).

    `marked`: with a dot at each of its points.
    """
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, (x, y) in curves.items():
        axes.plot(x, y, "o-" if marked else "-", label=name)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.set_title(title)
    axes.legend(fontsize="small")
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def depth_colors(inverse_depth: InverseDepth) -> UInt8[np.ndarray, "h w 3"]:
    """Inverse depth from its 1st (dark) to its 99th percentile (bright)."""
    low, high = np.percentile(inverse_depth, [1, 99])
    share = np.clip((inverse_depth - low) / max(high - low, 1e-9), 0, 1)
    return np.asarray(255 * matplotlib.colormaps["inferno"](share)[:, :, :3], np.uint8)


def _colored(cell: ColorImage | InverseDepth) -> ColorImage:
    return cell if cell.ndim == 3 else depth_colors(cell)


def _fit(image: ColorImage) -> ColorImage:
    """The picture in the middle of a cell, aspect kept."""
    zoom = min(CELL[0] / image.shape[1], CELL[1] / image.shape[0])
    size = (max(1, int(image.shape[1] * zoom)), max(1, int(image.shape[0] * zoom)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR)
    cell = np.full((CELL[1], CELL[0], 3), 30, np.uint8)
    left, top = (CELL[0] - size[0]) // 2, (CELL[1] - size[1]) // 2
    cell[top : top + size[1], left : left + size[0]] = small
    return cell


def _caption(text: str, width: int) -> ColorImage:
    bar = np.full((CAPTION_PX, width, 3), 255, np.uint8)
    cv2.putText(bar, text, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (20, 20, 20), 1, cv2.LINE_AA)
    return bar
