from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from stereopsis.errors import DataError
from stereopsis.search.pictures_task import PicturesTask, read_pictures
from tests.search.tasks import SMALL, TINY_SPACE, colored


class Sides(nn.Module):
    """Notes how much brighter the right half of each picture is, and scores all classes alike."""

    def __init__(self) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(4))
        self.seen: list[Tensor] = []

    def forward(self, image: Tensor) -> Tensor:
        left, right = image.float().chunk(2, 2)
        self.seen.append(right.mean((1, 2, 3)) - left.mean((1, 2, 3)))
        return self.scores.expand(len(image), -1)


@pytest.mark.parametrize("mirror", [True, False])
def test_pictures_are_mirrored_only_where_they_stay_of_their_class(mirror: bool) -> None:
    train = replace(colored(160, 1), mirror=mirror)
    train.images[:, :, :8], train.images[:, :, 8:] = 0, 255
    network = Sides()
    PicturesTask(train, colored(40, 2), TINY_SPACE, SMALL).loss(network, "both", 0)
    (brighter,) = network.seen
    assert bool((brighter < 0).any()) == mirror and bool((brighter > 0).any())


def test_a_file_says_whether_its_pictures_may_be_mirrored(tmp_path: Path) -> None:
    path = tmp_path / "pictures.npz"
    train, test = colored(20, 1), colored(8, 2)
    arrays = {
        "train_x": train.images.numpy(), "train_y": train.labels.numpy(),
        "test_x": test.images.numpy(), "test_y": test.labels.numpy(),
    }  # fmt: skip
    for more, mirror in (({}, True), ({"mirror": True}, True), ({"mirror": False}, False)):
        np.savez(path, **arrays, **more)
        assert read_pictures(path)[0].mirror is mirror
    np.savez(path, **arrays, mirror=np.zeros(3))
    with pytest.raises(DataError, match=r"mirror is float64 \(3,\), neither true nor false"):
        read_pictures(path)
