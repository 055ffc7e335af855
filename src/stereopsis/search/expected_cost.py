"""The cost to expect of a trunk while its options are still mixed; differentiable in the mix."""

from collections.abc import Sequence

import torch
from torch import Tensor

from stereopsis.nets.arch import Stage
from stereopsis.nets.count import Size, block_size
from stereopsis.search.block_options import PICTURE, BlockOptions, Channels, list_blocks
from stereopsis.search.cost import Tally
from stereopsis.search.supernet import Mix, weigh_pairs
from stereopsis.search.trunk_space import TrunkSpace


def expected_tally(space: TrunkSpace, mix: Mix, sizes: Sequence[Size], inputs: int = 3) -> Tensor:
    """What count_trunk() counts, as float64 (5,) in the order of Tally, of the mixed trunk.

    Exactly that where the mix is one-hot. `sizes` are the (height, width) of the picture at each of
    the space's resolutions, or the only one if it has none.

    Source: Wan et al., FBNetV2 (2020), section 3.3, effective shape propagation: each layer costs
    what its expected shapes cost.
    """
    alone = {choice.name: torch.ones(1) for choice in space.choices()}
    weights = {name: w.double().cpu() for name, w in {**alone, **mix}.items()}
    weights[PICTURE] = torch.ones(1, dtype=torch.float64)
    resolution = weights.get("resolution", weights[PICTURE])
    total = torch.zeros(len(Tally._fields), dtype=torch.float64)
    for block in list_blocks(space, inputs):
        before = _mean_area(sizes, resolution)
        stage = Stage("conv", 1, block.stride, 1)
        sizes = [block_size(stage, size, first=True) for size in sizes]
        kept = weights[block.choice("skip")][0]
        total = total + kept * _block_tally(block, weights, before, _mean_area(sizes, resolution))
    return total


def mean_count(channels: Channels, weights: Tensor) -> Tensor:
    """The expected number of channels."""
    mean: Tensor = weights @ torch.tensor(channels.counts, dtype=torch.float64)
    return mean


def _block_tally(block: BlockOptions, mix: Mix, before: Tensor, after: Tensor) -> Tensor:
    """What a block adds if it is kept, from its expected shapes."""
    inputs = mean_count(block.before, mix[block.before.name])
    outputs = mean_count(block.after, mix[block.after.name])
    kernels = torch.tensor([k**2 for k in block.options.kernels], dtype=torch.float64)
    taps = mix[block.choice("kernel")] @ kernels
    one = torch.ones((), dtype=torch.float64)
    if block.options.kind == "conv":
        weights = inputs * outputs * taps
        return torch.stack([weights + 2 * outputs, weights * after, 0 * one, outputs * after, one])
    pairs = weigh_pairs(block, mix)
    hidden = mean_count(block.hidden, pairs)
    share = pairs @ torch.tensor(block.is_expanded, dtype=torch.float64)
    expand, project = share * inputs * hidden, hidden * outputs
    params = expand + hidden * taps + project + 2 * (share * hidden + hidden + outputs)
    elements = share * hidden * before + (hidden + outputs) * after
    tally = torch.stack(
        [params, expand * before + project * after, hidden * taps * after, elements, share + 2]
    )
    for squeeze in block.squeezes:
        narrow = mean_count(block.narrow(squeeze), pairs)
        both, widths = 2 * hidden * narrow, hidden + narrow
        added = torch.stack([both + widths, both, 0 * one, widths, 2 * one])
        tally = tally + mix[block.choice("squeeze")][-1] * added
    return tally


def _mean_area(sizes: Sequence[Size], weights: Tensor) -> Tensor:
    """Expected height times expected width."""
    mean: Tensor = weights @ torch.tensor(sizes, dtype=torch.float64)
    return mean.prod()
