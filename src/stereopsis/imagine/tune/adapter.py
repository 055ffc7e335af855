"""LoRA: a small adapter that is trained in the place of all weights, and merged at the end."""

from typing import Any

import torch
from torch import Tensor, nn

from stereopsis.errors import MissingExtraError, OptionError

# The attention of diffusers' U-Nets and transformers, by the names of its layers.
TARGETS = ("to_q", "to_k", "to_v", "to_out.0")


def add_adapter(network: nn.Module, rank: int, seed: int) -> None:
    """Freezes the network, and gives its attention an adapter that does nothing yet.

    Raises:
        MissingExtraError: peft is not installed.
        OptionError: the network has no attention to adapt.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise MissingExtraError(
            "LoRA needs peft, which is not installed.", "Run pip install 'stereopsis[imagine]'."
        ) from error
    network.requires_grad_(False)
    settings = LoraConfig(r=rank, lora_alpha=rank, target_modules=list(TARGETS))
    with torch.random.fork_rng():
        torch.manual_seed(seed)  # the adapter's first weights
        try:
            inject_adapter_in_model(settings, network)
        except ValueError as error:
            raise OptionError(
                "This network has no attention that LoRA could adapt.", "Tune all weights."
            ) from error


def merge_adapter(network: nn.Module) -> None:
    """Adds the adapter to the weights, and takes it off."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    adapted = [each for each in network.named_modules() if isinstance(each[1], BaseTunerLayer)]
    for name, layer in adapted:
        wrapped: Any = layer
        wrapped.merge()
        parent, _, own = name.rpartition(".")
        setattr(network.get_submodule(parent), own, wrapped.get_base_layer())


def adapter_tensors(network: nn.Module) -> dict[str, Tensor]:
    """The adapter's weights alone."""
    return {name: value for name, value in network.state_dict().items() if ".lora_" in name}
