from pathlib import Path

import pytest

from tests.cli.running import refusal
from tests.cli.searching import SHORT, TASK


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


def test_refuses_a_network_that_does_not_suit_the_task_before_it_is_trained(tmp_path: Path) -> None:
    path = tmp_path / "odd.txt"
    path.write_text("conv_k3_s2_c4\nir_k5_s2_e2_c8_p0\nir_k5_s2_e2_c8_p0\n")
    said = refusal("search", "--task", TASK, "--architecture", path, "-o", tmp_path / "out", *SHORT)
    assert f"{path}: A network of pictures around this architecture raised" in said
    assert not list((tmp_path / "out").glob("train-*"))


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
