"""Methods that find disparity: our stereo network in its variants, and what it has to beat."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from stereopsis.depth.fill import fill_from_behind
from stereopsis.depth.mono import guess_depth
from stereopsis.depth.semiglobal import SemiglobalConfig, match_semiglobally
from stereopsis.depth.stereo import match_densely, open_stereo_network
from stereopsis.runtime.network import Network, open_network
from stereopsis.scene.arrays import InverseDepth
from stereopsis.scene.camera import Camera
from stereopsis.scene.photo import Photo
from stereopsis.train.distinct import check_distinct
from stereopsis.train.metrics import align
from stereopsis.train.pair_truth import PairTruth

USUAL = SemiglobalConfig(block=5, small_change=8 * 3 * 25, large_change=32 * 3 * 25)

Method = Callable[[PairTruth], InverseDepth]  # a pair -> disparity (px) of its left eye


def constant(pair: PairTruth) -> InverseDepth:
    """The truth's median everywhere: the best that can be done without looking."""
    return np.full(pair.valid.shape, np.median(pair.disparity[pair.valid]), np.float32)


def mono(pair: PairTruth) -> InverseDepth:
    """The mono network's guess, with the scale and shift that suit the truth best."""
    camera = Camera.from_focal_35mm(pair.left.shape[1], pair.left.shape[0])
    guess = guess_depth(Photo(pair.left, camera)).inverse_depth
    enlarged = cv2.resize(guess, pair.valid.shape[::-1], interpolation=cv2.INTER_LINEAR)
    truth = np.where(pair.valid, pair.disparity, 1.0).astype(np.float64)
    return align(np.asarray(enlarged, np.float64), truth, pair.valid).astype(np.float32)


def semiglobal(pair: PairTruth) -> InverseDepth:
    """OpenCV's SGBM with three directions, told the largest disparity; holes filled from behind."""
    most = int(np.ceil(float(pair.disparity.max()) + 1))
    disparity, sure = match_semiglobally(pair.left, pair.right, 0, most, USUAL)
    return fill_from_behind(disparity, sure)


def matched(network: Network) -> Method:
    """Our way with this network, told nothing."""
    return lambda pair: match_densely(pair.left, pair.right, network).disparity


def open_stereo(path: Path, threads: int) -> Network:
    """The stereo network in this file, on so many threads."""
    return open_stereo_network(open_network(path, threads))


def collect_methods(networks: dict[str, Path], threads: int) -> dict[str, Method]:
    """The rivals, then each network by its name.

    Raises:
        OptionError: a network has a rival's name.
        WeightsError: a file holds no such network.
    """
    methods: dict[str, Method] = {"constant": constant, "mono": mono, "sgbm-3way": semiglobal}
    check_distinct("methods", [*methods, *networks])
    for name, path in networks.items():
        methods[name] = matched(open_stereo(path, threads))
    return methods
