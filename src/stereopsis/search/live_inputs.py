"""Which inputs of the layers on top of a trunk are left where its channels are masked."""

import copy
from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from stereopsis.nets.trunk import Trunk
from stereopsis.search.head_cost import Blank
from stereopsis.search.space import Option
from stereopsis.search.supernet import MaskedTrunk


@torch.no_grad()
def live_inputs(
    supernet: nn.Module,
    masked: MaskedTrunk,
    options: Mapping[str, Option],
    example: tuple[Tensor, ...],
) -> dict[str, Tensor]:
    """Of each layer outside of the trunk, by name, which of its inputs are no masked channels.

    Found by trial, since heads may join, flatten or repeat feature maps in any order: the layers
    are run on two trunks that differ in nothing but what is masked, and where an input differs it
    is a masked channel.
    """
    full, stages = masked.space.complete(options), masked.space.stages
    most = [max(stage.channels) for stage in stages]
    kept = [c for i, s in enumerate(stages) for c in s.channels if c == full[f"{i}.channels"]]
    plain = _layer_inputs(supernet, masked, most, example)
    marked = _layer_inputs(supernet, masked, kept, example)
    return {
        name: (marked[name] == seen).flatten(1).all(1)
        for name, seen in plain.items()
        if name in marked and marked[name].shape == seen.shape
    }


def _layer_inputs(
    supernet: nn.Module, masked: MaskedTrunk, kept: Sequence[int], example: tuple[Tensor, ...]
) -> dict[str, Tensor]:
    """What each layer of the heads sees, channels first, where channels beyond those kept are 1.

    All others are 0. Weights that mix channels are 0, too, so that nothing behind them differs.
    """
    strides = [stage.stride for stage in masked.space.stages]
    most = [max(stage.channels) for stage in masked.space.stages]
    blanks = [Blank(*each) for each in zip(strides, most, kept, strict=True)]
    heads = copy.deepcopy(supernet, {id(masked): Trunk(blanks, strides, most)}).eval()
    for weight in heads.parameters():
        if weight.ndim > 1 and weight.shape[1] > 1:  # a depthwise filter mixes nothing
            weight.zero_()
    seen: dict[str, Tensor] = {}

    def note(name: str, layer: nn.Module, inputs: tuple[object, ...]) -> None:
        if inputs and isinstance(inputs[0], Tensor) and inputs[0].ndim > 1:
            seen[name] = inputs[0].movedim(-1 if isinstance(layer, nn.Linear) else 1, 0)

    for name, layer in heads.named_modules():
        layer.register_forward_pre_hook(partial(note, name))
    heads(*example)
    return seen
