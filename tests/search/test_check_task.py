import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from stereopsis.errors import DataError, StereopsisError
from stereopsis.nets.trunk import Trunk
from stereopsis.search.check_task import check_task
from stereopsis.search.guarded_task import GuardedTask
from stereopsis.search.pictures_task import Classifier
from stereopsis.search.task import Split
from tests.cli.running import refusal
from tests.search.tasks import tiny_task


class Loose(nn.Module):
    """A classifier that holds its trunk and does not ask it."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk, self.mean = trunk, nn.Linear(3, 4)

    def forward(self, image: Tensor) -> Tensor:
        scores: Tensor = self.mean(image.float().mean((1, 2)))
        return scores


class Twice(nn.Module):
    """A classifier and, once more, its trunk."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.classifier, self.again = Classifier(trunk, 4, 8), trunk

    def forward(self, image: Tensor) -> Any:
        return self.classifier(image)


class Partly(Twice):
    """A classifier and, once more, a part of its trunk."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__(trunk)
        self.again: Any = trunk.stages[0]


class Noisy(Classifier):
    def forward(self, image: Tensor) -> Any:
        return super().forward(image) + torch.rand(())


class Named(Classifier):
    def forward(self, image: Tensor) -> Any:
        return {"scores": super().forward(image)}


def broken(**methods: Any) -> Any:
    """The tiny task with some methods replaced."""
    task = tiny_task()
    for name, method in methods.items():
        setattr(task, name, method)
    return task


def fail(*_: object) -> Any:
    raise ZeroDivisionError("first line.\nsecond line")


def leave(*_: object) -> Any:
    raise SystemExit(3)


def detached(network: nn.Module, split: Split, step: int) -> Tensor:
    return tiny_task().loss(network, split, step).detach()


def spent(network: nn.Module, split: Split, step: int) -> Tensor:
    """A loss whose gradients are taken already."""
    loss = tiny_task().loss(network, split, step)
    loss.backward()
    return loss


def in_place(network: nn.Module, split: Split, step: int) -> Tensor:
    """A loss whose gradients need what it has overwritten."""
    likely = network(tiny_task().example()[0]).sigmoid()
    likely += 1
    return likely.mean()


def complex_loss(network: nn.Module, split: Split, step: int) -> Tensor:
    return tiny_task().loss(network, split, step) * torch.tensor(1j)


def only_both(network: nn.Module, split: Split, step: int) -> Tensor:
    """A loss that does not work on one split."""
    return (in_place if split == "both" else tiny_task().loss)(network, split, step)


def no_example() -> Any:
    return tiny_task().example()[0]


def test_a_task_that_works_passes() -> None:
    check_task(tiny_task())


@pytest.mark.parametrize(
    ("methods", "problem"),
    [
        ({"build": fail}, r"^build\(\) of .* raised ZeroDivisionError: first line\. Look at line"),
        ({"build": lambda trunk: None}, r"returned nothing, not a network"),
        ({"build": lambda trunk: nn.Linear(1, 1)}, "does not hold the trunk"),
        ({"build": Loose}, "never calls its trunk"),
        ({"build": Twice}, "holds its trunk, or a part of it, under two names"),
        ({"build": Partly}, "holds its trunk, or a part of it, under two names"),
        ({"build": lambda trunk: Named(trunk, 4, 8)}, "answers a dict"),
        ({"build": lambda trunk: Noisy(trunk, 4, 8)}, "otherwise each time"),
        ({"example": fail}, r"^example\(\) of .* raised ZeroDivisionError"),
        ({"example": no_example}, "returned a Tensor, not a tuple"),
        (
            {"example": lambda: (np.zeros(1),)},
            "returned a tuple of ndarray, not a tuple of tensors",
        ),
        ({"example": lambda: ()}, "returned a tuple of nothing, not a tuple of tensors"),
        ({"example": lambda: (torch.zeros(1, 3),)}, "The network of the task pictures raised"),
        ({"loss": fail}, r"^loss\(\) of the task pictures, split weights, step 0, raised Zero"),
        ({"loss": leave}, r"raised SystemExit: 3"),
        ({"loss": detached}, "has no gradient"),
        (
            {"loss": spent},
            r"^backward\(\) of the loss .* split weights, step 0, raised RuntimeError",
        ),
        ({"loss": in_place}, r"^backward\(\) of the loss .* raised RuntimeError"),
        ({"loss": complex_loss}, r"^backward\(\) of the loss .* raised RuntimeError"),
        (
            {"loss": only_both},
            r"^backward\(\) of the loss of the task pictures, split both, step 0,",
        ),
        ({"loss": lambda *_: 3.0}, "no tensor of one number"),
        ({"score": fail}, r"^score\(\) of .* raised ZeroDivisionError"),
        ({"score": lambda _: "good"}, "is a str, not a number"),
        ({"score": lambda _: torch.ones(2)}, "is a Tensor, not a number"),
    ],
)
def test_says_what_does_not_work(methods: dict[str, Any], problem: str) -> None:
    with pytest.raises(StereopsisError, match=problem) as raised:
        check_task(broken(**methods))
    assert "\n" not in str(raised.value)


def test_points_at_the_line_of_a_file_of_the_tasks_own() -> None:
    """json.loads() raises in Python's own files, a network on a wrong picture in installed ones."""

    def parse(*_: object) -> Any:
        return json.loads("{")

    wrong = torch.zeros(1, 3)
    for method in (parse, lambda network: network(wrong)):
        line = method.__code__.co_firstlineno + (method is parse)
        with pytest.raises(
            DataError, match=f"Look at line {line} of {Path(__file__).name}"
        ) as told:
            GuardedTask(broken(score=method)).score(Classifier(trunk_of(tiny_task()), 4, 8))
        assert "raised" in told.value.problem


def test_points_at_no_file_where_none_is_the_tasks_own() -> None:
    with pytest.raises(DataError, match=r"TypeError: .* Mend the task\.$"):
        GuardedTask(broken(score=lambda: 1.0)).score(nn.Identity())


def test_leaves_no_gradients() -> None:
    networks: list[nn.Module] = []

    def note(network: nn.Module) -> float:
        networks.append(network)
        return 0.0

    check_task(broken(score=note))
    assert all(weight.grad is None for weight in networks[0].parameters())


def test_errors_that_speak_for_themselves_pass_through() -> None:
    def refuse(*_: object) -> Any:
        raise DataError("No picture.", "Add one.")

    with pytest.raises(DataError, match=r"^No picture\. Add one\.$"):
        GuardedTask(broken(score=refuse)).score(nn.Identity())


def test_where_no_gradients_are_recorded_none_are_asked_for() -> None:
    task = tiny_task()
    guarded = GuardedTask(broken(loss=detached))
    with torch.no_grad():
        assert guarded.loss(task.build(trunk_of(task)), "both", 0) > 0


def trunk_of(task: Any) -> Trunk:
    from stereopsis.nets.trunk import build_trunk

    return build_trunk(task.space.smallest())


def test_the_command_says_so_before_it_searches(tmp_path: Path) -> None:
    path = tmp_path / "task.py"
    path.write_text(
        "from tests.search.test_check_task import broken, fail\nmine = broken(score=fail)\n"
    )
    out = tmp_path / "out"
    said = refusal("search", "--task", f"{path}:mine", "--budget", "40k-macs", "-o", out)
    assert "score() of the task pictures raised ZeroDivisionError" in said
    assert [path.name for path in out.iterdir()] == ["search.lock"]  # and nothing was begun
