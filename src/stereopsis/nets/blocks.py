"""The blocks that trunks and decoders are made of."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class DepthwiseConv(nn.Conv2d):
    """A depthwise convolution that stays in float32 while a CPU trains in bfloat16.

    Its bfloat16 gradient is slow on CPUs: keeping float32 trains a quarter faster.
    """

    def __init__(self, channels: int, kernel: int, stride: int) -> None:
        super().__init__(
            channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False
        )

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, c, h, w) to (n, c, h / stride, w / stride)."""
        if self.training and x.device.type == "cpu":
            with torch.autocast("cpu", enabled=False):
                return super().forward(x.float())
        return super().forward(x)


def pointwise(inputs: int, outputs: int) -> nn.Conv2d:
    """A 1x1 convolution."""
    return nn.Conv2d(inputs, outputs, 1, bias=False)


def bordered(channels: int, outputs: int, *, bias: bool = False) -> nn.Conv2d:
    """A 3x3 convolution that repeats the border: zeros there leave a wrong rim around the map."""
    return nn.Conv2d(channels, outputs, 3, padding=1, padding_mode="replicate", bias=bias)


class ConvNorm(nn.Sequential):
    """Convolution, batch norm and, unless it is linear, ReLU6."""

    def __init__(self, conv: nn.Conv2d, *, linear: bool = False) -> None:
        super().__init__()
        self.conv = conv
        self.norm: nn.Module = nn.BatchNorm2d(conv.out_channels, eps=1e-3, momentum=0.02)
        if not linear:
            self.act = nn.ReLU6(inplace=True)


class InvertedResidual(nn.Module):
    """Expand (1x1), filter depthwise, project (1x1, linear); adds its input where shapes agree.

    Source: Sandler et al., MobileNetV2 (2018), section 3.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.adds_input = stride == 1 and inputs == outputs
        self.expand = ConvNorm(pointwise(inputs, hidden)) if expansion > 1 else nn.Identity()
        self.filter = ConvNorm(DepthwiseConv(hidden, kernel, stride))
        self.project = ConvNorm(pointwise(hidden, outputs), linear=True)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        y: Tensor = self.project(self.filter(self.expand(x)))
        return x + y if self.adds_input else y


class ResidualConv(nn.Module):
    """Two 3x3 convolutions around which the input is added."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNorm(bordered(channels, channels))
        self.second = ConvNorm(bordered(channels, channels), linear=True)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, c, h, w) to features of the same shape."""
        return functional.relu(x + self.second(self.first(x)))


class Fusion(nn.Module):
    """Adds features of half the resolution, upsampled, to an encoder's features and mixes them.

    The decoder step of U-Nets, additive as in Lin et al., Feature Pyramid Networks (2017), with
    the residual unit of Lin et al., RefineNet (2017).
    """

    def __init__(self, skip: int, coarse: int, outputs: int) -> None:
        super().__init__()
        self.lateral = ConvNorm(pointwise(skip, outputs), linear=True)
        self.reduce = ConvNorm(pointwise(coarse, outputs), linear=True)
        self.mix = ResidualConv(outputs)

    def forward(self, skip: Tensor, coarse: Tensor, extra: Tensor | None = None) -> Tensor:
        """Features (n, skip, h, w) and (n, coarse, h / 2, w / 2) to (n, outputs, h, w).

        `extra` (n, outputs, h, w) is added before everything is mixed.
        """
        both = self.lateral(skip) + upsample_twice(self.reduce(coarse))
        if extra is not None:
            both = both + extra
        mixed: Tensor = self.mix(functional.relu(both))
        return mixed


def upsample_twice(x: Tensor) -> Tensor:
    """Features (n, c, h, w) interpolated bilinearly to (n, c, 2 h, 2 w)."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
