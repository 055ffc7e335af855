import json
import platform
from dataclasses import asdict
from pathlib import Path

import pytest

from stereopsis.errors import OptionError
from stereopsis.search import kept_latency as module
from stereopsis.search.budget import Budget
from stereopsis.search.command import SearchSettings, say_doubtful, search
from stereopsis.search.kept_latency import kept_latency, latency_path
from stereopsis.search.latency import LatencyModel
from stereopsis.search.open_task import OpenedTask
from tests.search.tasks import task

OPENED = OpenedTask(task, "tests.search.tasks:task")
BUSY, IDLE = (LatencyModel((0.0, 0.0, 0.0, 0.0), ms, 0.5) for ms in (99.0, 1.0))


def keep(model: LatencyModel, folder: Path) -> Path:
    path = latency_path(OPENED, folder, 1)
    path.write_text(json.dumps(asdict(model)))
    return path


def test_a_machine_is_measured_anew_after_a_budget_was_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "fit_task_latency", lambda *_: IDLE)
    path = keep(BUSY, tmp_path)
    assert kept_latency(OPENED, tmp_path, 1) == BUSY
    settings = SearchSettings(steps=10, threads=1)
    with pytest.raises(OptionError, match=r"costs 99 ms.* search again"):
        search(OPENED, Budget(50.0, "ms"), tmp_path, settings, lambda step, figures: None)
    assert not path.exists()
    assert kept_latency(OPENED, tmp_path, 1) == IDLE


def test_a_refused_budget_of_another_unit_forgets_nothing(tmp_path: Path) -> None:
    path = keep(BUSY, tmp_path)
    settings = SearchSettings(steps=10, threads=1)
    with pytest.raises(OptionError, match="the budget is 1,000"):
        search(OPENED, Budget(1000, "macs"), tmp_path, settings, lambda step, figures: None)
    assert path.exists()


def test_another_machine_has_a_model_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = latency_path(OPENED, tmp_path, 1)
    assert latency_path(OPENED, tmp_path, 1) == here != latency_path(OPENED, tmp_path, 2)
    monkeypatch.setattr(platform, "processor", lambda: "another one")
    assert latency_path(OPENED, tmp_path, 1) != here


def test_a_model_that_is_far_off_is_told() -> None:
    assert "off by 45%" in str(say_doubtful({"latency_error": 0.45}))
    assert say_doubtful({"latency_error": 0.2}) is say_doubtful({"latency_error": None}) is None
