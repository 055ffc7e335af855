from pathlib import Path
from typing import Any

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
        ({"build": lambda trunk: Named(trunk, 4, 8)}, "answers a dict"),
        ({"example": fail}, r"^example\(\) of .* raised ZeroDivisionError"),
        ({"example": no_example}, "returned a Tensor, not a tuple"),
        ({"example": lambda: (torch.zeros(1, 3),)}, "The network of the task pictures raised"),
        ({"loss": fail}, r"^loss\(\) of the task pictures, split weights, step 0, raised Zero"),
        ({"loss": leave}, r"raised SystemExit: 3"),
        ({"loss": detached}, "has no gradient"),
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
    assert not list(out.iterdir())
