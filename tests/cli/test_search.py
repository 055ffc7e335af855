import json
import shlex
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from stereopsis.errors import OptionError, OutputError
from stereopsis.nets.arch import parse_architecture
from stereopsis.runtime.network import open_network
from stereopsis.search import command
from stereopsis.search.alone import alone_in
from stereopsis.search.recipe import Recipe
from tests.cli.running import names, records, refusal, run
from tests.search.tasks import TINY_SPACE

TASK = "tests.search.tasks:task"
JOINT = ("--joint", "--trials", "8", "--trial-steps", "8")
SHORT = ("--steps", "10", "--retrain-steps", "4", "--threads", "1")


def test_finds_trains_and_exports_a_network_and_says_how_to_do_it_again(tmp_path: Path) -> None:
    folder = tmp_path / "found"
    result = run("search", "--task", TASK, "--budget", "40k-macs", "-o", folder, "--json", *SHORT)
    assert result.exit_code == 0, result.output
    (report,) = records(result)
    assert {"architecture.txt", "report.json", "pictures.onnx", "pictures.json"} <= names(folder)
    assert isinstance(report["macs"], int) and report["macs"] <= 40_000
    assert (report["budget"], report["kept"]) == ("40k-macs", True)
    lines = (folder / "architecture.txt").read_text()
    assert lines.split() == report["architecture"]
    open_network(folder / "pictures.onnx")

    again = shlex.split(str(report["retrain"]))
    assert again[:2] == ["stereopsis", "search"]
    again[again.index("--output") + 1] = str(tmp_path / "again")
    retrained = run(*again[1:], "--json")
    assert retrained.exit_code == 0, retrained.output
    assert records(retrained)[0]["macs"] == report["macs"]
    assert (tmp_path / "again" / "pictures.onnx").exists()


def test_trains_an_architecture_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("conv_k3_s2_c8_hs\nir_k3_s2_e2_c16\n")
    folder = tmp_path / "trained"
    result = run("search", "--task", TASK, "--architecture", path, "-o", folder, "--json", *SHORT)
    assert result.exit_code == 0, result.output
    assert (records(result)[0]["budget"], records(result)[0]["kept"]) == (None, None)
    assert "ms on 1 thread\n" in result.stderr
    text = "\n".join(str(line) for line in records(result)[0]["architecture"])  # type: ignore[attr-defined]
    assert parse_architecture(text) == parse_architecture(path.read_text())
    again = shlex.split(str(records(result)[0]["retrain"]))
    again[again.index("--output") + 1] = str(tmp_path / "again")
    assert run(*again[1:], "--json").exit_code == 0


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


def test_an_architecture_may_be_for_smaller_pictures_but_for_no_larger_ones(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mine.txt"
    common = ("search", "--task", TASK, "--architecture", path, "-o", tmp_path / "out", *SHORT)
    macs = []
    for side in (16, 8):
        path.write_text(f"res_{side}\nconv_k3_s2_c8_hs\nir_k3_s2_e2_c16\n")
        result = run(*common, "--json")
        assert result.exit_code == 0, result.output
        macs.append(int(str(records(result)[0]["macs"])))
    assert macs[1] < macs[0]
    path.write_text("res_24\nconv_k3_s2_c8_hs\nir_k3_s2_e2_c16\n")
    assert "16 x 16 px cannot be shown at res_24" in refusal(*common)


@pytest.mark.parametrize(("ms", "exit_code"), [(80.0, 1), (20.0, 0)])
def test_a_budget_that_is_missed_after_training_is_told(
    ms: float, exit_code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "measure_graph", lambda model, threads: ms)
    common = ("search", "--task", TASK, "--budget", "50ms", "--seed", "3", "--json", *SHORT)
    result = run(*common, "-o", tmp_path)
    assert result.exit_code == exit_code, result.output
    (report,) = records(result)
    assert (report["budget"], report["kept"]) == ("50ms", exit_code == 0)
    assert (report["seed"], report["steps"], report["retrain_steps"]) == (3, 10, 4)
    assert json.loads((tmp_path / "report.json").read_text())["kept"] == report["kept"]
    assert ("took 80.0 ms, more than the budget of 50ms" in result.stderr) == (exit_code == 1)
    open_network(tmp_path / "pictures.onnx")


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


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--task", TASK, "--budget", "40k-macs", "--joint", "--trials", "0"), "0 trials"),
        (("--task", TASK, "--architecture", "absent.txt"), "absent.txt"),
        (("--task", "tests.search.tasks:settled", "--budget", "40k-macs"), "only one network"),
    ],
)
def test_what_can_be_told_at_once_is_told_before_the_task_is_tried(
    tmp_path: Path,
    arguments: tuple[str, ...],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from stereopsis.search import check_task

    tried: list[object] = []
    monkeypatch.setattr(check_task, "check_task", lambda *given: tried.append(given))
    assert problem in refusal("search", "-o", tmp_path / "out", *SHORT, *arguments)
    assert not tried and not (tmp_path / "out").exists()


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


def test_finds_architecture_and_recipe_together(tmp_path: Path) -> None:
    folder = tmp_path / "found"
    joint = (*JOINT, "--processes", "1")
    budget = ("--budget", "40k-macs")
    result = run("search", "--task", TASK, *budget, "-o", folder, "--json", *joint, *SHORT)
    assert result.exit_code == 0, result.output
    (report,) = records(result)
    assert isinstance(report["macs"], int) and report["macs"] <= 40_000
    assert {"architecture.txt", "recipe.json", "trials.db", "pictures.onnx"} <= names(folder)
    assert json.loads((folder / "recipe.json").read_text()) == report["recipe"]
    again = shlex.split(str(report["retrain"]))
    again[again.index("--output") + 1] = str(tmp_path / "again")
    retrained = run(*again[1:], "--json")
    assert retrained.exit_code == 0, retrained.output
    assert records(retrained)[0]["recipe"] == report["recipe"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--task", TASK), "either a budget or an architecture"),
        (("--task", TASK, "--budget", "40"), "not a budget"),
        (("--task", TASK, "--budget", "1k-macs"), "the budget is 1,000 macs"),
        (("--task", TASK, "--budget", "40k-macs", "--device", "tpu"), "no device tpu"),
        (("--task", "dept", "--budget", "1M-macs"), "no task dept"),
        (("--task", "depth", "--budget", "1M-macs"), "no data"),
        (("--task", TASK, "--architecture", "absent.txt"), "absent.txt"),
        (("--task", TASK, "--architecture", "a.txt", "--joint"), "within a budget"),
        (("--task", TASK, "--budget", "40k-macs", "--joint", "--trials", "3"), "3 trials"),
        (("--task", TASK, "--budget", "40k-macs", "--recipe", "absent.json"), "absent.json"),
        (("--task", "tests.search.tasks:broken", "--budget", "40k-macs"), "is nan"),
        (("--task", TASK, "--budget", "40k-macs", "--data", "a.npz"), "has data of its own"),
        (("--task", TASK, "--budget", f"{'9' * 400}-macs"), "not a budget"),
        (("--task", TASK, "--budget", "\u0663k-macs"), "not a budget"),
        (("--task", TASK, "--budget", "40k-macs", "--trials", "48"), "--trials is of a joint"),
        (("--task", TASK, "--budget", "40k-macs", "--trial-steps", "9"), "--trial-steps is of"),
        (("--task", TASK, "--budget", "40k-macs", "--processes", "1"), "--processes is of a"),
        (("--task", TASK, "--budget", "40k-macs", "--joint", "--trials", "9999"), "9999 trials"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, arguments: tuple[str, ...], problem: str) -> None:
    assert problem in refusal("search", "-o", tmp_path / "out", *SHORT, *arguments)


def test_refuses_a_line_that_is_no_stage(tmp_path: Path) -> None:
    path = tmp_path / "odd.txt"
    path.write_text("conv_k3_s2_c8\nmb_k3_s2_c8\n")
    said = refusal("search", "--task", TASK, "--architecture", path, "-o", tmp_path / "out", *SHORT)
    assert f'{path}: Line 2: "mb_k3_s2_c8" is not a stage' in said
    path.write_bytes(bytes(range(256)) * 9)
    common = ("search", "--task", TASK, "--architecture", path, "-o", tmp_path / "out", *SHORT)
    assert f"{path} is not in UTF-8." in refusal(*common)


def test_reads_an_architecture_that_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("conv_k3_s2_c8\n", encoding="utf-8-sig")
    assert command.read_architecture(path) == parse_architecture("conv_k3_s2_c8")


def test_refuses_what_no_memory_holds(tmp_path: Path) -> None:
    path = tmp_path / "odd.txt"
    path.write_text("conv_k3_s2_c8\nir_k3_s2_e6_c99999\n")
    said = refusal("search", "--task", TASK, "--architecture", path, "-o", tmp_path / "out", *SHORT)
    assert "too large to be built" in said


def test_refuses_places_that_are_taken_before_it_searches(tmp_path: Path) -> None:
    common = ("search", "--task", TASK, "--budget", "40k-macs", "-o", tmp_path, *SHORT)
    (tmp_path / "pictures.onnx").mkdir()
    assert "pictures.onnx is a folder" in refusal(*common)
    assert [path.name for path in tmp_path.iterdir()] == ["pictures.onnx"]


def test_a_damaged_store_of_trials_can_be_moved_away(tmp_path: Path) -> None:
    (tmp_path / "trials.db").write_bytes(b"not a database at all" * 99)
    common = ("search", "--task", TASK, "--budget", "40k-macs", "-o", tmp_path, *SHORT)
    assert "Move it away" in refusal(*common, "--joint", "--trials", "8", "--trial-steps", "8")


def test_says_when_it_is_stopped_that_it_can_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "search", stop)
    result = run("search", "--task", TASK, "--budget", "40k-macs", "-o", tmp_path, *SHORT)
    assert result.exit_code == 130
    assert "run the same command to go on" in result.stderr


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
