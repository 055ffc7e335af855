"""The blocks that trunks and decoders are made of."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from stereopsis.nets.arch import Activation, Stage, hidden_channels, squeezed_channels


class DepthwiseConv(nn.Conv2d):
    """A depthwise convolution that stays in float32 while a CPU trains in bfloat16.

    Its bfloat16 gradient is slow on CPUs: keeping float32 trains a quarter faster.
    """

    def __init__(self, channels: int, kernel: int, stride: int, padding: int | None = None) -> None:
        padding = kernel // 2 if padding is None else padding
        super().__init__(channels, channels, kernel, stride, padding, groups=channels, bias=False)

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


def build_activation(kind: Activation) -> nn.Module:
    """The activation; it works in place."""
    if kind == "hswish":
        return nn.Hardswish(inplace=True)
    return nn.ReLU(inplace=True) if kind == "relu" else nn.ReLU6(inplace=True)


class ConvNorm(nn.Sequential):
    """Convolution, batch norm and, unless it is linear, an activation."""

    def __init__(
        self, conv: nn.Conv2d, activation: Activation = "relu6", *, linear: bool = False
    ) -> None:
        super().__init__()
        self.conv = conv
        self.norm: nn.Module = nn.BatchNorm2d(conv.out_channels, eps=1e-3, momentum=0.02)
        if not linear:
            self.act = build_activation(activation)


class SqueezeExcite(nn.Module):
    """Features scaled, channel by channel, by what all channels are on the mean: (n, c, h, w).

    Source: Hu et al., Squeeze-and-Excitation Networks (2018), section 3; with the hard sigmoid of
    Howard et al., MobileNetV3 (2019).
    """

    def __init__(self, channels: int, narrow: int, activation: Activation) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, narrow, 1)
        self.act = build_activation(activation)
        self.expand = nn.Conv2d(narrow, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, c, h, w) to features of the same shape."""
        narrow = self.act(self.reduce(x.mean((2, 3), keepdim=True)))
        return x * functional.hardsigmoid(self.expand(narrow))


class InvertedResidual(nn.Module):
    """Expand (1x1), filter depthwise, project (1x1, linear); adds its input where shapes agree.

    Source: Sandler et al., MobileNetV2 (2018), section 3.
    """

    def __init__(self, inputs: int, stage: Stage, *, first: bool) -> None:
        super().__init__()
        hidden, kernel, act = hidden_channels(inputs, stage), stage.kernel, stage.activation
        stride = stage.stride if first else 1
        self.adds_input = stride == 1 and inputs == stage.channels
        self.expand = (
            ConvNorm(pointwise(inputs, hidden), act) if hidden != inputs else nn.Identity()
        )
        padding = stage.padding if first else None
        self.filter = ConvNorm(DepthwiseConv(hidden, kernel, stride, padding), act)
        self.squeeze = (
            SqueezeExcite(hidden, squeezed_channels(inputs, stage), act)
            if stage.squeeze
            else nn.Identity()
        )
        self.project = ConvNorm(pointwise(hidden, stage.channels), linear=True)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        y: Tensor = self.project(self.squeeze(self.filter(self.expand(x))))
        return x + y if self.adds_input else y


class Skip(nn.Sequential):
    """The input itself, or where channels or size change a 1x1 convolution, norm and ReLU of it."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        if stride > 1 or inputs != outputs:
            conv = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.change = ConvNorm(conv, "relu")


class Pool(nn.Module):
    """Expand (1x1), mean over the picture, mix (1x1): features (n, c, 1, 1).

    Source: the efficient last stage of Howard et al., MobileNetV3 (2019), section 5.1.
    """

    def __init__(self, inputs: int, stage: Stage) -> None:
        super().__init__()
        hidden = hidden_channels(inputs, stage)
        self.expand = ConvNorm(pointwise(inputs, hidden), stage.activation)
        self.mix = pointwise(hidden, stage.channels)
        self.act = build_activation(stage.activation)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, inputs, h, w) to (n, outputs, 1, 1)."""
        mixed: Tensor = self.act(self.mix(self.expand(x).mean((2, 3), keepdim=True)))
        return mixed


def build_block(stage: Stage, inputs: int, *, first: bool) -> nn.Module:
    """A block of the stage, its first or a later one, for so many channels of input."""
    stride = stage.stride if first else 1
    if stage.kind == "ir":
        return InvertedResidual(inputs, stage, first=first)
    if stage.kind == "skip":
        return Skip(inputs, stage.channels, stride)
    if stage.kind == "pool":
        return Pool(inputs, stage)
    padding = stage.kernel // 2
    conv = nn.Conv2d(inputs, stage.channels, stage.kernel, stride, padding, bias=False)
    return ConvNorm(conv, stage.activation)


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
