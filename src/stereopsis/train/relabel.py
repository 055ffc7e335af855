"""Better pseudo-labels: python -m stereopsis.train.relabel --help."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.progress import track

from stereopsis.depth.detail import transfer_detail
from stereopsis.depth.model import open_depth_model
from stereopsis.depth.mono import resample
from stereopsis.depth.predict import predict
from stereopsis.depth.refine import refine
from stereopsis.errors import DataError
from stereopsis.runtime.network import Network
from stereopsis.scene.arrays import ColorImage, InverseDepth
from stereopsis.scene.depth import DepthMap
from stereopsis.train.agree import align_to, consensus, disagreement, normalise
from stereopsis.train.command import prepare_file, run_command
from stereopsis.train.pack import Frame, build_pack, read_pack, write_pack

DEPTH_LEVELS = 1024  # guesses are no finer than that


@dataclass(frozen=True)
class LabelConfig:
    """How a network of ours and the teacher make a label together.

    The layout is the network's at `layout_sides` px (the picture's long side), edges are those
    that it sees at `detail_side`, with `teacher_share` of the teacher's in them. Pixels in which
    both disagree by more than `most_disagreement` mean absolute deviations become unknown.
    """

    layout_sides: tuple[int, ...] = (256, 384)
    detail_side: int = 512  # boundaries twice as right as at 384, the layout worse
    teacher_share: float = 0.25  # costs no score, and it has seen things that no world shows
    most_disagreement: float = math.inf


def guess_at(image: ColorImage, network: Network, long_side: int) -> InverseDepth:
    """The network's inverse depth (h, w) of the picture at this long side, mirror averaged."""
    height, width = image.shape[:2]
    multiple = network.manifest.multiple
    zoom = long_side / max(height, width)
    size = (
        max(2, round(width * zoom / multiple)) * multiple,
        max(2, round(height * zoom / multiple)) * multiple,
    )
    small = resample(image, size)
    answers = predict(network, np.stack([small, small[:, ::-1]])).inverse_depth
    mean = (answers[0] + answers[1][:, ::-1]) / 2
    method = cv2.INTER_AREA if size[0] > width else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(mean, (width, height), interpolation=method), np.float32)


def relabel_frame(frame: Frame, network: Network, config: LabelConfig = LabelConfig()) -> Frame:
    """The frame, its old label (the teacher's) replaced by one that is better and sharper.

    Raises:
        DepthError: the network finds everything equally far.
    """
    detail = guess_at(frame.image, network, config.detail_side)
    teacher = align_to(frame.inverse_depth, detail)
    detail = normalise(detail) + config.teacher_share * (teacher - normalise(detail))
    layout = consensus([guess_at(frame.image, network, side) for side in config.layout_sides])
    known = np.ones(layout.shape, np.bool_)
    merged = DepthMap.relative(transfer_detail(layout, detail), known, "mono", "A pseudo-label.")
    label = refine(merged, frame.image).inverse_depth
    known = disagreement(frame.inverse_depth, layout) <= config.most_disagreement
    return Frame(frame.image, np.where(known, label - label.min(), 0), known, exact=False)


def relabel_frames(
    frames: Iterable[Frame], network: Network, config: LabelConfig = LabelConfig()
) -> Iterator[Frame]:
    """Every frame that has a teacher's label, relabelled.

    Raises:
        DataError: a frame's depth is exact, or not known everywhere.
    """
    for frame in frames:
        if frame.exact or not frame.valid.all():
            raise DataError(
                "The pack holds frames that are not photos labelled by a teacher.",
                "Give a pack made by stereopsis.train.label.",
            )
        yield relabel_frame(frame, network, config)


def main(
    network: Annotated[Path, typer.Argument(help="Any depth network with its manifest (.onnx).")],
    labels: Annotated[Path, typer.Argument(help="A pack of stereopsis.train.label.")],
    out: Annotated[Path, typer.Argument(help="The pack to write (.npz).")],
    most_disagreement: Annotated[
        float, typer.Option(help="Leave out pixels in which both disagree by more deviations.")
    ] = math.inf,
) -> None:
    """Replace a teacher's labels by those of a network that is better than it."""
    cv2.setNumThreads(1)
    prepare_file(out, ".npz")
    pack = read_pack(labels)
    opened = open_depth_model(network, threads=1)
    frames = track((pack[i] for i in range(len(pack))), "labelling", total=len(pack))
    config = LabelConfig(most_disagreement=most_disagreement)
    named = f"{opened.manifest.name} {opened.manifest.edition}"
    source = f"photos labelled by {named} at {config.layout_sides} px, refined; before: "
    relabelled = relabel_frames(frames, opened, config)
    write_pack(build_pack(relabelled, source + pack.source, DEPTH_LEVELS, False), out)


if __name__ == "__main__":
    run_command(main)
