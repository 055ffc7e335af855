"""Rivals of what the inpainting network paints, and how they and networks are told apart."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from scipy.ndimage import distance_transform_edt

from stereopsis.lift.continued import Continued
from stereopsis.lift.paint import Painter, network_painter, paint
from stereopsis.nets.inpaint import InpaintNet
from stereopsis.runtime.network import open_network
from stereopsis.scene.layers import LayeredImage
from stereopsis.train.distinct import check_distinct
from stereopsis.train.holes import Lifted
from stereopsis.train.released import load_checkpoint

RADIUS_PX = 3.0  # of OpenCV's fills, its usual value
PATCH_RADIUS_PX = 3  # of PatchMatch, the value of its package's examples
DIFFUSION = "diffusion"

Method = Callable[[Lifted, LayeredImage], LayeredImage]  # of what is hidden, given the guess


def classical_methods() -> dict[str, Method]:
    """Fills that are not trained, all shown the same patches; and the diffusion along links."""
    slow: dict[str, Painter] = {
        "patchmatch": lambda shown: (fill_patchmatch(shown), shown.parallax),
        "biharmonic": lambda shown: (fill_biharmonic(shown), shown.parallax),
    }
    return quick_methods() | {name: painting(painter) for name, painter in slow.items()}


def quick_methods() -> dict[str, Method]:
    """The classical methods but for the two that take many times as long as all others."""
    painters: dict[str, Painter] = {
        "constant": fill_constant,
        "telea": lambda shown: (fill_opencv(shown, cv2.INPAINT_TELEA), shown.parallax),
        "navier-stokes": lambda shown: (fill_opencv(shown, cv2.INPAINT_NS), shown.parallax),
    }
    methods: dict[str, Method] = {DIFFUSION: lambda lifted, guessed: guessed}
    return methods | {name: painting(painter) for name, painter in painters.items()}


def network_methods(paths: Sequence[Path], rivals: Iterable[str]) -> dict[str, Method]:
    """What the networks in these files paint, by their names.

    Raises:
        OptionError: two have one name, or one has a rival's.
        WeightsError: a file holds no such network.
    """
    check_distinct("methods", [*rivals, *map(name_of, paths)])
    return {name_of(path): painting(open_painter(path)) for path in paths}


def painting(painter: Painter) -> Method:
    """The method that paints patches so."""
    return lambda lifted, guessed: paint(guessed, lifted.parallax_px, painter)


def fill_constant(shown: Continued) -> tuple[np.ndarray, np.ndarray]:
    """The mean colour of what is known, and no parallax from its plane."""
    known = shown.known[..., None].astype(np.float32)
    mean = (shown.color * known).sum((1, 2)) / np.maximum(known.sum((1, 2)), 1)
    color = np.broadcast_to(mean[:, None, None], shown.color.shape)
    return np.ascontiguousarray(color, np.float32), np.zeros_like(shown.parallax)


def fill_opencv(shown: Continued, method: int) -> np.ndarray:
    """Telea's or the Navier-Stokes fill (n, s, s, 3) of all that is not known."""
    filled = [
        cv2.inpaint(color.astype(np.uint8), 1 - known, RADIUS_PX, method)
        for color, known in zip(shown.color, shown.known, strict=True)
    ]
    return np.stack(filled).astype(np.float32)


def fill_patchmatch(shown: Continued) -> np.ndarray:
    """PatchMatch's fill (n, s, s, 3) of holes, from known pixels alone; equal every time.

    Source: Barnes et al., PatchMatch (2009), as the package PyPatchMatch has it.
    """
    from patchmatch import patch_match

    filled = [
        patch_match.inpaint(
            color.astype(np.uint8),
            hole.astype(bool),
            global_mask=(known == 0) & ~hole.astype(bool),
            patch_size=PATCH_RADIUS_PX,
        )
        for color, hole, known in zip(shown.color, shown.hole, shown.known, strict=True)
    ]
    return np.stack(filled).astype(np.float32)


def fill_biharmonic(shown: Continued) -> np.ndarray:
    """scikit-image's biharmonic fill (n, s, s, 3) of holes; beyond them stands what is nearest.

    It would fill that, too, which takes a minute for each patch.
    """
    from skimage.restoration import inpaint_biharmonic

    filled = []
    for color, hole, known in zip(shown.color, shown.hole, shown.known, strict=True):
        nearest = distance_transform_edt(known == 0, return_distances=False, return_indices=True)
        around = color[tuple(nearest)] / 255
        filled.append(255 * inpaint_biharmonic(around, hole, channel_axis=-1))
    return np.stack(filled).clip(0, 255).astype(np.float32)


def open_painter(path: Path) -> Painter:
    """The network in an .onnx file, or in a run's checkpoint.

    Raises:
        WeightsError: the file holds no such network.
    """
    if path.suffix == ".onnx":
        return network_painter(open_network(path))
    network = InpaintNet()
    load_checkpoint(network, path)
    network.eval()

    def painter(shown: Continued) -> tuple[np.ndarray, np.ndarray]:
        arrays = shown.color, shown.parallax, shown.hole, shown.known
        with torch.inference_mode():
            color, parallax = network(*(torch.from_numpy(each) for each in arrays))
        return color.numpy(), parallax.numpy()

    return painter


def name_of(path: Path) -> str:
    """The network's: a checkpoint has that of its run's folder."""
    return path.parent.name if path.suffix == ".pt" else path.stem
