"""Losses for depth of unknown scale and shift.

Maps are (n, h, w); `valid` says which pixels of the target are known. Each loss gives one number
per frame (n,), so that frames of different trust can be weighed apart.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

Maps = Float[Tensor, "n h w"]
Masks = Bool[Tensor, "n h w"]
PerFrame = Float[Tensor, " n"]

NEAREST, FARTHEST = 8.0, -4.0  # bounds of a normalised target: a finger on the lens is an outlier


def normalise(inverse_depth: Maps, valid: Masks) -> Maps:
    """The maps with median 0 and mean absolute deviation 1 over their valid pixels.

    Source: Ranftl et al., MiDaS (2020), equation 5.
    """
    known = torch.where(valid, inverse_depth, torch.nan).flatten(1)
    shift = known.nanmedian(dim=1, keepdim=True).values.nan_to_num()[..., None]
    deviation = mean_over((inverse_depth - shift).abs(), valid)
    return (inverse_depth - shift) / deviation.clamp(min=1e-4)[:, None, None]


def normalise_target(inverse_depth: Maps, valid: Masks) -> Maps:
    """normalise(), bounded to [FARTHEST, NEAREST]."""
    return normalise(inverse_depth, valid).clamp(FARTHEST, NEAREST)


def trimmed_l1(prediction: Maps, target: Maps, valid: Masks, kept: PerFrame) -> PerFrame:
    """Mean absolute difference in which only the `kept` share of smallest ones is followed.

    Larger differences count as much as the largest kept one but have no gradient: where a teacher
    is far off, it is likely wrong. Both maps are normalised.

    Source: Ranftl et al., MiDaS (2020), equation 7, where they are dropped.
    """
    difference = (prediction - target).abs()
    known = torch.where(valid, difference.detach(), torch.inf).flatten(1)
    rank = (kept * valid.flatten(1).sum(1)).long() - 1
    largest = known.sort(dim=1).values.gather(1, rank.clamp(min=0)[:, None])
    return mean_over(torch.minimum(difference, largest[..., None]), valid)


def gradient_difference(prediction: Maps, target: Maps, valid: Masks, scales: int = 4) -> PerFrame:
    """Mean absolute slope of the difference between the maps, summed over scales.

    It asks for edges where the target has them and for smoothness elsewhere. Both maps are
    normalised.

    Source: Li and Snavely, MegaDepth (2018), equation 4, with the scales of Ranftl et al., MiDaS
    (2020), equation 11.
    """
    difference = prediction - target
    total = torch.zeros(len(prediction), device=prediction.device)
    for scale in range(scales):
        step = 2**scale
        coarse, known = difference[:, ::step, ::step], valid[:, ::step, ::step]
        across, down = coarse.diff(dim=2).abs(), coarse.diff(dim=1).abs()
        total = total + mean_over(across, known[:, :, 1:] & known[:, :, :-1])
        total = total + mean_over(down, known[:, 1:] & known[:, :-1])
    return total


def ordinal(
    prediction: Maps, target: Maps, valid: Masks, generator: torch.Generator, pairs: int = 1500
) -> PerFrame:
    """How badly random pairs of pixels are ordered; half of the pairs share a row.

    Pairs whose normalised targets differ by less than 0.15 count as equal and are left out. On a
    row, the rule that lower means nearer is of no help. Both maps are normalised.

    Source: Chen et al., Single-Image Depth Perception in the Wild (2016), equation 2, as a
    logistic loss.
    """
    height, width = target.shape[1:]
    rows, other_rows = torch.randint(height, (2, pairs), generator=generator)
    columns, other_columns = torch.randint(width, (2, pairs), generator=generator)
    other_rows[: pairs // 2] = rows[: pairs // 2]
    target_gap = target[:, rows, columns] - target[:, other_rows, other_columns]
    gap = prediction[:, rows, columns] - prediction[:, other_rows, other_columns]
    known = valid[:, rows, columns] & valid[:, other_rows, other_columns]
    differs = known & (target_gap.abs() > 0.15)
    return mean_over(functional.softplus(-3 * target_gap.sign() * gap), differs)


def surprise(error: Maps, prediction: Maps, target: Maps, valid: Masks) -> PerFrame:
    """How badly the actual error was expected: negative log-likelihood of a Laplace distribution.

    It is least where `error` is the mean absolute difference. The prediction learns nothing from
    it, lest the network save itself trouble by expecting errors. Both maps are normalised.

    Source: Kendall and Gal, What Uncertainties Do We Need in Bayesian Deep Learning (2017),
    section 3, with an absolute instead of a squared difference.
    """
    actual = (prediction - target).abs().detach()
    return mean_over(actual / error + error.log(), valid)


def mean_over(values: Tensor, mask: Tensor) -> PerFrame:
    """Mean (n,) of the values (n, ...) where the mask holds; 0 where it never does."""
    masked = torch.where(mask, values, 0.0).flatten(1).sum(1)
    return masked / mask.flatten(1).sum(1).clamp(min=1)
