import torch

from stereopsis.studies.masking import (
    count_options,
    kept_megabytes,
    step_of_branches,
    step_of_masks,
)


def test_a_step_keeps_as_much_for_many_options_as_for_few_with_masks_alone() -> None:
    torch.set_num_threads(1)
    masks = [kept_megabytes(step_of_masks(options)) for options in (4, 32)]
    branches = [kept_megabytes(step_of_branches(options)) for options in (4, 32)]
    assert masks[1] < 1.01 * masks[0]
    assert branches[1] > 6 * branches[0]


def test_options_reach_from_few_channels_to_the_most() -> None:
    assert count_options(2) == (64, 128)
    assert len(set(count_options(64))) == 64 and max(count_options(64)) == 128
