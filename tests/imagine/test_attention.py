import pytest
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from stereopsis.imagine.attention import MOST_PLACES, quick_attention


def attend(values: Tensor, encoded: Tensor, precision: str) -> tuple[Tensor, str]:
    """The gradient of some attention to its values, and what it went back through."""
    leaf = values.clone().requires_grad_()
    with quick_attention(encoded, precision):
        told = scaled_dot_product_attention(leaf, leaf, leaf)
        told.square().sum().backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None and told.grad_fn is not None
    return leaf.grad, told.grad_fn.name()


def test_gradients_are_those_of_fused_attention() -> None:
    values = torch.randn(2, 2, 64, 16, generator=torch.Generator().manual_seed(0))
    few = torch.empty(2, 3, 8, 8)
    quick, way = attend(values, few, "bf16")
    fused, other = attend(values, few, "fp32")
    assert way != other and "Flash" in other
    assert torch.allclose(quick, fused, atol=1e-4)


@pytest.mark.parametrize(
    ("encoded", "precision"),
    [
        (torch.empty(1, 4, 1, MOST_PLACES + 1), "bf16"),  # its attention would fill the memory
        (torch.empty(1, 4, 8, 8), "fp32"),  # where fused attention is as fast
        (torch.empty(1, 4, 8, 8, device="meta"), "bf16"),
    ],
)
def test_all_else_attends_as_usual(encoded: Tensor, precision: str) -> None:
    assert "Flash" in attend(torch.randn(1, 1, 8, 16), encoded, precision)[1]


def test_codes_have_places_too() -> None:
    few = torch.zeros(2, 8, 8, dtype=torch.int64)
    assert "Flash" not in attend(torch.randn(1, 1, 8, 16), few, "bf16")[1]
