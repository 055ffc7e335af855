"""Pictures as a model draws them, so that judges do not take its traces for a look.

A model draws through its autoencoder, and a young one blurs and melts what it draws. A judge that
knows clean pictures only is much worse on such ones, whichever look they have; so it is fitted and
measured on both. What is drawn again from a small part of the way still has its look.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from stereopsis.imagine.judge.fit import TrainingSet
from stereopsis.imagine.judge.labelled import Labelled
from stereopsis.imagine.judge.pictures import Pictures
from stereopsis.imagine.models.generator import Generator

STRENGTHS = (0.0, 0.2, 0.4)  # 0: only encoded and decoded
AT_ONCE = 16

Progress = Callable[[int, int], None]  # pictures done, of how many


def draw_again(
    given: Labelled, model: Generator, progress: Progress = lambda done, total: None
) -> TrainingSet:
    """The pictures, as wide as the model's, with what it draws again of them under their labels.

    It reads their captions, and each picture has a seed of its own.
    """
    again: dict[float, Labelled] = {}
    for strength in STRENGTHS:
        drawn: list[Pictures] = []
        for first in range(0, len(given), AT_ONCE):
            some = range(first, min(first + AT_ONCE, len(given)))
            drawn.append(_redrawn(given, some, model, strength))
            progress(len(again) * len(given) + some.stop, len(STRENGTHS) * len(given))
        again[strength] = replace(given, pictures=np.concatenate(drawn))
    return TrainingSet(given, again)


def _redrawn(given: Labelled, some: range, model: Generator, strength: float) -> Pictures:
    pictures = torch.from_numpy(given.pictures[some.start : some.stop])
    return model.redraw(pictures, given.captions[some.start : some.stop], some, strength).numpy()
