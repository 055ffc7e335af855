"""Loss and gradients as they must be before a step is taken: finite numbers."""

import math

import torch
from torch import Tensor

from stereopsis.errors import DataError


def read_loss(loss: Tensor, gradient_norm: Tensor, step: int) -> float:
    """The loss as a number. Both are fetched at once, so that a GPU is waited for only once.

    Raises:
        DataError: the loss or the norm of its gradients is not finite. A step with them would
            ruin the weights, and the next save the run.
    """
    norm = gradient_norm.float().to(loss.device)
    both = torch.stack([loss.detach().float(), norm]).tolist()
    if not all(math.isfinite(each) for each in both):
        raise DataError(
            f"The loss of step {step} is {both[0]:g}, and its gradients have the norm {both[1]:g}.",
            "Run it again with a lower learning rate; what was saved before is kept.",
        )
    return float(both[0])
