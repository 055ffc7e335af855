from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from stereopsis.nets.inpaint import InpaintConfig, InpaintNet
from stereopsis.runtime.manifest import Manifest, Port
from stereopsis.runtime.network import open_network
from stereopsis.train.export import export_network

Inputs = tuple[Tensor, Tensor, Tensor, Tensor]


@pytest.fixture(scope="module")
def network() -> InpaintNet:
    """A network that changes much: its head, 0 at first, is not."""
    torch.manual_seed(0)
    network = InpaintNet().eval()
    nn.init.normal_(network.head.weight, std=0.3)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.bias, std=0.3)
    return network


def inputs(count: int = 2, side: int = 64, seed: int = 1) -> Inputs:
    """Noise on the left, a hole in its middle, and nothing on the right."""
    generator = torch.Generator().manual_seed(seed)
    color = torch.rand(count, side, side, 3, generator=generator) * 255
    parallax = torch.randn(count, side, side, generator=generator)
    hole = torch.zeros(count, side, side, dtype=torch.uint8)
    hole[:, 20:40, 10:40] = 1
    known = torch.zeros_like(hole)
    known[:, :, :44] = 1
    return color, parallax, hole, known & (1 - hole)


@torch.inference_mode()
def test_only_holes_change(network: InpaintNet) -> None:
    color, parallax, hole, known = inputs()
    painted, height = network(color, parallax, hole, known)
    kept = hole == 0
    assert torch.equal(painted[kept], color[kept]) and torch.equal(height[kept], parallax[kept])
    assert (painted[~kept] - color[~kept]).abs().mean() > 1
    assert painted.min() >= 0 and painted.max() <= 255


@torch.inference_mode()
def test_what_is_not_shown_does_not_leak_into_holes(network: InpaintNet) -> None:
    color, parallax, hole, known = inputs()
    red, near = color.clone(), parallax.clone()
    red[:, :, 44:] = torch.tensor((255.0, 0, 0))
    near[:, :, 44:] = 50
    holes = hole > 0
    for a, b in zip(
        network(color, parallax, hole, known), network(red, near, hole, known), strict=True
    ):
        assert torch.equal(a[holes], b[holes])
    red[:, :, 43] = 255  # but what is known counts
    assert not torch.equal(network(red, near, hole, known)[0][holes], color[holes])


@torch.inference_mode()
def test_patches_do_not_see_each_other(network: InpaintNet) -> None:
    color, parallax, hole, known = inputs(3)
    together = network(color, parallax, hole, known)[0]
    alone = network(color[1:2], parallax[1:2], hole[1:2], known[1:2])[0]
    torch.testing.assert_close(together[1:2], alone, rtol=1e-4, atol=1e-2)


@torch.inference_mode()
def test_before_training_it_leaves_the_guess() -> None:
    color, parallax, hole, known = inputs()
    painted, height = InpaintNet().eval()(color, parallax, hole, known)
    assert torch.equal(painted, color) and torch.equal(height, parallax)


def test_it_is_small() -> None:
    count = sum(parameter.numel() for parameter in InpaintNet().parameters())
    assert count <= 3_000_000 and 2 * count <= 4_000_000  # bytes, in half precision


def test_its_file_answers_like_it_at_other_sizes(network: InpaintNet, tmp_path: Path) -> None:
    picture, map_ = ("n", "h", "w", 3), ("n", "h", "w")
    manifest = Manifest(
        name="inpaint",
        inputs=(
            Port("color", "float32", picture),
            Port("parallax", "float32", map_),
            Port("hole", "uint8", map_),
            Port("known", "uint8", map_),
        ),
        outputs=(Port("painted", "float32", picture), Port("height", "float32", map_)),
        licence="Apache-2.0",
        multiple=32,
    )
    examples = [
        tuple(each.numpy() for each in inputs(n, side)) for n, side in ((2, 64), (1, 96), (3, 64))
    ]
    path = export_network(network, manifest, tmp_path, examples)
    answer = open_network(path).run(*examples[1])
    again = open_network(path).run(*examples[1])
    assert answer[0].shape == (1, 96, 96, 3)
    assert all(np.array_equal(a, b) for a, b in zip(answer, again, strict=True))


def test_levels_are_as_configured() -> None:
    network = InpaintNet(InpaintConfig(widths=(8, 12, 16), blocks=1)).eval()
    with torch.inference_mode():
        assert network(*inputs(1, 32))[0].shape == (1, 32, 32, 3)
