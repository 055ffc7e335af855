import json
import shlex
from pathlib import Path

import pytest

from stereopsis.nets.arch import parse_architecture
from stereopsis.runtime.network import open_network
from stereopsis.search import command
from tests.cli.running import names, records, refusal, run
from tests.cli.searching import JOINT, SHORT, TASK


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
    assert isinstance(report["latency_error"], float)
    assert (report["seed"], report["steps"], report["retrain_steps"]) == (3, 10, 4)
    assert json.loads((tmp_path / "report.json").read_text())["kept"] == report["kept"]
    assert ("took 80.0 ms, more than the budget of 50ms" in result.stderr) == (exit_code == 1)
    open_network(tmp_path / "pictures.onnx")


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


def test_reads_an_architecture_that_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("conv_k3_s2_c8\n", encoding="utf-8-sig")
    assert command.read_architecture(path) == parse_architecture("conv_k3_s2_c8")


def test_says_when_it_is_stopped_that_it_can_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "search", stop)
    result = run("search", "--task", TASK, "--budget", "40k-macs", "-o", tmp_path, *SHORT)
    assert result.exit_code == 130
    assert "run the same command to go on" in result.stderr
