import json
from pathlib import Path

import pytest
import torch

from stereopsis.imagine.judge.judge_file import judge_to_bytes
from stereopsis.imagine.judge.matcher_file import matcher_to_bytes
from stereopsis.imagine.judge.registration import registration_to_json
from stereopsis.imagine.models.open import open_generator
from stereopsis.imagine.tune import command as command_module
from stereopsis.imagine.tune.command import Given
from tests.cli.running import records, refusal, run
from tests.imagine.judge.worlds import discs, png, reporting_judge, selection_judge
from tests.imagine.models.tiny import write_stable_diffusion
from tests.imagine.tune.world import COLORS, matcher, watch


def prepared(folder: Path) -> list[object]:
    """What a tuning needs, as files, and the beginning of the command."""
    write_stable_diffusion(folder / "model")
    (folder / "pictures").mkdir()
    for i, picture in enumerate(discs(range(3000, 3021), True)):
        (folder / "pictures" / f"{i}.png").write_bytes(png(picture))
        (folder / "pictures" / f"{i}.txt").write_text(f"a {COLORS[i % 3]} apple")
    (folder / "pictures" / "20.png").write_bytes(b"damaged")
    (folder / "S.npz").write_bytes(judge_to_bytes(selection_judge()))
    (folder / "R.npz").write_bytes(judge_to_bytes(reporting_judge()))
    (folder / "M.npz").write_bytes(matcher_to_bytes(matcher()))
    (folder / "watched.json").write_text(registration_to_json(watch().registration))
    return [
        "tune", folder / "model", folder / "pictures", "--matcher", folder / "M.npz",
        "--prompts", folder / "watched.json", "--steps", 4, "--batch", 4, "--every", 2,
        "--margin", 1, "--most-memorised", 1, "--least-diversity", 0, "--precision", "fp32",
    ]  # fmt: skip


def test_tunes_and_takes_another_checkpoint_if_one_likes(tmp_path: Path) -> None:
    command = prepared(tmp_path)
    rest = ("--judge", tmp_path / "S.npz", "-o", tmp_path / "work", "--json")
    result = run(*command, *rest, "--licences", "CC0")
    assert result.exit_code == 0, result.output
    (report,) = records(result)
    assert report["left_out"] and Path(str(report["generator"])).is_dir()
    assert "\n1 of 21 pictures are left out: 20.png: " in f"\n{result.stderr}"
    assert "watched pictures tell" not in result.stderr
    assert "CC0" in (tmp_path / "work" / "tuned" / "README.md").read_text()
    picked = run(*command, *rest, "--pick", 2)
    assert picked.exit_code == 0, picked.output
    assert records(picked)[0]["step"] == 2
    assert "Step 2 was picked by a person" in picked.stderr
    told = json.loads((tmp_path / "work" / "report.json").read_text())
    assert told["picked_by_a_person"] and told["origin"]["licences"] == "CC0"
    other = open_generator(tmp_path / "model")
    with torch.no_grad():
        next(other.network.parameters()).add_(0.1)
    other.save(tmp_path / "other")
    command[1] = tmp_path / "other"
    assert "are of another network" in refusal(*command, *rest, "--pick", 2)
    command[1] = tmp_path / "model"
    scheduler = tmp_path / "model" / "scheduler" / "scheduler_config.json"
    told = json.loads(scheduler.read_text())
    scheduler.write_text(json.dumps(told | {"beta_end": 0.5}))
    assert "are of another network" in refusal(*command, *rest, "--pick", 2)


def test_a_pick_stays_until_another(tmp_path: Path) -> None:
    command = [*prepared(tmp_path), "--judge", tmp_path / "S.npz", "-o", tmp_path / "work"]
    assert run(*command).exit_code == 0
    report = tmp_path / "work" / "report.json"
    best = json.loads(report.read_text())["best"]
    other = 4 if best != 4 else 2
    for pick in (("--pick", other), ()):
        result = run(*command, *pick, "--json")
        (told,) = records(result)
        assert told["step"] == other and f"--pick {best} takes the measured best." in result.stderr
        assert json.loads(report.read_text())["picked_by_a_person"]
        assert (
            f"Step {other} was picked by a person"
            in (tmp_path / "work" / "tuned" / "README.md").read_text()
        )
    for pick in (("--pick", best), ()):
        result = run(*command, *pick, "--json")
        assert records(result)[0]["step"] == best and "takes the measured" not in result.stderr
    report.write_text("cut")
    assert "report.json is damaged. Remove it" in run(*command).stderr


def test_few_watched_pictures_are_told_before_training(tmp_path: Path) -> None:
    command = [*prepared(tmp_path), "--judge", tmp_path / "S.npz", "-o", tmp_path / "work"]
    said = run(*command, "--margin", 0.02, "--minutes", 0).stderr
    assert said.startswith("1 of 21 pictures are left out: 20.png: ")
    assert (
        "\n6 watched pictures tell faithfulness to about 40 points, and the margin is 2: " in said
    )
    assert said.index("6 watched pictures") < said.index("step 0: look")


@pytest.mark.parametrize(
    ("name", "said"),
    [("tune", "what came of it as one JSON"), ("imagine", "one JSON object per picture"),
     ("stereo", "one JSON object per pair"), ("photo", "one JSON object per photo")],
)  # fmt: skip
def test_help_says_what_json_prints(name: str, said: str) -> None:
    assert said in " ".join(run(name, "--help").output.replace("│", "").split())


def test_says_what_is_wrong(tmp_path: Path) -> None:
    command = prepared(tmp_path)
    work = ("-o", tmp_path / "work")
    judged = ("--judge", tmp_path / "S.npz")
    assert "would change the model" in refusal(*command, *judged, "-o", tmp_path / "model" / "out")
    assert "would change the model" in refusal(*command, *judged, "-o", tmp_path / "model")
    picture = tmp_path / "pictures" / "0.png"
    assert "is a single picture" in refusal(*command[:2], picture, *command[3:], *work, *judged)
    for name in ("none", "none.csv", "none.parquet"):
        told = refusal(*command[:2], tmp_path / name, *command[3:], *work, *judged)
        assert told.startswith(f"There is no folder or file {tmp_path / name}. ")
    assert "reports and must not select" in refusal(*command, *work, "--judge", tmp_path / "R.npz")
    assert "There is no file" in refusal(*command, *work, "--judge", tmp_path / "none.npz")
    assert "no checkpoint of step" not in refusal(*command, *work, *judged, "--pick", 3)
    assert "holds no generator" in refusal(
        "tune", tmp_path / "pictures", *command[2:], *work, *judged
    )
    for place in (1, 2, 4):  # the model, the pictures, the matcher
        named = [*command[:place], "long" * 2000, *command[place + 1 :]]
        assert "long" in refusal(*named, *work, *judged)
    for i in range(15):
        (tmp_path / "pictures" / f"{i}.txt").unlink()
    said = refusal(*command, *work, *judged)
    few = "(0.png: it has no caption; 1.png: it has no caption; 10.png: it has no caption; ...)"
    assert f"There are 5 captioned pictures to tune on; 16 were left out {few}." in said


def test_each_process_tunes_on_a_gpu_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Asked(Exception):
        pass

    def opened(name: str, device: str) -> None:
        raise Asked(device)

    monkeypatch.setattr(command_module, "open_generator", opened)
    monkeypatch.setenv("LOCAL_RANK", "1")
    given = Given("model", (), tmp_path / "S.npz", "M.npz", tmp_path / "watched.json", "cuda")
    with pytest.raises(Asked, match="cuda:1"):
        command_module._opened(given)
