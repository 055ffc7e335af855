"""Contact sheets of arms side by side, and the chart of a report."""

import io
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from matplotlib.figure import Figure

from stereopsis.imagine.judge.arm import Arm
from stereopsis.imagine.judge.claims import Tested
from stereopsis.scene.arrays import ColorImage

CELL, GAP, LINE_PX, LEFT_PX = 96, 4, 16, 150  # px
INK, PAPER = (30, 30, 30), 255

Png = bytes


def arms_sheet(arms: Mapping[str, Arm], most_prompts: int = 12) -> Png:
    """The first prompts, one a row; the arms beside each other, each with all seeds of the prompt.

    No prompt is chosen: they come as they were registered.
    """
    first = next(iter(arms.values()))
    prompts = list(dict.fromkeys(first.prompts))[:most_prompts]
    rows = [_head(arms)]
    for prompt in prompts:
        parts = [_label(prompt, LEFT_PX, CELL + GAP)]
        parts += [_strip(_of(arm, prompt)) for arm in arms.values()]
        rows.append(np.hstack(parts))
    return encoded(np.vstack(rows))


def claims_chart(claims: Sequence[Tested]) -> Png:
    """The win rate of each claim with its interval, and the rate that was wished for."""
    figure = Figure(figsize=(7, 1.2 + 0.45 * len(claims)), layout="constrained")
    axes = figure.subplots()
    for row, tested in enumerate(claims):
        found = tested.found
        axes.plot([100 * found.interval.low, 100 * found.interval.high], [row, row], color="0.5")
        axes.plot(100 * found.rate, row, "o", color="#3b6ea5" if tested.holds else "#c4533a")
        axes.plot(100 * tested.claim.target, row, "|", color="black", markersize=14)
    names = [f"{each.claim.ours} against {each.claim.theirs}" for each in claims]
    axes.set_yticks(range(len(claims)), names)
    axes.axvline(50, color="0.8", zorder=0)
    axes.set_xlim(0, 100)
    axes.invert_yaxis()
    axes.set_xlabel("target-look win rate, %, a tie as half; bars are targets")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()


def encoded(sheet: ColorImage) -> Png:
    """The sheet as a file."""
    return bytes(cv2.imencode(".png", sheet[:, :, ::-1])[1].tobytes())


def _of(arm: Arm, prompt: str) -> list[ColorImage]:
    return [
        picture for picture, own in zip(arm.pictures, arm.prompts, strict=True) if own == prompt
    ]


def _head(arms: Mapping[str, Arm]) -> ColorImage:
    parts = [_label("", LEFT_PX, LINE_PX)]
    for name, arm in arms.items():
        parts.append(_label(name, _strip(_of(arm, arm.prompts[0])).shape[1], LINE_PX))
    return np.hstack(parts)


def _strip(pictures: Sequence[ColorImage]) -> ColorImage:
    """Pictures in a row, and a wider gap behind them."""
    strip = np.full((CELL + GAP, len(pictures) * (CELL + GAP) + 2 * GAP, 3), PAPER, np.uint8)
    for k, picture in enumerate(pictures):
        way = cv2.INTER_AREA if picture.shape[0] > CELL else cv2.INTER_CUBIC
        cell = cv2.resize(picture, (CELL, CELL), interpolation=way)
        strip[:CELL, k * (CELL + GAP) : k * (CELL + GAP) + CELL] = cell
    return strip


def _label(text: str, width: int, height: int) -> ColorImage:
    """The text in a box, over several lines if there is room; letters beyond ASCII become ?."""
    box = np.full((height, width, 3), PAPER, np.uint8)
    words, line, top = text.encode("ascii", "replace").decode().split(), "", 12
    for word in [*words, ""]:
        tried = f"{line} {word}".strip()
        if word and cv2.getTextSize(tried, cv2.FONT_HERSHEY_SIMPLEX, 0.36, 1)[0][0] < width - 4:
            line = tried
            continue
        cv2.putText(box, line, (2, top), cv2.FONT_HERSHEY_SIMPLEX, 0.36, INK, 1, cv2.LINE_AA)
        line, top = word, top + 14
    return box
