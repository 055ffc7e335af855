from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stereopsis.nets.arch import parse_architecture
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.unet import UNetConfig
from stereopsis.studies import ablate
from stereopsis.studies.ablate import as_method, held_out, main, write_results
from stereopsis.studies.ablation_table import read_results
from stereopsis.studies.ablation_trials import Trial
from stereopsis.train import mono
from stereopsis.train.loop import LoopConfig
from stereopsis.train.mono import MonoRecipe
from stereopsis.train.pack import Frame, build_pack, write_pack
from tests.train.test_evaluate import write_scene

TINY = UNetConfig(
    parse_architecture("conv_k3_s2_c8\nir_k3_s2_e2_c12\nir_k3_s2_e2_c16"), (16, 12, 8), context=8
)
RECIPE = MonoRecipe(
    network=TINY,
    loop=LoopConfig(steps=2, warmup=1, record_every=1, save_every=1),
    batch=2,
    sizes=((32, 64),),
    late_sizes=((32, 32),),
)
TRIALS = [
    Trial("baseline", "seed 0", RECIPE),
    Trial("labels", "teacher's", replace(RECIPE, seed=1), "teacher"),
]


def frame(exact: bool) -> Frame:
    """Nearer and darker downwards, with a sky above that is infinitely far."""
    near = np.maximum(np.linspace(-0.2, 1, 48, dtype=np.float32), 0)[:, None].repeat(64, 1)
    image = (250 - 200 * near[..., None].repeat(3, 2)).astype(np.uint8)
    return Frame(image, near, near >= 0, exact)


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    monkeypatch.setattr(mono, "load_imagenet", lambda trunk: None)
    monkeypatch.setattr(ablate, "list_trials", lambda: TRIALS)
    for name, exact in (("worlds", True), ("new", False), ("old", False), ("judges", True)):
        write_pack(build_pack([frame(exact)] * 2, name), tmp_path / f"{name}.npz")
    write_scene(tmp_path / "truth" / "stereo" / "lab" / "chair", 0)
    packs = [[tmp_path / f"{name}.npz"] for name in ("worlds", "new", "old")]
    return [*packs, tmp_path / "judges.npz", tmp_path / "truth", tmp_path / "runs"]


def test_every_trial_is_run_once(
    arguments: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(*arguments, tmp_path / "out")
    rows = read_results(tmp_path / "out" / "trials.csv")
    assert [(row["choice"], row["name"]) for row in rows] == [
        ("baseline", "seed 0"), ("labels", "teacher's"),
    ]  # fmt: skip
    assert {"rendered row_ordinal", "measured row_ordinal"} < rows[0].keys()
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "trials.csv", "trials.md", "trials.png",
    }  # fmt: skip

    def fail(*_: object) -> None:
        raise AssertionError("a trial was run again")

    monkeypatch.setattr(ablate, "train_mono", fail)
    main(*arguments, tmp_path / "out")
    assert read_results(tmp_path / "out" / "trials.csv") == rows


def test_trials_of_other_material_are_not_in_one_table(
    arguments: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "out" / "trials.csv"
    monkeypatch.setattr(ablate, "run_trial", lambda trial, material, folder: row_of(trial))
    main(*arguments, tmp_path / "out")
    before = read_results(table)
    write_results(table, [*before, {**before[1], "name": "unmarked", "mark": ""}])
    seen: list[int] = []

    def look(trial: Trial, material: object, folder: Path) -> dict[str, str]:
        seen.append(len(read_results(table)))
        return row_of(trial)

    monkeypatch.setattr(ablate, "run_trial", look)
    write_pack(build_pack([frame(True)], "another"), tmp_path / "worlds.npz")
    main(*arguments, tmp_path / "out")
    assert seen == [3, 1]
    assert [row["name"] for row in read_results(table)] == [trial.name for trial in TRIALS]
    assert not {row["mark"] for row in before} & {row["mark"] for row in read_results(table)}
    assert "unmarked" not in (tmp_path / "out" / "trials.md").read_text()


@pytest.mark.parametrize("what", ["recipe", "pack", "judges"])
def test_a_trial_of_something_else_is_run(
    what: str, arguments: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ablate, "run_trial", lambda trial, material, folder: row_of(trial))
    main(*arguments, tmp_path / "out")
    run: list[str] = []

    def count(trial: Trial, material: object, folder: Path) -> dict[str, str]:
        run.append(trial.name)
        return row_of(trial)

    monkeypatch.setattr(ablate, "run_trial", count)
    if what == "recipe":
        other = replace(TRIALS[0], recipe=replace(RECIPE, batch=3))
        monkeypatch.setattr(ablate, "list_trials", lambda: [other, TRIALS[1]])
    else:
        path = tmp_path / {"pack": "new.npz", "judges": "judges.npz"}[what]
        write_pack(build_pack([frame(True)], "another"), path)
    main(*arguments, tmp_path / "out")
    assert run == [t.name for t in TRIALS][: 2 if what == "judges" else 1]


def row_of(trial: Trial) -> dict[str, str]:
    return {"choice": trial.choice, "name": trial.name, "rendered row_ordinal": "0.5"}


def test_what_is_infinitely_far_does_not_judge() -> None:
    (truth,) = held_out(build_pack([frame(True)], ""))
    assert not truth.valid[:8].any() and truth.valid[12:].all()
    assert len(held_out(build_pack([frame(True)] * 3, ""), count=2)) == 2


def test_a_network_is_judged_on_a_picture_and_its_mirror_alike() -> None:
    torch.manual_seed(0)
    guess = as_method(MonoDepth(TINY))
    image = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    answer = guess(image)
    assert answer.shape == (192, 256)
    mirrored = guess(np.ascontiguousarray(image[:, ::-1]))
    assert answer == pytest.approx(mirrored[:, ::-1], abs=1e-4)


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    rows = [{"choice": "x", "name": "a", "mark": "1"}, {"choice": "x", "name": "b, c", "mark": "2"}]
    write_results(tmp_path / "t.csv", rows)
    assert read_results(tmp_path / "t.csv") == rows
