"""Contact sheets of faces, and the chart of a funnel."""

import io
from collections.abc import Sequence

import cv2
import numpy as np
from matplotlib.figure import Figure

from stereopsis.imagine.curate.faces import SIDE, Face, StageFaces
from stereopsis.scene.arrays import ColorImage

ACROSS = 8  # faces in a row of a sheet
GAP, LINE_PX = 6, 18  # px
PAPER, INK, FAINT = 255, (30, 30, 30), (225, 225, 225)

Png = bytes
Counts = Sequence[tuple[str, int, int]]  # a stage's name, how many came and how many were left


def removed_sheet(faces: StageFaces) -> Png:
    """What a filter threw away, drawn by chance from all of it."""
    return _encoded(_grid(faces.removed.faces))


def borderline_sheet(faces: StageFaces) -> Png:
    """What a filter just kept, nearest to the threshold first, above what it just removed."""
    parts = []
    kinds = {"just kept": faces.just_kept, "just removed": faces.just_removed}
    for title, picks in kinds.items():
        grid = _grid(picks.faces)
        parts += [_line(f"{title} ({len(picks.faces)})", grid.shape[1], 0.5), grid]
    return _encoded(np.vstack(parts))


def funnel_chart(counts: Counts) -> Png:
    """How many are left after each stage, as bars; what each removed is lighter."""
    figure = Figure(figsize=(8, 0.9 + 0.42 * len(counts)), layout="constrained")
    axes = figure.subplots()
    names = [name for name, _, _ in counts]
    came = np.array([count for _, count, _ in counts])
    left = np.array([count for _, _, count in counts])
    axes.barh(names, came, color="#f0c9b8", label="removed here")
    axes.barh(names, left, color="#3b6ea5", label="left")
    for i, (before, after) in enumerate(zip(came, left, strict=True)):
        share = f"  {after:,}" + (f" (-{before - after:,})" if before > after else "")
        axes.text(before, i, share, va="center", fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, max(1, came.max()) * 1.2)
    axes.set_xlabel("pictures")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize="small", loc="lower right")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()


def _grid(faces: Sequence[Face]) -> ColorImage:
    """Faces row by row, each over its score and caption."""
    cells = [_cell(face) for face in faces] or [_line("none", SIDE, 0.4)]
    width = (SIDE + GAP) * ACROSS + GAP
    rows: list[ColorImage] = []
    row: list[ColorImage] = []
    used = 0
    for cell in cells:
        if row and used + cell.shape[1] + GAP > width - GAP:
            rows.append(_row(row, width))
            row, used = [], 0
        row.append(cell)
        used += cell.shape[1] + GAP
    return np.vstack([*rows, _row(row, width)])


def _row(cells: Sequence[ColorImage], width: int) -> ColorImage:
    height = max(cell.shape[0] for cell in cells)
    row = np.full((height + GAP, width, 3), PAPER, np.uint8)
    left = GAP
    for cell in cells:
        row[: cell.shape[0], left : left + cell.shape[1]] = cell
        left += cell.shape[1] + GAP
    return row


def _cell(face: Face) -> ColorImage:
    """One or two pictures, over the score and the caption's beginning."""
    pictures = np.hstack([_framed(jpeg) for jpeg in face.jpegs])
    width = pictures.shape[1]
    score = "no score" if np.isnan(face.score) else f"{face.score:.4g}"
    return np.vstack([pictures, _line(score, width, 0.42), _line(face.caption, width, 0.34)])


def _framed(jpeg: bytes) -> ColorImage:
    """The picture in the middle of a square; one that cannot be shown is crossed out."""
    frame = np.full((SIDE, SIDE, 3), FAINT, np.uint8)
    data = np.frombuffer(jpeg, np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if picture is None:
        cv2.line(frame, (0, 0), (SIDE, SIDE), INK, 1, cv2.LINE_AA)
        cv2.line(frame, (0, SIDE), (SIDE, 0), INK, 1, cv2.LINE_AA)
        return frame
    height, width = picture.shape[:2]
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    frame[top : top + height, left : left + width] = picture[:, :, ::-1]
    return frame


def _line(text: str, width: int, scale: float) -> ColorImage:
    """A line of text, as much of it as there is room for; letters beyond ASCII become ?."""
    bar = np.full((LINE_PX, width, 3), PAPER, np.uint8)
    plain = text.encode("ascii", "replace").decode()
    while plain and cv2.getTextSize(plain, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0] > width - 4:
        plain = plain[:-1]
    cv2.putText(bar, plain, (2, 13), cv2.FONT_HERSHEY_SIMPLEX, scale, INK, 1, cv2.LINE_AA)
    return bar


def _encoded(sheet: ColorImage) -> Png:
    return bytes(cv2.imencode(".png", sheet[:, :, ::-1])[1].tobytes())
