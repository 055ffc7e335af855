from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from typer.testing import CliRunner

from stereopsis.errors import OptionError
from stereopsis.nets.arch import parse_architecture
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.unet import UNetConfig
from stereopsis.train.data import Batch, Source
from stereopsis.train.loop import CHECKPOINT, LoopConfig
from stereopsis.train.mono import (
    MonoRecipe,
    build_optimizer,
    check_device,
    describe_end,
    describe_start,
    main,
    mono_loss,
    size_at,
    train_mono,
    weigh_sources,
)
from stereopsis.train.pack import Frame, Pack, build_pack
from tests.train.interrupted import check_two_parts_end_like_one

TINY = UNetConfig(
    parse_architecture("conv_k3_s2_c8\nir_k3_s2_e2_c12\nir_k3_s2_e2_c16"), (16, 12, 8), context=8
)
RECIPE = MonoRecipe(
    network=TINY,
    loop=LoopConfig(steps=6, warmup=2, record_every=1, save_every=2),
    batch=2,
    sizes=((32, 64), (64, 32)),
    late_sizes=((64, 64),),
)


def pack(count: int, exact: bool) -> Pack:
    """Pictures that grow darker downwards and nearer with it."""
    ramp = np.linspace(1, 0, 48, dtype=np.float32)[:, None].repeat(64, 1)
    image = (ramp[..., None].repeat(3, 2) * 255).astype(np.uint8)
    return build_pack([Frame(image, 1 - ramp, ramp > -1, exact)] * count, "ramps")


@pytest.fixture(scope="module")
def sources() -> tuple[Source, ...]:
    return weigh_sources([pack(2, True), pack(2, False)], RECIPE.exact_share)


@pytest.fixture
def start(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    path = tmp_path / "start.pt"
    torch.save({"averaged": MonoDepth(TINY).state_dict()}, path)
    return path


def test_a_run_changes_the_weights_it_started_from(sources, start: Path, tmp_path: Path) -> None:
    steps = []
    network = train_mono(
        sources, tmp_path / "run", RECIPE, start, progress=lambda step, _: steps.append(step)
    )
    assert steps == [1, 2, 3, 4, 5, 6]
    before = torch.load(start, weights_only=True)["averaged"]
    after = network.state_dict()
    assert before.keys() == after.keys()
    assert not torch.equal(before["head.weight"], after["head.weight"])
    assert not torch.equal(
        before["trunk.stages.0.0.conv.weight"], after["trunk.stages.0.0.conv.weight"]
    )


def test_a_run_in_two_parts_ends_like_one(sources, start: Path, tmp_path: Path) -> None:
    check_two_parts_end_like_one(
        lambda folder, progress: train_mono(sources, folder, RECIPE, start, progress=progress),
        tmp_path,
    )


def test_the_loss_is_lower_for_a_better_guess() -> None:
    target = torch.rand(4, 32, 32)
    exact = torch.tensor([True, True, False, False])
    batch = Batch(torch.zeros(4, 32, 32, 3), target, torch.ones_like(target) > 0, exact)

    def loss(guess: torch.Tensor) -> tuple[float, dict[str, float]]:
        generator = torch.Generator().manual_seed(0)
        value, figures = mono_loss(guess, torch.ones_like(guess), batch, RECIPE, generator)
        return value.item(), figures

    perfect, figures = loss(3 * target - 7)
    assert set(figures) == {"exact", "guessed"}
    assert max(figures.values()) < 1e-5
    assert perfect < loss(target + 0.2 * torch.rand(4, 32, 32))[0] < loss(-target)[0]


def test_exact_frames_get_their_share_however_many_there_are() -> None:
    packs = [pack(6, True), pack(1, False), pack(2, True), pack(3, False)]
    shares = [source.share for source in weigh_sources(packs, 0.7)]
    assert shares == pytest.approx([0.525, 0.175, 0.075, 0.225])


def test_fresh_worlds_share_with_rendered_packs_if_there_are_any() -> None:
    packs, fresh = [pack(6, True), pack(1, False), pack(2, True), pack(3, False)], pack(1, True)
    shares = [source.share for source in weigh_sources(packs, 0.7, fresh)]
    assert shares == pytest.approx([0.2625, 0.0875, 0.075, 0.225, 0.35])
    photos_alone = weigh_sources([packs[1]], 0.7, fresh)
    assert [source.share for source in photos_alone] == pytest.approx([0.3, 0.7])


def test_fresh_worlds_are_drawn(start: Path, tmp_path: Path) -> None:
    class Fresh:
        drawn = 0

        def __len__(self) -> int:
            return 10**9

        def draw(self, rng: np.random.Generator) -> Frame:
            self.drawn += 1
            return pack(1, True)[0]

    fresh = Fresh()
    sources = weigh_sources([pack(2, False)], RECIPE.exact_share, fresh)
    train_mono(sources, tmp_path / "run", RECIPE, start)
    assert 0 < fresh.drawn < 2 * RECIPE.loop.steps * RECIPE.batch


def test_sizes_take_turns_and_change_late() -> None:
    recipe = replace(RECIPE, loop=replace(RECIPE.loop, steps=20), late_share=0.2)
    assert [size_at(step, recipe) for step in (0, 1, 2)] == [(32, 64), (64, 32), (32, 64)]
    assert {size_at(step, recipe) for step in range(16)} == set(RECIPE.sizes)
    assert {size_at(step, recipe) for step in range(16, 20)} == set(RECIPE.late_sizes)


def test_every_parameter_is_trained_and_the_encoder_more_gently() -> None:
    network = MonoDepth(TINY)
    trunk, rest = build_optimizer(network, RECIPE).param_groups
    assert len(trunk["params"]) + len(rest["params"]) == len(list(network.parameters()))
    assert trunk["lr"] == pytest.approx(RECIPE.trunk_rate * rest["lr"])


def test_a_run_says_where_it_starts_goes_on_and_ends(sources, start: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert describe_start(run, "the guess", 6) == "starting from the guess"
    assert describe_start(run, start.name, 6) == "starting from start.pt"
    train_mono(sources, run, replace(RECIPE, loop=replace(RECIPE.loop, steps=2)), start)
    assert describe_start(run, start.name, 6) == "going on from step 2 of 6"
    assert "nothing is left" in describe_start(run, start.name, 2)
    assert "run the same command again" in describe_end(run, 6)
    said = describe_end(run, 2)
    assert f"{run / CHECKPOINT}: the run at step 2 of 2" in said and "again" not in said


def test_devices_that_are_not_there_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    check_device("cpu")
    for device, problem in (("cuda", "no GPU"), ("tpu", "no device tpu")):
        with pytest.raises(OptionError, match=problem):
            check_device(device)


def test_the_command_explains_itself_and_refuses_a_run_of_no_steps(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "Train the mono depth network" in result.output
    result = CliRunner().invoke(app, ["a.npz", "-o", str(tmp_path), "--steps", "0"])
    assert result.exit_code == 2 and "steps" in result.output
