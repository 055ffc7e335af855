"""FBNet: the published FBNetV2 and FBNetV3 classifiers, as data and as networks that train."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from stereopsis.errors import WeightsError
from stereopsis.nets.arch import Architecture, parse_architecture
from stereopsis.nets.blocks import ConvNorm, InvertedResidual, Pool
from stereopsis.nets.trunk import build_stage

_F1 = """
    conv_k3_s2_c8_hs
    ir_k5_s1_e1_c8_re
    ir_k5_s2_e5.4566_c24_re
    ir_k5_s1_e4.7912_c24_re
    ir_k5_s2_e5.3501_c32_se_re
    ir_k5_s1_e4.5379_c24_se_re
    ir_k5_s2_e5.7133_c56_hs
    ir_k3_s1_e4.1212_c56_hs
    ir_k3_s1_e5.1246_c56_se_hs
    skip_c80
    ir_k5_s1_e4.507_c80_se_hs
    ir_k5_s1_e1.7712_c80_se_hs
    ir_k3_s2_e4.5685_c144_se_hs
    ir_k5_s1_e5.84_c144_se_hs
    ir_k5_s1_e6.8754_c144_se_hs
    skip_c224
    pool_e6_c1600_hs
"""
_F4 = """
    conv_k3_s2_c16_hs
    ir_k3_s1_e1_c16_hs
    ir_k5_s2_e5.4566_c24_hs
    ir_k5_s1_e1.7912_c24_n2_hs
    ir_k5_s2_e5.3501_c32_se_re
    ir_k5_s1_e3.5379_c32_se_re
    ir_k5_s1_e4.5379_c32_n2_se_re
    ir_k5_s2_e5.7133_c64_hs
    ir_k3_s1_e2.1212_c64_hs
    skip_c64
    ir_k3_s1_e5.0333_c104_hs
    ir_k5_s1_e2.507_c104_se_hs
    ir_k5_s1_e1.7712_c104_se_hs
    ir_k5_s1_e3.7712_c112_se_hs
    ir_k3_s2_e5.5685_c184_se_hs
    ir_k5_s1_e2.84_c184_se_hs
    ir_k5_s1_e4.8754_c184_se_hs
    skip_c224
    pool_e6_c1984_hs
"""
_L1 = """
    conv_k3_s2_c16_hs
    ir_k3_s1_e1_c16_hs
    ir_k5_s2_e5.4566_c24_hs
    ir_k5_s1_e1.7912_c24_hs
    ir_k3_s1_e1.7912_c24_hs
    ir_k5_s1_e1.7912_c24_hs
    ir_k5_s2_e5.3501_c40_se_hs
    ir_k5_s1_e3.5379_c32_se_hs
    ir_k5_s1_e4.5379_c32_n2_se_hs
    ir_k5_s2_e5.7133_c64_hs
    ir_k3_s1_e2.1212_c64_hs
    skip_c64
    ir_k3_s1_e3.1246_c64_hs
    ir_k3_s1_e5.0333_c112_hs
    ir_k5_s1_e2.507_c112_se_hs
    ir_k5_s1_e1.7712_c112_se_hs
    ir_k5_s1_e2.7712_c112_se_hs
    ir_k5_s1_e3.7712_c112_n2_se_hs
    ir_k3_s2_e5.5685_c184_se_hs
    ir_k5_s1_e2.84_c184_n2_se_hs
    ir_k5_s1_e4.8754_c184_n2_se_hs
    skip_c224
    pool_e6_c1984_hs
"""
_V3_A = """
    conv_k3_s2_c16_hs
    ir_k3_s1_e1_c16_n2_hs
    ir_k5_s2_e4_c24_hs
    ir_k5_s1_e2_c24_n3_hs
    ir_k5_s2_e5_c40_si_hs
    ir_k5_s1_e3_c40_n4_si_hs
    ir_k5_s2_e5_c72_p1_hs
    ir_k3_s1_e3_c72_n4_hs
    ir_k3_s1_e5_c120_si_hs
    ir_k5_s1_e3_c120_n5_si_hs
    ir_k3_s2_e6_c184_p0_si_hs
    ir_k5_s1_e4_c184_n5_si_hs
    ir_k5_s1_e6_c224_si_hs
    pool_e6_c1984_hs
"""
_V3_C = """
    conv_k3_s2_c16_hs
    ir_k3_s1_e1_c16_n2_hs
    ir_k5_s2_e5_c24_hs
    ir_k3_s1_e3_c24_n4_hs
    ir_k5_s2_e5_c48_si_hs
    ir_k5_s1_e2_c48_n4_si_hs
    ir_k5_s2_e4_c88_p1_hs
    ir_k3_s1_e3_c88_n4_hs
    ir_k3_s1_e4_c120_si_hs
    ir_k5_s1_e3_c120_n5_si_hs
    ir_k5_s2_e5_c216_p1_si_hs
    ir_k5_s1_e5_c216_n5_si_hs
    ir_k5_s1_e6_c216_si_hs
    pool_e6_c1984_hs
"""
_V3_D = """
    conv_k3_s2_c24_hs
    ir_k3_s1_e1_c16_n2_hs
    ir_k3_s2_e5_c24_hs
    ir_k3_s1_e2_c24_n5_hs
    ir_k5_s2_e4_c40_si_hs
    ir_k3_s1_e3_c40_n4_si_hs
    ir_k3_s2_e5_c72_hs
    ir_k3_s1_e3_c72_n4_hs
    ir_k3_s1_e5_c128_si_hs
    ir_k5_s1_e3_c128_n6_si_hs
    ir_k3_s2_e6_c208_si_hs
    ir_k5_s1_e5_c208_n5_si_hs
    ir_k5_s1_e6_c240_si_hs
    pool_e6_c1984_hs
"""
_V3_E = """
    conv_k3_s2_c24_hs
    ir_k3_s1_e1_c16_n3_hs
    ir_k5_s2_e4_c24_hs
    ir_k5_s1_e2_c24_n4_hs
    ir_k5_s2_e4_c48_si_hs
    ir_k5_s1_e3_c48_n4_si_hs
    ir_k5_s2_e5_c80_p1_hs
    ir_k3_s1_e3_c80_n4_hs
    ir_k3_s1_e5_c128_si_hs
    ir_k5_s1_e3_c128_n7_si_hs
    ir_k3_s2_e6_c216_si_hs
    ir_k5_s1_e5_c216_n5_si_hs
    ir_k5_s1_e6_c240_si_hs
    pool_e6_c1984_hs
"""
_V3_F = """
    conv_k3_s2_c24_hs
    ir_k3_s1_e1_c24_n3_hs
    ir_k5_s2_e4_c32_hs
    ir_k5_s1_e2_c32_n4_hs
    ir_k5_s2_e4_c56_si_hs
    ir_k5_s1_e3_c56_n4_si_hs
    ir_k5_s2_e5_c88_hs
    ir_k3_s1_e3_c88_n4_hs
    ir_k3_s1_e5_c144_si_hs
    ir_k5_s1_e3_c144_n8_si_hs
    ir_k3_s2_e6_c248_p0_si_hs
    ir_k5_s1_e5_c248_n6_si_hs
    ir_k5_s1_e6_c272_si_hs
    pool_e6_c1984_hs
"""
_V3_G = """
    conv_k3_s2_c32_hs
    ir_k3_s1_e1_c24_n3_hs
    ir_k5_s2_e4_c40_hs
    ir_k5_s1_e2_c40_n4_hs
    ir_k5_s2_e4_c56_si_hs
    ir_k5_s1_e3_c56_n4_si_hs
    ir_k5_s2_e5_c104_hs
    ir_k3_s1_e3_c104_n4_hs
    ir_k3_s1_e5_c160_si_hs
    ir_k5_s1_e3_c160_n8_si_hs
    ir_k3_s2_e6_c264_si_hs
    ir_k5_s1_e5_c264_n6_si_hs
    ir_k5_s1_e6_c288_n2_si_hs
    pool_e6_c1984_hs
"""


def _published(stages: str, resolution: int) -> Architecture:
    return replace(parse_architecture(stages), resolution=resolution)


PUBLISHED = {
    "FBNetV2-F1": _published(_F1, 128),
    "FBNetV2-F2": _published(_F1, 160),
    "FBNetV2-F3": _published(_F1.replace("c1600", "c1984"), 192),
    "FBNetV2-F4": _published(_F4, 224),
    "FBNetV2-L1": _published(_L1, 224),
    "FBNetV2-L2": _published(_L1, 256),
    "FBNetV3-A": _published(_V3_A, 224),
    "FBNetV3-B": _published(_V3_A, 248),
    "FBNetV3-C": _published(_V3_C, 248),
    "FBNetV3-D": _published(_V3_D, 248),
    "FBNetV3-E": _published(_V3_E, 264),
    "FBNetV3-F": _published(_V3_F, 272),
    "FBNetV3-G": _published(_V3_G, 320),
}


class FBNet(nn.Module):
    """A classifier: the stages of an architecture, the mean over the picture, a linear layer.

    Source: Wan et al., FBNetV2 (2020), and Dai et al., FBNetV3 (2021), as their authors released
    them: the stem has a bias, and blocks that add their input begin as identities.
    """

    def __init__(self, architecture: Architecture, classes: int = 1000, inputs: int = 3) -> None:
        super().__init__()
        self.stages = nn.ModuleList()
        for stage in architecture.stages:
            self.stages.append(build_stage(stage, inputs))
            inputs = stage.channels
        self.classify = nn.Linear(inputs, classes)
        stem = self.stages.get_submodule("0.0.conv")
        assert isinstance(stem, nn.Conv2d)
        stem.bias = nn.Parameter(torch.zeros(stem.out_channels))
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps, module.momentum = 1e-5, 0.1
            if isinstance(module, InvertedResidual) and module.adds_input:
                assert isinstance(module.project.norm, nn.BatchNorm2d)
                nn.init.zeros_(module.project.norm.weight)

    def forward(self, image: Tensor) -> Tensor:
        """Scores (n, classes) of normalised pictures (n, 3, h, w)."""
        x = image
        for stage in self.stages:
            x = stage(x)
        scores: Tensor = self.classify(x.mean((2, 3)))
        return scores


def pad_evenly(architecture: Architecture) -> Architecture:
    """The architecture with every depthwise convolution padded by half its kernel."""
    stages = (replace(stage, padding=None) for stage in architecture.stages)
    return replace(architecture, stages=tuple(stages))


def load_timm(network: FBNet, weights: dict[str, Tensor]) -> None:
    """Fills the network with the weights of timm's fbnetv3_b, fbnetv3_d or fbnetv3_g.

    timm's stem has no bias: it becomes 0. timm pads every depthwise convolution by half its kernel:
    an FBNet whose architecture does so too, see pad_evenly(), gives the same answers.

    Raises:
        WeightsError: a tensor is missing, left over or of another shape.
    """
    own = network.state_dict()
    bias = "stages.0.0.conv.bias"
    names = {
        name: f"{theirs}.{name.rpartition('.')[2]}"
        for layer, theirs in _layer_names(network, weights)
        for name in own
        if name.rpartition(".")[0] == layer and name != bias
    }
    unused = weights.keys() - set(names.values())
    missing = own.keys() - names.keys() - {bias}
    wrong = [name for name, theirs in names.items() if theirs not in weights]
    wrong += [n for n, t in names.items() if t in weights and weights[t].shape != own[n].shape]
    if problems := [*sorted(unused), *sorted(missing), *wrong]:
        raise WeightsError(
            f"The weights are not those of this FBNet ({problems[0]}).",
            "Take them from the timm model of the same letter.",
        )
    renamed = {name: weights[theirs] for name, theirs in names.items()}
    network.load_state_dict({**renamed, bias: torch.zeros_like(own[bias])})


def _layer_names(network: FBNet, weights: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Our name and timm's of each layer, as far as timm has the block."""
    found = {tuple(map(int, name.split(".")[1:3])) for name in weights if name[:7] == "blocks."}
    theirs = [f"blocks.{i}.{j}" for i, j in sorted(found)]
    blocks = [
        (name, module)
        for name, module in network.named_modules()
        if isinstance(module, InvertedResidual | Pool)
    ]
    yield from (("stages.0.0.conv", "conv_stem"), ("stages.0.0.norm", "bn1"))
    for (own, block), their in zip(blocks, theirs, strict=False):
        for layer, name in _block_names(block):
            yield f"{own}.{layer}", f"{their}.{name}"
        if isinstance(block, Pool):
            yield f"{own}.mix", "conv_head"
    yield "classify", "classifier"


def _block_names(block: InvertedResidual | Pool) -> Iterator[tuple[str, str]]:
    """Our name and timm's of each layer inside of a block."""
    if isinstance(block, Pool):
        convolutions = [("expand", "conv")]
    elif isinstance(block.expand, ConvNorm):
        convolutions = [("expand", "conv_pw"), ("filter", "conv_dw"), ("project", "conv_pwl")]
    else:
        convolutions = [("filter", "conv_dw"), ("project", "conv_pw")]
    for i, (layer, name) in enumerate(convolutions, start=1):
        yield f"{layer}.conv", name
        yield f"{layer}.norm", f"bn{i}"
    yield from (("squeeze.reduce", "se.conv_reduce"), ("squeeze.expand", "se.conv_expand"))
