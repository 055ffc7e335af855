"""MonoDepth: a small U-Net that guesses inverse depth from one photo, and how wrong it may be."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from stereopsis.nets.arch import Architecture
from stereopsis.nets.blocks import (
    ConvNorm,
    Fusion,
    ResidualConv,
    bordered,
    pointwise,
    upsample_twice,
)
from stereopsis.nets.trunk import EFFICIENTNET_LITE0, Trunk

IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)
SMALLEST_ERROR = 0.01  # that the network may expect anywhere
SINCE_EDITION_2 = ("error_head.",)  # layers that the first edition lacks


@dataclass(frozen=True)
class MonoConfig:
    """The released network.

    `widths` are the decoder's channels, coarsest first, one for each feature map of the trunk.
    """

    trunk: Architecture = EFFICIENTNET_LITE0
    widths: tuple[int, ...] = (128, 96, 64, 48, 24)
    context: int = 128


class MonoDepth(nn.Module):
    """Inverse depth of unknown scale and shift from one photo, and the error to be expected of it.

    An encoder, a decoder that adds its features back in from coarse to fine, and a summary of the
    whole picture that is added at the coarsest level. Normalisation is part of the network.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: MonoConfig) -> None:
        super().__init__()
        self.trunk = Trunk(config.trunk)
        coarsest, *skips = reversed(self.trunk.channels)
        width = config.widths[0]
        self.bottom = ConvNorm(pointwise(coarsest, width), linear=True)
        self.context = nn.Sequential(
            nn.Linear(coarsest, config.context), nn.ReLU(), nn.Linear(config.context, width)
        )
        self.mix = ResidualConv(width)
        self.fusions = nn.ModuleList(
            Fusion(skip, coarse, fine)
            for skip, coarse, fine in zip(skips, config.widths[:-1], config.widths[1:], strict=True)
        )
        self.head = bordered(config.widths[-1], 1, bias=True)
        self.error_head = bordered(config.widths[-1], 1, bias=True)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD), persistent=False)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Inverse depth and expected error (n, h, w) float32 of sRGB pictures (n, h, w, 3), 0..255.

        The error is that of the absolute inverse depth, in units of the mean absolute deviation
        of the picture's inverse depth from its median. Height and width are multiples of 32.
        """
        normalised = (image.float() - self.mean) / self.std
        *skips, coarsest = self.trunk(normalised.permute(0, 3, 1, 2))
        summary = self.context(coarsest.mean((2, 3)))[:, :, None, None]
        y = self.mix(functional.relu(self.bottom(coarsest) + summary))
        for fusion, skip in zip(self.fusions, reversed(skips), strict=True):
            y = fusion(skip, y)
        error = functional.softplus(upsample_twice(self.error_head(y).float())) + SMALLEST_ERROR
        return upsample_twice(self.head(y).float())[:, 0], error[:, 0]
