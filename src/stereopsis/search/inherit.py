"""The weights that a network of a space and the supernet have in common, either way."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from stereopsis.nets.trunk import Trunk
from stereopsis.search.block_options import list_blocks
from stereopsis.search.live_inputs import live_inputs
from stereopsis.search.space import Option
from stereopsis.search.supernet import MaskedBlock, MaskedTrunk

Part = tuple[Tensor, ...]  # of each dimension of a tensor, the places that a smaller one has


@torch.no_grad()
def inherit(
    network: nn.Module,
    supernet: nn.Module,
    options: Mapping[str, Option],
    example: tuple[Tensor, ...],
) -> None:
    """Fills `network`, built around the trunk that takes these options, from the supernet.

    `supernet` is the same network around a MaskedTrunk, and `example` its inputs. Masks use the
    first channels: every tensor of the trunk is the first part, in all its dimensions, of the
    supernet's. Layers on top keep their weights of the channels that are left, wherever these are.
    """
    for own, shared, part in _shared_parts(network, supernet, options, example):
        own.copy_(shared[part])


@torch.no_grad()
def embed(
    network: nn.Module,
    supernet: nn.Module,
    options: Mapping[str, Option],
    example: tuple[Tensor, ...],
) -> None:
    """The reverse of inherit(): weighed to these options, the supernet answers as `network` does.

    Filters of other sizes start as the network's, without their rim or with zeros around them; what
    else the network lacks stays as it is.
    """
    for own, shared, part in _shared_parts(network, supernet, options, example):
        shared[part] = own.to(shared)
    _, masked = _find_trunk(supernet)
    assert isinstance(masked, MaskedTrunk)
    full = masked.space.complete(options)
    for i, j in masked.space.kept_blocks(options):
        block = masked.get_submodule(f"stages.{i}.{j}")
        if isinstance(block, MaskedBlock):
            known = block.filters[str(full[f"{i}.{j}.kernel"])].state_dict()
            for other in block.filters.values():
                for name, tensor in other.state_dict().items():
                    tensor.copy_(_as_large(known[name], tensor.shape))


def _as_large(kernel: Tensor, shape: torch.Size) -> Tensor:
    """The kernel (..., k, k) cut, or with zeros around it, to this shape; other tensors as is."""
    missing = shape[-1] - kernel.shape[-1] if kernel.ndim == 4 else 0
    return functional.pad(kernel, [missing // 2] * 4) if missing else kernel


def _shared_parts(
    network: nn.Module,
    supernet: nn.Module,
    options: Mapping[str, Option],
    example: tuple[Tensor, ...],
) -> Iterator[tuple[Tensor, Tensor, Part]]:
    """Each tensor of the network, the supernet's, and which part of that stands for it."""
    (own_trunk, trunk), (their_trunk, masked) = _find_trunk(network), _find_trunk(supernet)
    assert isinstance(masked, MaskedTrunk)
    renamed = dict(_renamed(trunk, masked, options))
    theirs, live = supernet.state_dict(), live_inputs(supernet, masked, options, example)
    for name, tensor in network.state_dict().items():
        if name.startswith(own_trunk):
            shared, inputs = theirs[their_trunk + renamed[name.removeprefix(own_trunk)]], None
        else:
            shared, inputs = theirs[name], live.get(name.rpartition(".")[0])
        yield tensor, shared, _part(tensor, shared, inputs)


def _part(own: Tensor, shared: Tensor, live: Tensor | None) -> Part:
    """The places of the shared tensor that the own one has: live inputs, or else the first."""
    places = []
    for i, (size, most) in enumerate(zip(own.shape, shared.shape, strict=True)):
        place = torch.arange(size)
        if live is not None and len(live) == most and int(live.sum()) == size:
            place = live.nonzero()[:, 0]
        places.append(place.reshape(-1, *(1,) * (own.ndim - 1 - i)))
    return tuple(places)


def _find_trunk(network: nn.Module) -> tuple[str, Trunk]:
    """The only trunk in the network, and what its tensors' names begin with."""
    ((name, trunk),) = ((n, m) for n, m in network.named_modules() if isinstance(m, Trunk))
    return (f"{name}." if name else ""), trunk


def _renamed(
    trunk: Trunk, masked: MaskedTrunk, options: Mapping[str, Option]
) -> Iterator[tuple[str, str]]:
    """Of each tensor of the trunk, its name and that of its source in the supernet's."""
    full = masked.space.complete(options)
    by_number = {(block.i, block.j): block for block in list_blocks(masked.space)}
    stages = trunk.stages.named_children()
    own = [f"stages.{i}.{j}" for i, stage in stages for j, _ in stage.named_children()]
    for name, number in zip(own, masked.space.kept_blocks(options), strict=True):
        block = by_number[number]
        theirs = f"stages.{block.i}.{block.j}"
        for tensor in trunk.get_submodule(name).state_dict():
            if block.options.kind == "conv":
                yield f"{name}.{tensor}", f"{theirs}.filter.{tensor}"
            else:
                kernel = full[block.choice("kernel")]
                source = tensor.replace("filter.", f"filters.{kernel}.")
                yield f"{name}.{tensor}", f"{theirs}.{source}"
