import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stereopsis.errors import DataError, OptionError, OutputError
from stereopsis.nets.parallel import ParallelNet, build_supernet
from stereopsis.nets.topology import Part, parts_on
from stereopsis.search.alone import alone_in
from stereopsis.search.fbnetv5 import Found, overspending, run_masks, search_multitask
from stereopsis.search.multitask import ProxyTask, TaskName, as_batch, build_tasks, task_losses
from stereopsis.search.reinforce import Draws
from stereopsis.search.search_state import CHECKPOINT, SearchConfig
from stereopsis.search.topology import topology_cost
from tests.full_disk import no_file_longer_than
from tests.search.proxies import SPACE, make_proxy

PROXY = make_proxy()
NAMES: list[TaskName] = ["depth", "semantic", "labels"]
TASKS = build_tasks(NAMES, PROXY, SPACE, 0.7)
SHORT = SearchConfig(steps=6, batch=4, draws=3, patience=2, save_every=2)


def new_supernet(tasks: list[ProxyTask] = TASKS) -> ParallelNet:
    torch.manual_seed(0)
    return build_supernet(SPACE, {task.name: task.head for task in tasks})


def search(config: SearchConfig = SHORT, folder: Path | None = None) -> dict[str, Found]:
    return search_multitask(new_supernet(), TASKS, PROXY, config, folder)


def same(a: dict[str, Found], b: dict[str, Found]) -> bool:
    return all(
        a[k].on == b[k].on and np.array_equal(a[k].probabilities, b[k].probabilities) for k in a
    )


def test_no_topology_breaks_its_budget() -> None:
    for share in (0.6, 0.8, 1.0):
        tasks = build_tasks(NAMES, PROXY, SPACE, share)
        found = search_multitask(new_supernet(tasks), tasks, PROXY, SHORT)
        for task in tasks:
            cost = topology_cost(SPACE, task.head, PROXY.size).of(found[task.name].on)
            assert cost == found[task.name].cost
            assert cost.flops <= task.budget


def test_the_same_seed_finds_the_same() -> None:
    first, other = search(), search(replace(SHORT, seed=1))
    assert same(first, search())
    assert not same(first, other)
    assert np.ptp([found.probabilities for found in first.values()], 0).max() > 0


def test_a_search_that_was_stopped_ends_as_if_it_never_was(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(step: int, _: object) -> None:
        if step == 5:  # one step after a save
            raise StoppedError

    with pytest.raises(StoppedError):
        search_multitask(new_supernet(), TASKS, PROXY, SHORT, tmp_path, stop)
    steps: list[int] = []
    resumed = search_multitask(
        new_supernet(), TASKS, PROXY, SHORT, tmp_path, lambda step, _: steps.append(step)
    )
    assert steps == [5, 6]
    assert same(resumed, search())


def test_passes_do_not_depend_on_the_number_of_tasks() -> None:
    counts = []
    for number in (1, 2, 3):
        supernet, passes = new_supernet(TASKS[:number]), {"forward": 0, "backward": 0}

        def forward(*_: object, passes: dict[str, int] = passes) -> None:
            passes["forward"] += 1

        def backward(_: object, passes: dict[str, int] = passes) -> None:
            passes["backward"] += 1

        supernet.trunk.stem.register_forward_hook(forward)
        next(supernet.trunk.parameters()).register_hook(backward)
        search_multitask(supernet, TASKS[:number], PROXY, SHORT)
        counts.append(passes)
    trained, judged = SHORT.steps, SHORT.draws * (SHORT.steps - SHORT.patience)
    assert counts == 3 * [{"forward": trained + judged, "backward": trained}]


def test_finds_what_a_loss_asks_for() -> None:
    wanted = Part("block", 1, 0)

    def loss(answer: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        return answer.mean() * 0 + (0.0 if wanted in running else 1.0)

    running: set[Part] = set()
    supernet = new_supernet(TASKS[:1])
    supernet.trunk.register_forward_pre_hook(
        lambda _, inputs: (running.clear(), running.update(inputs[1]), None)[-1]
    )
    task = replace(TASKS[0], loss=loss, unit=1.0)
    config = replace(SHORT, steps=40, patience=0, topology_rate=0.3)
    found = search_multitask(supernet, [task], PROXY, config)["depth"]
    likely = dict(zip(SPACE.choices(), found.probabilities, strict=True))
    assert likely[wanted] > 0.9
    assert wanted in found.on


def test_masks_are_judged_one_by_one() -> None:
    supernet, batch = new_supernet().train(), as_batch(PROXY)
    masks = np.random.default_rng(0).random((3, len(SPACE.choices()))) < 0.5
    with torch.no_grad():
        rows = run_masks(supernet, TASKS, Draws(masks, np.ones((3, 3))), batch)
        on = parts_on(SPACE, masks[1]) | set(SPACE.starts())
        alone = task_losses(TASKS, supernet(batch.image, on), batch)
    torch.testing.assert_close(rows[1].float(), alone)


def test_overspending_is_a_share_of_the_budget() -> None:
    costs = {t.name: topology_cost(SPACE, t.head, PROXY.size) for t in TASKS}
    masks = np.array([[True] * len(SPACE.choices()), [False] * len(SPACE.choices())])
    spent = overspending(new_supernet(), TASKS, Draws(masks, np.ones((2, 3))), costs)
    np.testing.assert_allclose(spent[0], 1 / 0.7 - 1, rtol=0.01)
    assert not spent[1].any()


def test_refuses_an_impossible_budget_before_it_starts() -> None:
    tasks = build_tasks(NAMES, PROXY, SPACE, 0.01)
    with pytest.raises(OptionError, match="too small"):
        search_multitask(new_supernet(), tasks, PROXY, SHORT)


def test_refuses_a_task_without_a_head() -> None:
    with pytest.raises(OptionError, match="no head for the task semantic"):
        search_multitask(new_supernet(TASKS[:1]), TASKS, PROXY, SHORT)


def test_stops_at_a_loss_that_is_no_number() -> None:
    task = replace(TASKS[1], loss=lambda answer, _: answer.sum() * math.nan)
    with pytest.raises(DataError, match="loss of the task semantic is not a finite number"):
        search_multitask(new_supernet(), [TASKS[0], task], PROXY, SHORT)


def test_refuses_the_checkpoint_of_another_search(tmp_path: Path) -> None:
    search(SHORT, tmp_path)
    with pytest.raises(DataError, match="does not hold this search"):
        search(replace(SHORT, seed=1), tmp_path)
    (tmp_path / CHECKPOINT).write_bytes((tmp_path / CHECKPOINT).read_bytes()[:-50])
    with pytest.raises(DataError, match="does not hold this search"):
        search(SHORT, tmp_path)


def test_refuses_the_checkpoint_of_other_budgets_or_frames(tmp_path: Path) -> None:
    search(SHORT, tmp_path)
    poorer = build_tasks(NAMES, PROXY, SPACE, 0.6)
    with pytest.raises(DataError, match="does not hold this search"):
        search_multitask(new_supernet(), poorer, PROXY, SHORT, tmp_path)
    image = PROXY.image.copy()
    image[0, 0, 0, 0] ^= 1
    with pytest.raises(DataError, match="does not hold this search"):
        search_multitask(new_supernet(), TASKS, replace(PROXY, image=image), SHORT, tmp_path)
    assert same(search(SHORT, tmp_path), search())


def test_a_full_disk_is_told_and_leaves_no_part(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"search\.pt"), no_file_longer_than(2000):
        search(SHORT, tmp_path)
    assert not list(tmp_path.glob("*.p*t"))


def test_one_search_at_a_time_works_in_a_folder(tmp_path: Path) -> None:
    with alone_in(tmp_path), pytest.raises(OutputError, match="Another search is at work"):
        search(SHORT, tmp_path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [({"draws": 1}, "against the others"), ({"patience": 6}, "more steps than patience")],
)
def test_refuses_an_impossible_setting(change: dict[str, int], problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        replace(SHORT, **change)
