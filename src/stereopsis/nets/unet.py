"""UNet: the encoder and decoder that the depth networks share."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from stereopsis.nets.arch import Architecture
from stereopsis.nets.blocks import ConvNorm, Fusion, ResidualConv, pointwise
from stereopsis.nets.trunk import EFFICIENTNET_LITE0, Trunk, build_trunk

IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)


@dataclass(frozen=True)
class UNetConfig:
    """The released networks' setting.

    `widths` are the decoder's channels, coarsest first, one for each feature map of the trunk.
    """

    trunk: Architecture = EFFICIENTNET_LITE0
    widths: tuple[int, ...] = (128, 96, 64, 48, 24)
    context: int = 128


class UNet(nn.Module):
    """An encoder, and a decoder that adds its features back in from coarse to fine.

    A summary of the whole picture is added at the coarsest level. Normalisation is part of the
    network. A network for a task adds its heads and says how the parts follow one another.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: UNetConfig, trunk: Trunk | None = None) -> None:
        super().__init__()
        self.trunk = build_trunk(config.trunk) if trunk is None else trunk
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
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD), persistent=False)

    def normalised(self, image: Tensor) -> Tensor:
        """Pictures (n, h, w, 3), 0..255, as the trunk takes them: (n, 3, h, w)."""
        planes = image.permute(0, 3, 1, 2).float()  # first: by channel last it takes longer
        return (planes - self.mean[:, None, None]) / self.std[:, None, None]

    def start(self, coarsest: Tensor) -> Tensor:
        """The decoder's first features (n, c, h / 32, w / 32), from the trunk's coarsest."""
        summary = self.context(coarsest.mean((2, 3)))[:, :, None, None]
        mixed: Tensor = self.mix(functional.relu(self.bottom(coarsest) + summary))
        return mixed
