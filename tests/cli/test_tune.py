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


def test_says_what_is_wrong(tmp_path: Path) -> None:
    command = prepared(tmp_path)
    work = ("-o", tmp_path / "work")
    judged = ("--judge", tmp_path / "S.npz")
    assert "would change the model" in refusal(*command, *judged, "-o", tmp_path / "model" / "out")
    assert "would change the model" in refusal(*command, *judged, "-o", tmp_path / "model")
    picture = tmp_path / "pictures" / "0.png"
    assert "is a single picture" in refusal(*command[:2], picture, *command[3:], *work, *judged)
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
    assert "There are 5 captioned pictures to tune on (16 were left out)" in said


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
