"""Settings survive JSON, and what makes no sense in them is told."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stereopsis.errors import OptionError
from stereopsis.imagine.curate.__main__ import main
from stereopsis.imagine.curate.aesthetic import AestheticFilter
from stereopsis.imagine.curate.balance import BalanceFilter
from stereopsis.imagine.curate.command import choose_workers, read_settings
from stereopsis.imagine.curate.config import FunnelConfig, parse_config
from stereopsis.search.trials.processes import LocalProcesses
from stereopsis.search.trials.ray_workers import RayWorkers
from stereopsis.search.trials.workers import InProcess
from tests.imagine.curate.haystack import quick, rows, write_parquet

FULL = quick(
    aesthetic=AestheticFilter("head.npz", 0.7),
    balance=BalanceFilter(5, "column", "aesthetic", (("mine", ("a", "b")),), 3),
)


@pytest.mark.parametrize("config", [FunnelConfig(), FULL])
def test_settings_survive_json(config: FunnelConfig) -> None:
    assert parse_config(config.to_json()) == config


def test_what_is_not_named_keeps_its_default_and_null_switches_off() -> None:
    config = parse_config('{"size": {"min_side": 99}, "ocr": null, "aspect": {"at_most": 3}}')
    assert config.size is not None and config.size.min_side == 99
    assert config.ocr is None and config.caption == FunnelConfig().caption
    assert config.switched_off() == [
        "popularity", "aesthetic", "pairing", "clip", "ocr", "balance",
    ]  # fmt: skip


def test_concepts_may_be_an_object() -> None:
    config = parse_config('{"balance": {"quota": 2, "words": {"mine": ["x"]}}}')
    assert config.balance is not None and config.balance.words == (("mine", ("x",)),)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[]", "is not an object"),
        ("{", "cannot be used"),
        ('{"sise": {}}', "has sise, which means nothing here"),
        ('{"size": {"min_side": "big"}}', "min_side is 'big', not a number"),
        ('{"size": {"min_side": true}}', "not a number"),
        ('{"size": {"min_side": 0}}', "min_side of the size is 0 px"),
        ('{"size": 5}', "size is not an object"),
        ('{"eye": "mine"}', "eye is not one of lite0, grid"),
        ('{"eye": null}', "eye is not one of"),
        ('{"popularity": {}}', "popularity lacks at_least"),
        ('{"balance": {"quota": 2, "words": 5}}', "words is no object of lists"),
        ('{"balance": {"quota": 2, "words": {"a": [5]}}}', "something else than texts"),
        ('{"balance": {"quota": 2, "prefer": "clip"}}', "prefers by clip, a filter that is off"),
        ('{"eye": "grid", "balance": {"quota": 2, "source": "picture"}}', "grid cannot tell"),
        ('{"columns": {"image": 4}}', "image is 4, not text"),
    ],
)
def test_settings_without_sense_are_told(text: str, what: str) -> None:
    with pytest.raises(OptionError, match=what):
        parse_config(text)


def test_a_file_of_settings_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="cannot be read"):
        read_settings(tmp_path / "absent.json")
    assert read_settings(None) == FunnelConfig()


def test_workers_by_their_flags() -> None:
    assert choose_workers(1, None) == InProcess()
    assert choose_workers(3, None) == LocalProcesses(3)
    assert choose_workers(1, "local") == RayWorkers()
    assert choose_workers(2, "head:6379") == RayWorkers("head:6379", count=2)


def test_the_command_writes_its_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shard = write_parquet(tmp_path / "a.parquet", rows(range(3)))
    (tmp_path / "settings.json").write_text(quick().to_json())
    main([shard], tmp_path / "out", tmp_path / "settings.json")
    told = json.loads(capsys.readouterr().out)
    assert told["in"] == told["out"] == 3
    assert (tmp_path / "out" / "report.html").exists()
    main(show_settings=True)
    assert parse_config(capsys.readouterr().out) == FunnelConfig()


def test_nothing_to_do_ends_with_two_and_a_sentence() -> None:
    command = [sys.executable, "-m", "stereopsis.imagine.curate"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2 and "There is nothing to do. Name shards" in ended.stderr
