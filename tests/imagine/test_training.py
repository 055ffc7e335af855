import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from stereopsis.errors import DataError, OptionError, OutputError
from stereopsis.imagine.checkpoint import FILE_BYTES, load_state, save_state
from stereopsis.imagine.examples import CaptionMemory, Examples, draws_at, rows_of_batch
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.optimizer import rate_share
from stereopsis.imagine.train_config import TrainConfig
from stereopsis.imagine.training import train_generator
from stereopsis.lock import the_only
from stereopsis.train.curve import read_rows
from tests.imagine.models.tiny import tiny_latent, tiny_masked, tiny_pixel

SHORT = TrainConfig(
    steps=6, batch=4, rate=1e-2, warmup=2, precision="fp32", record_every=2, save_every=2,
    look_every=3,
)  # fmt: skip


def few_examples(generator: Generator, count: int = 6) -> Examples:
    rng = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (count, generator.side, generator.side, 3), generator=rng)
    encoded = generator.encode(pictures.byte())
    captions = ["red apple", "green pear", "blue table"] * 2
    return Examples(
        encoded.half() if encoded.is_floating_point() else encoded.short(), captions[:count]
    )


@pytest.mark.parametrize("build", [tiny_latent, tiny_pixel, tiny_masked])
def test_a_killed_run_ends_as_if_it_had_not_been(build: type, tmp_path: Path) -> None:
    whole, parts = build(), build()
    at_once = train_generator(whole, few_examples(whole), SHORT, tmp_path / "whole")
    train_generator(parts, few_examples(parts), replace(SHORT, stop=3), tmp_path / "parts")
    resumed = build()
    in_parts = train_generator(resumed, few_examples(resumed), SHORT, tmp_path / "parts")
    for name, value in at_once.state_dict().items():
        assert torch.equal(value, in_parts.state_dict()[name]), name
    assert [row["step"] for row in read_rows(tmp_path / "parts" / "curve.csv")] == [2, 4, 6]
    assert (tmp_path / "parts" / "curve.png").exists()


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    generator = tiny_latent()
    config = replace(SHORT, steps=60, record_every=20, save_every=60, drop_caption=0.0)
    train_generator(generator, few_examples(generator), config, tmp_path)
    losses = [row["loss"] for row in read_rows(tmp_path / "curve.csv")]
    assert losses[-1] < 0.9 * losses[0]


def test_bf16_and_checkpointing_train_too(tmp_path: Path) -> None:
    generator = tiny_latent()
    config = replace(SHORT, precision="bf16", checkpointing=True)
    averaged = train_generator(generator, few_examples(generator), config, tmp_path)
    assert all(torch.isfinite(value).all() for value in averaged.state_dict().values())
    generator.sample(["red apple"], [0])  # the network works unwrapped


def test_pieces_of_a_batch_add_up(tmp_path: Path) -> None:
    generator = tiny_latent()
    train_generator(generator, few_examples(generator), replace(SHORT, accumulate=2), tmp_path)
    with pytest.raises(OptionError, match="cannot be cut into 3"):
        replace(SHORT, accumulate=3)


def test_processes_have_equal_shares_of_a_batch() -> None:
    config = TrainConfig(batch=24, accumulate=2)
    assert [config.pictures_at_once(processes) for processes in (1, 3, 12)] == [12, 4, 1]
    with pytest.raises(OptionError, match="24 in 2 pieces cannot be shared out to 5 processes"):
        config.pictures_at_once(5)


def test_a_look_can_end_the_run_for_good(tmp_path: Path) -> None:
    seen: list[int] = []

    def look(step: int, network: torch.nn.Module) -> bool:
        seen.append(step)
        assert not any(value.requires_grad for value in network.parameters())
        return step == 3

    generator = tiny_latent()
    train_generator(generator, few_examples(generator), SHORT, tmp_path, look)
    train_generator(generator, few_examples(generator), SHORT, tmp_path, look)
    assert seen == [3]


def test_a_loss_that_is_not_finite_ends_the_run_and_spoils_nothing(tmp_path: Path) -> None:
    generator = tiny_latent()
    good = few_examples(generator)
    bad = replace(good, encoded=torch.full_like(good.encoded, torch.nan))
    two = replace(SHORT, accumulate=2)
    train_generator(generator, good, replace(two, stop=2), tmp_path)
    with pytest.raises(DataError, match=r"The loss of step 2 is nan.* lower learning rate"):
        train_generator(generator, bad, two, tmp_path)
    found = load_state(tmp_path)
    assert found is not None and found[1]["step"] == 2
    for tensors in (found[0], generator.network.state_dict()):
        assert all(value.isfinite().all() for value in tensors.values())


def test_two_trainings_do_not_share_a_folder(tmp_path: Path) -> None:
    generator = tiny_latent()
    with the_only("training", tmp_path):
        with pytest.raises(OutputError, match="Another training is at work in"):
            train_generator(generator, few_examples(generator), SHORT, tmp_path)
    assert load_state(tmp_path) is None
    train_generator(generator, few_examples(generator), SHORT, tmp_path)


@pytest.mark.parametrize(("times", "kept"), [(1, 3), (2, 2)])
@pytest.mark.usefixtures("raises_on_ctrl_c")
def test_ctrl_c_saves_whole_steps_unless_it_is_pressed_twice(
    times: int, kept: int, tmp_path: Path
) -> None:
    def press(step: int, network: torch.nn.Module) -> bool:
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        return False

    cut = tiny_latent()
    with pytest.raises(KeyboardInterrupt):
        train_generator(cut, few_examples(cut), SHORT, tmp_path / "cut", press)
    found = load_state(tmp_path / "cut")
    assert found is not None and found[1]["step"] == kept
    whole, resumed = (
        train_generator(each, few_examples(each), SHORT, tmp_path / name).state_dict()
        for name, each in (("whole", tiny_latent()), ("cut", tiny_latent()))
    )
    assert all(torch.equal(value, resumed[name]) for name, value in whole.items())


def test_no_minutes_are_no_steps(tmp_path: Path) -> None:
    generator = tiny_latent()
    train_generator(generator, few_examples(generator), replace(SHORT, minutes=0.0), tmp_path)
    assert not (tmp_path / "curve.csv").exists()


def test_runs_of_others_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    latent, pixel = tiny_latent(), tiny_pixel()
    train_generator(latent, few_examples(latent), replace(SHORT, steps=2), tmp_path)
    with pytest.raises(DataError, match="does not hold a run of this network"):
        train_generator(pixel, few_examples(pixel), SHORT, tmp_path)
    next(tmp_path.glob("checkpoint-*/000.safetensors")).write_bytes(b"cut")
    with pytest.raises(DataError, match="does not hold a run of this network"):
        train_generator(latent, few_examples(latent), SHORT, tmp_path)


def test_a_pointer_to_nothing_is_damage(tmp_path: Path) -> None:
    save_state(tmp_path, 1, {"a": torch.zeros(1)}, {"step": 1})
    (folder,) = tmp_path.glob("checkpoint-*")
    (folder / "000.safetensors").unlink()
    for _ in range(2):
        with pytest.raises(DataError, match="does not hold a run of this network"):
            load_state(tmp_path)
        if folder.exists():
            folder.rmdir()


def test_a_state_comes_back_in_small_files(tmp_path: Path) -> None:
    tensors = {f"{i}": torch.full((1_500_000,), float(i)) for i in range(5)}
    assert load_state(tmp_path) is None
    save_state(tmp_path, 1, tensors, {"step": 1})
    save_state(tmp_path, 2, tensors, {"step": 2})
    (folder,) = tmp_path.glob("checkpoint-*")
    assert max(path.stat().st_size for path in folder.iterdir()) <= FILE_BYTES + 1000
    found = load_state(tmp_path)
    assert found is not None and found[1] == {"step": 2}
    assert all(torch.equal(found[0][name], value) for name, value in tensors.items())


def test_the_last_state_stays_until_the_new_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_state(tmp_path, 1, {"a": torch.zeros(1)}, {"ended": False})

    def killed(files: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr("stereopsis.imagine.checkpoint.write_all", killed)
        with pytest.raises(KeyboardInterrupt):
            save_state(tmp_path, 1, {"a": torch.ones(1)}, {"ended": True})
    found = load_state(tmp_path)
    assert found is not None and found[0]["a"] == 0 and found[1] == {"ended": False}
    save_state(tmp_path, 1, {"a": torch.ones(1)}, {"ended": True})
    found = load_state(tmp_path)
    assert found is not None and found[0]["a"] == 1 and found[1] == {"ended": True}
    assert len(list(tmp_path.glob("checkpoint-*"))) == 1


@pytest.mark.parametrize(("batch", "examples"), [(4, 10), (7, 3), (5, 5)])
def test_every_pass_sees_every_example_once(batch: int, examples: int) -> None:
    steps = 10 * examples
    rows = [row for s in range(steps) for row in rows_of_batch(s * batch, batch, examples, 1)]
    for turn in range(len(rows) // examples):
        assert sorted(rows[turn * examples : (turn + 1) * examples]) == list(range(examples))


def test_draws_follow_from_seed_and_place_for_every_seed() -> None:
    def first(place: int, seed: int) -> float:
        return float(torch.rand(1, generator=draws_at(place, seed)))

    assert first(3, 20_261_126) == first(3, 20_261_126)
    seeds = (0, 1, 2**23, 20_261_126, 2**31 - 1)
    assert len({first(place, seed) for place in range(4) for seed in seeds}) == 20


def test_captions_are_remembered_as_they_are() -> None:
    generator = tiny_latent()
    memory = CaptionMemory(generator)
    captions = ["red apple", "", "red apple", "blue pear"]
    for _ in range(2):
        told, true = memory.embed(captions), generator.embed(captions)
        assert torch.equal(told.mask, true.mask)
        assert torch.allclose(told.states, true.states, atol=2e-3)


def test_rates_rise_and_fall() -> None:
    config = TrainConfig(steps=100, warmup=10)
    rates = [rate_share(step, config) for step in range(100)]
    assert rates[0] < rates[5] < rates[9] > rates[50] > rates[99] >= 0
    constant = replace(config, shape="constant")
    assert {rate_share(step, constant) for step in range(10, 100)} == {1.0}
