from dataclasses import replace

import pytest
import torch

from stereopsis.search.cost import Tally, count_trunk
from stereopsis.search.expected_cost import expected_tally
from stereopsis.search.space import Candidate
from tests.search.spaces import SPACE, draws, mix_of

SIZES = {33: (33, 40), 64: (64, 99), 95: (95, 96)}
WITH_RESOLUTIONS = replace(SPACE, resolutions=tuple(SIZES))


@pytest.mark.parametrize("candidate", draws(WITH_RESOLUTIONS, 20))
def test_one_hot_it_is_the_exact_count(candidate: Candidate) -> None:
    space = WITH_RESOLUTIONS
    mix = mix_of(space, candidate)
    architecture = space.derive(space.space().describe(candidate))
    assert architecture.resolution is not None
    expected = expected_tally(space, mix, list(SIZES.values()))
    assert Tally(*expected.tolist()) == count_trunk(architecture, SIZES[architecture.resolution])


def test_every_choice_of_size_changes_it_smoothly() -> None:
    mix = {
        choice.name: torch.full((len(choice.options),), 1 / len(choice.options), requires_grad=True)
        for choice in SPACE.space().choices
    }
    expected_tally(SPACE, mix, [(32, 48)]).sum().backward()
    for name, weights in mix.items():
        if not name.endswith("activation"):
            assert weights.grad is not None and weights.grad.abs().sum() > 0, name


def test_lies_between_the_smallest_and_the_largest() -> None:
    alike = {
        choice.name: torch.ones(len(choice.options)) / len(choice.options)
        for choice in SPACE.space().choices
    }
    params = float(expected_tally(SPACE, alike, [(32, 48)])[0])
    smallest, largest = (count_trunk(a, (32, 48)) for a in (SPACE.smallest(), SPACE.largest()))
    assert smallest.params < params < largest.params
