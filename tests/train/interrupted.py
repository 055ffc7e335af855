"""A training run that the power fails in, and one that it does not."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from stereopsis.train.loop import CHECKPOINT, Progress

Run = Callable[[Path, Progress], nn.Module]


class PowerCut(Exception):
    pass


def check_two_parts_end_like_one(run: Run, folder: Path) -> tuple[Path, Path]:
    """The folders of a whole run and of one cut after its third step; both end alike.

    `run` trains in a folder and is saved every second step.
    """
    whole = run(folder / "whole", lambda step, figures: None).state_dict()

    def cut(step: int, figures: dict[str, float]) -> None:
        if step == 3:
            raise PowerCut

    with pytest.raises(PowerCut):
        run(folder / "cut", cut)
    assert torch.load(folder / "cut" / CHECKPOINT, weights_only=True)["step"] == 2
    resumed = run(folder / "cut", lambda step, figures: None).state_dict()
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    return folder / "whole", folder / "cut"
