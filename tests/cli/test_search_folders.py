import json
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from stereopsis.errors import OptionError, OutputError
from stereopsis.runtime.network import open_network
from stereopsis.search import command
from stereopsis.search.alone import alone_in
from stereopsis.search.recipe import Recipe
from tests.cli.running import records, refusal, run
from tests.cli.searching import JOINT, SHORT, TASK
from tests.search.tasks import TINY_SPACE


def test_other_seeds_and_lengths_have_runs_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("conv_k3_s2_c8_hs\nir_k3_s2_e2_c16\n")
    common = ("search", "--task", TASK, "--architecture", path, "--json", "--threads", "1")

    def network(folder: Path, *options: str) -> bytes:
        result = run(*common, "-o", folder, *options)
        assert result.exit_code == 0, result.output
        return (folder / "pictures.onnx").read_bytes()

    first = network(tmp_path / "one", "--retrain-steps", "4")
    other = network(tmp_path / "one", "--retrain-steps", "4", "--seed", "7")
    longer = network(tmp_path / "one", "--retrain-steps", "6")
    assert len({first, other, longer}) == 3
    assert network(tmp_path / "two", "--retrain-steps", "6") == longer


def test_two_searches_at_once_need_two_folders(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("conv_k3_s2_c8_hs\nir_k3_s2_e2_c16\n")
    with alone_in(tmp_path / "found"):
        for mode in (("--budget", "40k-macs"), ("--budget", "40k-macs", "--joint"),
                     ("--architecture", path)):  # fmt: skip
            said = refusal("search", "--task", TASK, *mode, "-o", tmp_path / "found", *SHORT)
            assert f"Another search is at work in {tmp_path / 'found'}." in said
        common = ("search", "--task", TASK, "--architecture", path, *SHORT)
        assert run(*common, "-o", tmp_path / "other").exit_code == 0
    assert run(*common, "-o", tmp_path / "found").exit_code == 0


def test_a_folder_is_locked_before_the_task_is_tried_and_until_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stereopsis.search import check_task

    taken: list[str] = []

    def note(opened: object, *_: object) -> None:
        with pytest.raises(OutputError, match="Another search is at work"), alone_in(tmp_path):
            pass
        taken.append(str(opened))

    def train(*given: object) -> dict[str, object]:
        note("finish")
        raise OptionError("It was tried.", "Go on.")

    monkeypatch.setattr(check_task, "check_task", note)
    monkeypatch.setattr(command, "finish", train)
    common = ("search", "--task", TASK, "--budget", "40k-macs", "-o", tmp_path, *SHORT)
    assert "It was tried." in run(*common).stderr
    assert len(taken) == 2
    with alone_in(tmp_path):
        assert "Another search is at work" in refusal(*common)
    assert len(taken) == 2


def test_every_network_that_was_found_is_kept_with_what_belongs_to_it(tmp_path: Path) -> None:
    results = {"architecture.txt", "recipe.json", "report.json", "pictures.onnx", "pictures.json"}
    found: dict[str, dict[str, bytes]] = {}
    for budget in ("60k-macs", "30k-macs"):
        common = ("search", "--task", TASK, "--budget", budget, "-o", tmp_path, "--json", *SHORT)
        (report,) = records(run(*common))
        found[str(report["run"])] = {name: (tmp_path / name).read_bytes() for name in results}
    assert len(found) == 2
    for name, files in found.items():
        assert {each: (tmp_path / name / each).read_bytes() for each in results} == files
        open_network(tmp_path / name / "pictures.onnx")


def test_budgets_of_time_have_a_model_and_a_search_for_each_number_of_threads(
    tmp_path: Path,
) -> None:
    common = ("search", "--task", TASK, "--budget", "50ms", "-o", tmp_path, *SHORT[:4])
    kept: list[dict[str, bytes]] = []
    for threads in ("1", "2", "1"):
        assert run(*common, "--threads", threads).exit_code == 0
        kept.append({path.name: path.read_bytes() for path in tmp_path.glob("latency-*-*.json")})
    (one,) = kept[0]
    assert kept[1] == kept[2] and kept[2][one] == kept[0][one] and len(kept[1]) == 2
    assert len(list(tmp_path.glob("search-*"))) == 2
    for folder in tmp_path.glob("search-*"):
        (folder / "found.pt").unlink()
    for damage in ("null", '{"per_unit": [1, 2]}', kept[0][one].decode().replace(": ", ": -")):
        (tmp_path / one).write_text(damage)
        assert "holds no latency model" in refusal(*common, "--threads", "1")


@pytest.mark.parametrize("mode", [(), JOINT])
def test_what_was_found_is_not_timed_anew(
    mode: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = ("search", "--task", TASK, "--budget", "50ms", "-o", tmp_path, *mode, *SHORT)
    together = SimpleNamespace(architecture=TINY_SPACE.smallest(), recipe=Recipe(warmup=0.1))

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "search_jointly", lambda *_: together)
    with monkeypatch.context() as patch:
        patch.setattr(command, "retrain", stop)
        assert run(*common).exit_code == 130
    for name in ("kept_latency", "derive_in_time", "search_masked", "search_jointly"):
        monkeypatch.setattr(command, name, stop)
    result = run(*common, "--json")
    assert result.exit_code == 0, result.output
    (report,) = records(result)
    text = "\n".join(str(line) for line in report["architecture"])  # type: ignore[attr-defined]
    (found,) = tmp_path.glob("*/found.pt")
    assert torch.load(found, weights_only=True)["architecture"] == text
    assert report["recipe"] == asdict(together.recipe if mode else Recipe())
    assert report["steps"] == (None if mode else 10)
    found.write_bytes(found.read_bytes()[:99])
    assert "does not hold what was found. Remove it." in refusal(*common)


def test_whatever_a_report_tells_of_has_a_run_of_its_own(tmp_path: Path) -> None:
    common = ("search", "--task", TASK, "-o", tmp_path, "--json", *SHORT[:4])
    runs: list[str] = []
    for options in (
        ("--budget", "40k-macs", "--threads", "1"),
        ("--architecture", tmp_path / "architecture.txt", "--threads", "1"),
        ("--architecture", tmp_path / "architecture.txt", "--threads", "2"),
    ):
        result = run(*common, *options)
        assert result.exit_code == 0, result.output
        (report,) = records(result)
        runs.append(str(report["run"]))
        del report["retrain"]
        assert json.loads((tmp_path / runs[-1] / "report.json").read_text()) == report
    assert len(set(runs)) == 3
    assert json.loads((tmp_path / runs[0] / "report.json").read_text())["budget"] is not None


def test_another_budget_finds_in_a_used_folder_what_it_finds_in_a_new_one(tmp_path: Path) -> None:
    long = ("--steps", "30", *SHORT[2:])
    for budget, name in (("60k-macs", "used"), ("40k-macs", "used"), ("40k-macs", "new")):
        folder = tmp_path / name
        result = run("search", "--task", TASK, "--budget", budget, "-o", folder, "--json", *long)
        assert result.exit_code == 0, result.output
    assert int(str(records(result)[0]["macs"])) <= 40_000
    for name in ("architecture.txt", "pictures.onnx"):
        assert (tmp_path / "used" / name).read_bytes() == (tmp_path / "new" / name).read_bytes()
    assert len(list((tmp_path / "used").glob("search-*"))) == 2
