"""A task that a processor learns in seconds: telling squares of four colours apart."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from stereopsis.search.pictures_task import Pictures, PicturesConfig, PicturesTask
from stereopsis.search.task import Split
from stereopsis.search.trunk_space import TrunkSpace, parse_space

TINY_SPACE = parse_space("""
    conv_k3_s2_c4:8:4_hs
    ir_k3,5_s2_e1:3:0.5_c8,12_n1:2_se?_re,hs
""")
SIDES_SPACE = replace(TINY_SPACE, resolutions=(8, 12, 16))  # the picture's side is the last
SMALL = PicturesConfig(batch=16, width=16)
COLORS = np.array([(220, 40, 40), (40, 220, 40), (40, 40, 220), (200, 200, 60)])


def colored(count: int, seed: int) -> Pictures:
    """Pictures of 16 x 16 px in a noisy colour."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(COLORS), count)
    noise = rng.integers(-30, 31, (count, 16, 16, 3))
    images = (COLORS[labels][:, None, None] + noise).clip(0, 255).astype(np.uint8)
    return Pictures(torch.from_numpy(images), torch.from_numpy(labels))


def tiny_task(space: TrunkSpace = TINY_SPACE) -> PicturesTask:
    """The task."""
    return PicturesTask(colored(160, 1), colored(40, 2), space, SMALL)


class BrokenTask(PicturesTask):
    """A task whose loss is not a number."""

    def loss(self, network: nn.Module, split: Split, step: int) -> Tensor:
        """Not a number."""
        return super().loss(network, split, step) * torch.nan


task = tiny_task()
broken = BrokenTask(colored(160, 1), colored(40, 2), TINY_SPACE, SMALL)
settled = tiny_task(parse_space("conv_k3_s2_c8_hs"))
not_a_task = 3
