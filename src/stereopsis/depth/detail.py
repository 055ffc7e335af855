"""Merges two guesses of one picture: the layout of the one, the edges of the other.

A network that sees the picture small knows what is near and far; one that sees it large knows
where the edges are.
"""

import cv2
import numpy as np

from stereopsis.scene.arrays import InverseDepth

RADIUS = 1 / 8  # of the windows, as a share of the picture's width
NOISE = 0.002  # variance within a window, as a share of the whole map's, that is no edge


def transfer_detail(layout: InverseDepth, detail: InverseDepth) -> InverseDepth:
    """The map at the size of `detail` with its edges and with the values of `layout`.

    In every window `detail` is scaled, never turned upside down, and shifted to fit `layout`; what
    overlapping windows say is averaged. Both maps may have any scale and shift; the result has
    the layout's.

    Source: the filter is He et al., Guided Image Filtering (2010), with a guide that is itself a
    depth map; the purpose is that of Miangoleh et al., Boosting Monocular Depth (2021).
    """
    size = (detail.shape[1], detail.shape[0])
    spread = float(detail.std())
    if spread <= 1e-12:
        return np.asarray(cv2.resize(layout, size, interpolation=cv2.INTER_LINEAR))
    guide = ((detail - detail.mean()) / spread).astype(np.float32)
    wanted = cv2.resize(layout, size, interpolation=cv2.INTER_LINEAR)
    side = 2 * max(1, round(RADIUS * size[0])) + 1

    def window_mean(values: InverseDepth) -> InverseDepth:
        mean = cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT)
        return np.asarray(mean, np.float32)

    guide_mean, wanted_mean = window_mean(guide), window_mean(wanted)
    covariance = window_mean(guide * wanted) - guide_mean * wanted_mean
    variance = np.maximum(window_mean(guide * guide) - guide_mean**2, 0)
    gain = np.maximum(covariance, 0) / (variance + np.float32(NOISE))
    shift = wanted_mean - gain * guide_mean
    return np.asarray(window_mean(gain) * guide + window_mean(shift), np.float32)
