import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stereopsis.nets.parallel import build_supernet
from stereopsis.search.multitask import TaskName, build_tasks, targets
from stereopsis.search.proxy import CLASSES
from stereopsis.studies.proxy_scores import (
    average_precision,
    mean_correlation,
    mean_iou,
    score_answers,
    score_constant,
    score_network,
)
from tests.search.proxies import SPACE, make_proxy

PROXY = make_proxy()
NAMES: list[TaskName] = ["depth", "semantic", "labels"]
TASKS = dict(zip(NAMES, build_tasks(NAMES, PROXY, SPACE, 0.5), strict=True))
truths = arrays(np.bool_, 12).filter(lambda truth: truth.any())


@given(truths)
def test_the_right_order_is_precise_and_no_order_is_chance(truth: np.ndarray) -> None:
    assert average_precision(truth.astype(float), truth) == 1
    assert average_precision(np.zeros(12), truth) == pytest.approx(truth.mean())
    worst = average_precision(-truth.astype(float), truth)
    assert worst <= truth.mean() + 1e-9


def test_precision_of_a_worked_example() -> None:
    truth = np.array([True, False, True, False])
    assert average_precision(np.array([4.0, 3, 2, 1]), truth) == pytest.approx((1 + 2 / 3) / 2)


@given(st.integers(0, 99))
def test_iou_is_one_only_for_the_truth(seed: int) -> None:
    truth = np.random.default_rng(seed).integers(0, 5, (2, 4, 4))
    assert mean_iou(truth, truth) == 1
    assert mean_iou((truth + 1) % CLASSES, truth) == 0
    wrong = truth.copy()
    wrong[0, 0, 0] = CLASSES - 1
    assert mean_iou(wrong, truth) < 1


def test_iou_of_a_worked_example() -> None:
    truth = np.array([[[0, 0, 1, 1]]])
    assert mean_iou(np.array([[[0, 1, 1, 1]]]), truth) == pytest.approx((1 / 2 + 2 / 3) / 2)


@given(st.floats(0.1, 5), st.floats(-5, 5))
def test_correlation_knows_no_scale_and_flat_maps_have_none(scale: float, shift: float) -> None:
    maps = np.random.default_rng(0).random((3, 4, 4))
    assert mean_correlation(scale * maps + shift, maps) == pytest.approx(1)
    assert mean_correlation(np.full_like(maps, shift), maps) == 0


def test_the_truth_scores_all_and_not_looking_less() -> None:
    known = targets(PROXY)
    classes = torch.nn.functional.one_hot(known["semantic"], CLASSES).movedim(-1, 1)
    answers = {
        "depth": known["depth"][:, None],
        "semantic": 9.0 * classes,
        "labels": known["labels"],
    }
    for name, task in TASKS.items():
        assert score_answers(answers[name], task, PROXY).merit == pytest.approx(100)
        blind = score_constant(task, PROXY, PROXY)
        assert blind.merit < 90
        assert blind.loss > 0.3


def test_a_network_is_scored_on_every_frame() -> None:
    heads = {name: task.head for name, task in TASKS.items()}
    network = build_supernet(SPACE, heads)
    for task in TASKS.values():
        whole = score_network(network, task, PROXY)
        with torch.no_grad():
            told = network.eval()(torch.from_numpy(PROXY.image))[task.name]
        assert whole == score_answers(told, task, PROXY)
