from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from stereopsis.search.multitask import build_tasks
from stereopsis.search.proxy import ProxySet
from stereopsis.studies import train_topology as module
from stereopsis.studies.train_topology import TopologyTraining, train_topology
from tests.search.proxies import SPACE, make_proxy

PROXY = make_proxy()
OTHER = replace(PROXY, image=255 - PROXY.image)
RECIPE = TopologyTraining(steps=2, batch=2)


def weights(proxy: ProxySet, recipe: TopologyTraining, folder: Path) -> Tensor:
    """All weights of the space's largest network after its training."""
    (task,) = build_tasks(["depth"], PROXY, SPACE, 1.0)
    trained = train_topology(SPACE, frozenset(SPACE.choices()), task, proxy, recipe, folder)
    return torch.cat([value.flatten().double() for value in trained.state_dict().values()])


def test_a_training_of_something_else_in_the_same_folder_is_not_taken_for_it(
    tmp_path: Path,
) -> None:
    cases = [(PROXY, RECIPE), (OTHER, RECIPE), (PROXY, replace(RECIPE, steps=1))]
    shared = [weights(proxy, recipe, tmp_path / "one") for proxy, recipe in cases]
    for number, (proxy, recipe) in enumerate(cases):
        alone = weights(proxy, recipe, tmp_path / str(number))
        assert torch.equal(shared[number], alone)
    assert not torch.equal(shared[0], shared[1]) and not torch.equal(shared[0], shared[2])


def test_the_same_training_is_not_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = weights(PROXY, RECIPE, tmp_path)
    monkeypatch.setattr(module, "draw_frames", lambda *_: pytest.fail("it was trained again"))
    assert torch.equal(weights(PROXY, RECIPE, tmp_path), first)
