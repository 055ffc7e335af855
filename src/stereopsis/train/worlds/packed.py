"""Renderings as frames of a pack and back."""

import numpy as np

from stereopsis.errors import DataError
from stereopsis.train.pack import Frame
from stereopsis.train.worlds.rendering import HiddenLayer, Rendering, SecondEye, Wanted


def as_frame(rendering: Rendering, wanted: Wanted) -> Frame:
    """The rendering as a frame whose planes hold what is wanted.

    Planes: `semantic`; `right_image`, `right_inverse_depth`, `baseline_m`; `hidden_K_image` and
    `hidden_K_inverse_depth` for K from 1; and `focal_px` beside any of them. Numbers are (1, 1).
    """
    planes: dict[str, np.ndarray] = {}
    if wanted.semantic:
        planes["semantic"] = rendering.semantic
    if rendering.second_eye is not None:
        planes["right_image"] = rendering.second_eye.image
        planes["right_inverse_depth"] = rendering.second_eye.inverse_depth
        planes["baseline_m"] = _number(rendering.second_eye.baseline_m)
    for number, layer in enumerate(rendering.hidden, 1):
        planes[f"hidden_{number}_image"] = layer.image
        planes[f"hidden_{number}_inverse_depth"] = layer.inverse_depth
    if planes:
        planes["focal_px"] = _number(rendering.focal_px)
    known = np.ones(rendering.inverse_depth.shape, np.bool_)
    return Frame(rendering.image, rendering.inverse_depth, known, exact=True, planes=planes)


def as_rendering(frame: Frame, wanted: Wanted) -> Rendering:
    """The rendering that a frame was, as far as it is wanted.

    Classes that were not packed are 0.

    Raises:
        DataError: the frame's planes do not hold it, or are damaged.
    """
    planes, shape = frame.planes, frame.inverse_depth.shape
    missing = [name for name in plane_names(wanted) if name not in planes]
    if missing:
        raise DataError(
            f"The pack holds no {', '.join(missing)}.",
            f"Make it again with stereopsis.train.worlds {options(wanted)}.",
        )
    eye = None
    if wanted.second_eye:
        right = planes["right_image"], planes["right_inverse_depth"]
        eye = SecondEye(*right, float(planes["baseline_m"].item()))
    hidden = []
    for number in range(1, wanted.hidden_layers + 1):
        image, behind = (planes[f"hidden_{number}_{part}"] for part in ("image", "inverse_depth"))
        hidden.append(HiddenLayer(image, behind, behind > 0))
    return Rendering(
        frame.image,
        frame.inverse_depth,
        planes["semantic"] if wanted.semantic else np.zeros(shape, np.uint8),
        float(planes["focal_px"].item()),
        eye,
        tuple(hidden),
    )


def plane_names(wanted: Wanted) -> list[str]:
    """The planes that frames must have to be renderings."""
    names = ["focal_px"] + ["semantic"] * wanted.semantic
    if wanted.second_eye:
        names += ["right_image", "right_inverse_depth", "baseline_m"]
    for number in range(1, wanted.hidden_layers + 1):
        names += [f"hidden_{number}_image", f"hidden_{number}_inverse_depth"]
    return names


def options(wanted: Wanted) -> str:
    """The command's options that ask for this."""
    asked = ["--semantic"] * wanted.semantic + ["--second-eye"] * wanted.second_eye
    if wanted.hidden_layers:
        asked.append(f"--hidden-layers {wanted.hidden_layers}")
    return " ".join(asked)


def _number(value: float) -> np.ndarray:
    return np.full((1, 1), value, np.float32)
