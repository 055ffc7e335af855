import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.imagine.models.maskgit import draw_mask, fill_in

MASK, PLACES, CODES = 9, 16, 8


def test_masks_hide_something_and_often_much() -> None:
    hidden = draw_mask((500, 4, 4), torch.Generator().manual_seed(0)).flatten(1).sum(1)
    assert hidden.min() >= 1 and hidden.max() == 16
    # The mean of the cosine law is 2 / pi.
    assert abs(hidden.float().mean() / 16 - 2 / math.pi) < 0.06


@given(st.integers(1, 12), st.integers(0, 1000))
def test_decoding_fills_all_in_and_changes_nothing_known(rounds: int, seed: int) -> None:
    draws = [torch.Generator().manual_seed(seed + i) for i in range(2)]
    codes = torch.full((2, PLACES), MASK)
    for step in range(rounds):
        logits = torch.randn(2, PLACES, CODES, generator=draws[0])
        done = (step + 1) / rounds
        after = fill_in(logits, codes, MASK, done, draws)
        known = codes != MASK
        assert torch.equal(after[known], codes[known])
        assert ((after == MASK).sum(1) <= PLACES * math.cos(math.pi / 2 * done) + 1e-9).all()
        codes = after
    assert codes.max() < CODES


def test_a_picture_draws_alone_what_it_draws_with_others() -> None:
    logits = torch.randn(2, PLACES, CODES, generator=torch.Generator().manual_seed(0))
    codes = torch.full((2, PLACES), MASK)

    def draw(seeds: list[int], rows: slice) -> torch.Tensor:
        draws = [torch.Generator().manual_seed(seed) for seed in seeds]
        return fill_in(logits[rows], codes[rows], MASK, 0.5, draws)

    assert torch.equal(draw([3, 4], slice(None))[1:], draw([4], slice(1, 2)))
