import re
from functools import partial
from pathlib import Path

import pytest

from stereopsis.search import fbnetv2
from stereopsis.search.budget import parse_budget
from stereopsis.search.fbnetv2 import MaskingConfig, search_masked
from stereopsis.search.open_task import open_task
from stereopsis.search.task_cost import TaskCost
from stereopsis.search.trunk_space import parse_space
from stereopsis.train.loop import LoopConfig

PAGE = (Path(__file__).parents[2] / "docs" / "search.md").read_text(encoding="utf-8")
DATA = """
from tests.search.tasks import colored
train, held_out = ([(x, int(y)) for x, y in zip(part.images, part.labels)]
                   for part in (colored(80, 1), colored(20, 2)))
"""


def test_the_task_on_the_page_can_be_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, again = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "my_data.py").write_text(DATA)
    (tmp_path / "my_task.py").write_text(code)
    task = open_task(f"{tmp_path / 'my_task.py'}:task", [])
    loop = LoopConfig(steps=6, warmup=2, record_every=6, save_every=6)
    budget = parse_budget("60k-macs")
    found = search_masked(task, budget, TaskCost(task), tmp_path / "run", MaskingConfig(loop))
    assert found.cost.flops <= budget.limit
    assert 0 <= task.score(found.network) <= 1
    known = {
        "task": task,
        "network": found.network,
        "architecture": found.architecture,
        "folder": tmp_path / "again",
    }
    monkeypatch.setattr(
        fbnetv2, "search_masked", partial(search_masked, config=MaskingConfig(loop))
    )
    exec(again, known)
    assert known["found"].cost.flops <= budget.limit


def test_the_space_on_the_page_is_one() -> None:
    lines = [line.strip() for line in PAGE.splitlines() if line.startswith("    conv_k3_s2_c16:32")]
    lines += [line.strip() for line in PAGE.splitlines() if line.startswith("    ir_")]
    assert len(parse_space("\n".join(lines)).stages) == 2
