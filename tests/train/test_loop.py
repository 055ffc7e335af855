import signal
import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from stereopsis.errors import DataError, OutputError
from stereopsis.train.curve import read_rows
from stereopsis.train.loop import (
    CHECKPOINT,
    CURVE,
    LoopConfig,
    saved_step,
    schedule,
    train,
    update_average,
)
from tests.full_disk import no_file_longer_than

CONFIG = LoopConfig(steps=12, warmup=3, record_every=2, save_every=4)


def build() -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 1))
    return module, torch.optim.AdamW(module.parameters(), lr=0.05)


def objective(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
    x = torch.rand(8, 3, generator=torch.Generator().manual_seed(step))
    loss = (module(x)[:, 0] - x.sum(1)).square().mean()
    return loss, {"twice": 2 * loss.item()}


class PowerCut(Exception):
    pass


def test_an_interrupted_run_ends_like_an_uninterrupted_one(tmp_path: Path) -> None:
    whole = train(*build(), objective, CONFIG, tmp_path / "whole")

    def cut_at_7(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        if step == 7:
            raise PowerCut
        return objective(module, step)

    with pytest.raises(PowerCut):
        train(*build(), cut_at_7, CONFIG, tmp_path / "cut")
    resumed = train(*build(), objective, CONFIG, tmp_path / "cut")
    for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert read_rows(tmp_path / "cut" / CURVE) == read_rows(tmp_path / "whole" / CURVE)


@pytest.mark.parametrize(("times", "kept"), [(1, 7), (2, 4)])
@pytest.mark.usefixtures("raises_on_ctrl_c")
def test_ctrl_c_saves_whole_steps_unless_it_is_pressed_twice(
    times: int, kept: int, tmp_path: Path
) -> None:
    whole = train(*build(), objective, CONFIG, tmp_path / "whole")

    def interrupted(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        answer = objective(module, step)
        for _ in range(times if step == 6 else 0):
            signal.raise_signal(signal.SIGINT)
        return answer

    with pytest.raises(KeyboardInterrupt):
        train(*build(), interrupted, CONFIG, tmp_path / "cut")
    assert saved_step(tmp_path / "cut") == kept
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    resumed = train(*build(), objective, CONFIG, tmp_path / "cut")
    for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.usefixtures("raises_on_ctrl_c")
def test_ctrl_c_is_held_by_nobody_who_may_not(tmp_path: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    train(*build(), objective, CONFIG, tmp_path / "ignored")
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=train, args=(*build(), objective, CONFIG, tmp_path / "other"))
    thread.start()
    thread.join()
    assert saved_step(tmp_path / "other") == CONFIG.steps


def test_a_run_of_another_network_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    train(*build(), objective, CONFIG, tmp_path)
    other = nn.Linear(3, 1)
    optimizer = torch.optim.AdamW(other.parameters())
    with pytest.raises(DataError, match="does not hold a run of this network"):
        train(other, optimizer, objective, CONFIG, tmp_path)
    whole = (tmp_path / CHECKPOINT).read_bytes()
    (tmp_path / CHECKPOINT).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="does not hold a run of this network"):
        train(*build(), objective, CONFIG, tmp_path)
    with pytest.raises(DataError, match="does not hold a run"):
        saved_step(tmp_path)


def test_a_file_in_the_place_of_a_run_is_said(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(OutputError, match="run is a file, not a folder"):
        train(*build(), objective, CONFIG, tmp_path / "run")


def test_only_one_training_is_at_work_in_a_folder(tmp_path: Path) -> None:
    def beside_another(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        if step == 3:
            with pytest.raises(OutputError, match="Another training is at work"):
                train(*build(), objective, CONFIG, tmp_path)
        return objective(module, step)

    train(*build(), beside_another, CONFIG, tmp_path)
    assert [row["step"] for row in read_rows(tmp_path / CURVE)] == [2, 4, 6, 8, 10, 12]


def test_a_full_disk_is_told_and_what_was_saved_before_stays(tmp_path: Path) -> None:
    train(*build(), objective, replace(CONFIG, stop=4), tmp_path)
    saved = (tmp_path / CHECKPOINT).read_bytes()
    with (
        pytest.raises(OutputError, match=r"checkpoint\.pt.* Free some space"),
        no_file_longer_than(len(saved) // 2),
    ):
        train(*build(), objective, CONFIG, tmp_path)
    assert (tmp_path / CHECKPOINT).read_bytes() == saved
    assert not list(tmp_path.glob("*.part"))
    train(*build(), objective, CONFIG, tmp_path)
    assert saved_step(tmp_path) == 12


def test_a_curve_that_cannot_grow_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"curve\.csv \(file too large\)"),
        no_file_longer_than(3),
    ):
        train(*build(), objective, CONFIG, tmp_path)


@pytest.mark.parametrize("spoiled", ["loss", "gradients"])
def test_a_loss_that_is_not_finite_ends_the_run_and_spoils_nothing(
    spoiled: str, tmp_path: Path
) -> None:
    whole = train(*build(), objective, CONFIG, tmp_path / "whole")
    module, optimizer = build()

    def broken(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        loss, figures = objective(module, step)
        if step == 6:
            root = (loss - loss.detach()).sqrt()  # 0, but its slope is not finite
            loss = loss * float("nan") if spoiled == "loss" else loss + root
        return loss, figures

    with pytest.raises(DataError, match=r"The loss of step 6 is .* lower learning rate"):
        train(module, optimizer, broken, CONFIG, tmp_path / "cut")
    assert all(value.isfinite().all() for value in module.parameters())
    assert saved_step(tmp_path / "cut") == 4
    resumed = train(*build(), objective, CONFIG, tmp_path / "cut")
    for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_a_run_begun_anew_has_no_rows_of_the_one_before(tmp_path: Path) -> None:
    train(*build(), objective, CONFIG, tmp_path)
    (tmp_path / CHECKPOINT).unlink()
    train(*build(), objective, replace(CONFIG, stop=4), tmp_path)
    assert [row["step"] for row in read_rows(tmp_path / CURVE)] == [2, 4]


def test_a_run_out_of_time_goes_on_later(tmp_path: Path) -> None:
    no_time = LoopConfig(steps=12, minutes=0, record_every=2, save_every=4)
    train(*build(), objective, no_time, tmp_path)
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["step"] == 0
    seen: list[int] = []
    train(*build(), objective, CONFIG, tmp_path, lambda step, figures: seen.append(step))
    assert seen == [2, 4, 6, 8, 10, 12]


def test_the_last_steps_are_recorded_however_few_they_are(tmp_path: Path) -> None:
    config = LoopConfig(steps=5, warmup=3, record_every=2, save_every=4)
    train(*build(), objective, config, tmp_path / "whole")
    rows = read_rows(tmp_path / "whole" / CURVE)
    assert [row["step"] for row in rows] == [2, 4, 5]
    assert saved_step(tmp_path / "none") is None and saved_step(tmp_path / "whole") == 5

    stopped = LoopConfig(steps=5, minutes=0, warmup=3, record_every=2, save_every=4)
    for part in (stopped, config, config):  # a finished run that goes on adds nothing
        train(*build(), objective, part, tmp_path / "parts")
    assert read_rows(tmp_path / "parts" / CURVE) == rows


def test_a_loss_without_gradients_is_told(tmp_path: Path) -> None:
    def spent(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        loss, figures = objective(module, step)
        if step == 2:
            loss.backward()
        return loss, figures

    with pytest.raises(DataError, match="gradients of step 2 cannot be computed: ") as raised:
        train(*build(), spent, CONFIG, tmp_path)
    assert "\n" not in str(raised.value)


def test_it_learns(tmp_path: Path) -> None:
    config = LoopConfig(steps=300, warmup=10, record_every=50, save_every=300)
    train(*build(), objective, config, tmp_path)
    losses = [row["loss"] for row in read_rows(tmp_path / CURVE)]
    assert losses[-1] < losses[0] / 4


def test_the_rate_warms_up_then_falls_to_nothing() -> None:
    config = LoopConfig(steps=100, warmup=10)
    rates = [schedule(step, config) for step in range(100)]
    assert rates[0] < rates[5] < rates[9]
    assert rates[9] == max(rates)
    assert all(a > b for a, b in pairwise(rates[9:]))
    assert rates[-1] < 0.001


def test_the_average_follows_slowly_and_copies_counters() -> None:
    mean, module = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    nn.init.zeros_(mean.weight)
    module(torch.rand(4, 1))
    update_average(mean, module, 0.75)
    assert mean.weight.item() == pytest.approx(0.25)
    assert mean.num_batches_tracked == 1
