"""Feature distance: how differently a network trained on ImageNet sees two pictures."""

import torch
from torch import Tensor
from torch.nn import functional

from stereopsis.nets.trunk import EFFICIENTNET_LITE0, Trunk, build_trunk, load_imagenet
from stereopsis.nets.unet import IMAGENET_MEAN, IMAGENET_STD

LEVELS = 3  # whose features are compared: to an eighth of the resolution


def build_eye() -> Trunk:
    """The first levels of EfficientNet-lite0 as trained on ImageNet, never trained further."""
    trunk = build_trunk(EFFICIENTNET_LITE0)
    load_imagenet(trunk)
    last = trunk.taps[LEVELS - 1]
    trunk.stages = trunk.stages[: last + 1]
    return trunk.eval().requires_grad_(False)


def feature_distance(
    painted: Tensor, true: Tensor, eye: Trunk, where: Tensor | None = None
) -> Tensor:
    """The mean squared difference of the features of pictures (n, h, w, 3), 0..255: 0 to 2.

    Features have unit length at each place; places count by the share of them that lies `where`
    (n, h, w; 0 to 1), all alike if it is not given, and levels alike.

    Source: after Zhang et al., The Unreasonable Effectiveness of Deep Features (2018), without
    their learned weights.
    """
    levels = []
    for ours, theirs in zip(_look(eye, painted), _look(eye, true), strict=True):
        ours, theirs = (functional.normalize(each, dim=1) for each in (ours, theirs))
        off = (ours - theirs).square().sum(1)
        if where is None:
            levels.append(off.mean())
            continue
        share = functional.interpolate(where[:, None].float(), off.shape[1:], mode="area")[:, 0]
        levels.append((off * share).sum() / share.sum().clamp(min=1e-6))
    return torch.stack(levels).mean()


def _look(eye: Trunk, picture: Tensor) -> list[Tensor]:
    mean, std = (
        torch.tensor(each, device=picture.device) for each in (IMAGENET_MEAN, IMAGENET_STD)
    )
    features: list[Tensor] = eye(((picture - mean) / std).permute(0, 3, 1, 2))
    return features
