"""On a real Ray, with two workers of this machine."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray

from stereopsis.imagine.curate.run import curate
from stereopsis.search.trials.ray_workers import RayWorkers
from tests.imagine.curate.haystack import kept
from tests.imagine.curate.test_run import BALANCED, haystack


@pytest.fixture
def cluster() -> Iterator[None]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.mark.usefixtures("cluster")
def test_makes_the_same_rows_in_the_same_order_as_one_process(tmp_path: Path) -> None:
    haystack(tmp_path / "in")
    curate([tmp_path / "in"], tmp_path / "alone", BALANCED)
    curate([tmp_path / "in"], tmp_path / "ray", BALANCED, RayWorkers(count=2))
    assert kept(tmp_path / "ray") == kept(tmp_path / "alone")
    names = [
        sorted(path.name for path in (tmp_path / run / "kept").iterdir())
        for run in ("alone", "ray")
    ]
    assert names[0] == names[1]
