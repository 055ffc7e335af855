import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import DataError, OptionError
from stereopsis.search.multitask import (
    HEADS,
    TaskName,
    as_batch,
    build_tasks,
    ignorance,
    targets,
    task_losses,
)
from stereopsis.search.proxy import CLASSES, ProxySet
from tests.search.proxies import SPACE, make_proxy

PROXY = make_proxy()
NAMES: list[TaskName] = ["depth", "semantic", "labels"]
TASKS = build_tasks(NAMES, PROXY, SPACE, 0.5)
BATCH = as_batch(PROXY)


def answers(value: float = 0.0) -> dict[str, torch.Tensor]:
    count, (height, width) = len(PROXY), PROXY.size
    dense = torch.full((count, CLASSES, height // 4, width // 4), value)
    return {"depth": dense[:, :1], "semantic": dense, "labels": dense[:, :, 0, 0]}


def truth() -> dict[str, torch.Tensor]:
    known = targets(PROXY)
    classes = torch.nn.functional.one_hot(known["semantic"], CLASSES).movedim(-1, 1)
    return {
        "depth": known["depth"][:, None] * 3 + 5,
        "semantic": 50.0 * classes,
        "labels": 100 * (known["labels"] - 0.5),
    }


def test_the_truth_costs_nothing() -> None:
    best = task_losses(TASKS, truth(), BATCH)
    assert best.max() < 1e-5


def test_the_best_answer_without_looking_costs_one() -> None:
    shares = np.bincount(targets(PROXY)["semantic"].numpy().ravel(), minlength=CLASSES)
    blind = answers()
    blind["semantic"] = blind["semantic"] + torch.from_numpy(
        np.log(shares / shares.sum() + 1e-9)
    ).float().reshape(1, -1, 1, 1)
    prevalence = targets(PROXY)["labels"].mean(0).clamp(1e-6, 1 - 1e-6)
    blind["labels"] = blind["labels"] + torch.logit(prevalence)
    losses = task_losses(TASKS, blind, BATCH)
    torch.testing.assert_close(losses, torch.ones(3), atol=0.1, rtol=0)
    assert losses[0] == pytest.approx(1, abs=1e-4)
    assert losses[2] == pytest.approx(1, abs=1e-4)


@given(st.floats(0.1, 10), st.floats(-10, 10))
def test_depth_has_no_scale_and_no_shift(scale: float, shift: float) -> None:
    torch.manual_seed(0)
    some = torch.rand(len(PROXY), 1, PROXY.size[0] // 4, PROXY.size[1] // 4)
    told = [task_losses(TASKS[:1], {"depth": each}, BATCH) for each in (some, scale * some + shift)]
    torch.testing.assert_close(told[0], told[1], atol=2e-3, rtol=0)


def test_budgets_are_a_share_of_everything() -> None:
    half, whole = (build_tasks(["depth"], PROXY, SPACE, share)[0] for share in (0.5, 1.0))
    assert half.budget == whole.budget // 2
    assert half.head == HEADS["depth"]


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_that_is_no_number_is_named(name: TaskName) -> None:
    odd = {**answers(), name: answers(float("nan"))[name]}
    with pytest.raises(DataError, match=f"loss of the task {name} is not a finite"):
        task_losses(TASKS, odd, BATCH)


def test_refuses_no_tasks_and_repeated_ones() -> None:
    for names in ([], ["depth", "depth"]):
        with pytest.raises(OptionError, match="needs tasks, each once"):
            build_tasks(names, PROXY, SPACE, 0.5)


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5, float("nan")])
def test_refuses_budgets_that_are_no_share(share: float) -> None:
    with pytest.raises(OptionError, match="cannot be a share"):
        build_tasks(["depth"], PROXY, SPACE, share)


def test_refuses_frames_that_are_all_alike() -> None:
    flat = np.zeros((6, 16, 24), np.uint8)
    alike = ProxySet(np.zeros((6, 16, 24, 3), np.uint8), flat.astype(np.float16), flat)
    assert ignorance("depth", alike) == 0
    with pytest.raises(DataError, match="already solves"):
        build_tasks(["depth"], alike, SPACE, 0.5)
    with pytest.raises(DataError, match="already solves semantic"):
        build_tasks(["semantic"], alike, SPACE, 0.5)
