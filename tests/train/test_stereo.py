from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import typer
from typer.testing import CliRunner

from stereopsis.errors import DataError, WeightsError
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.stereo import StereoDepth
from stereopsis.train.curve import read_rows
from stereopsis.train.export import export_network
from stereopsis.train.loop import CURVE, LoopConfig
from stereopsis.train.pack import build_pack
from stereopsis.train.pairs import PairBatch, PairSource, draw_pairs
from stereopsis.train.stereo import (
    StereoRecipe,
    begin,
    build_optimizer,
    main,
    mean_over,
    softened,
    stereo_loss,
    train_stereo,
)
from tests.nets.test_stereo import TINY
from tests.train.interrupted import check_two_parts_end_like_one
from tests.train.test_export import EXAMPLES, MANIFEST
from tests.train.test_release_stereo import of_size

RECIPE = StereoRecipe(
    network=TINY,
    loop=LoopConfig(steps=4, warmup=2, record_every=1, save_every=2),
    batch=2,
    sizes=((32, 64), (64, 32)),
)
LIMITS = TINY.least_px, TINY.most_px


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny networks gain nothing from more, and wait long for them on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def source() -> PairSource:
    coarse = np.random.default_rng(0).integers(0, 255, (4, 6, 8, 3)).astype(np.uint8)
    photos = [cv2.resize(each, (96, 72), interpolation=cv2.INTER_CUBIC) for each in coarse]
    return PairSource([], photos, 1.0)


@pytest.fixture(scope="module")
def batch(source: PairSource) -> PairBatch:
    return draw_pairs(source, (64, 96), 2, np.random.default_rng(3), LIMITS)


@pytest.fixture
def start(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    path = tmp_path / "start.pt"
    torch.save({"averaged": StereoDepth(TINY).state_dict()}, path)
    return path


def test_a_run_changes_all_but_the_frozen_weights(source, start: Path, tmp_path: Path) -> None:
    told: list[dict[str, float]] = []
    network = train_stereo(
        source, tmp_path / "run", RECIPE, start, progress=lambda step, figures: told.append(figures)
    )
    assert len(told) == 4 and {"loss", "epe", "bad2", "guess_bad2"} == set(told[0])
    before = torch.load(start, weights_only=True)["averaged"]
    after = network.state_dict()
    assert before.keys() == after.keys()
    trained = {
        name for name, _ in network.named_parameters() if not torch.equal(before[name], after[name])
    }
    assert not [name for name in trained if name.startswith(tuple(
        f"trunk.stages.{stage}." for stage in range(RECIPE.frozen)))]  # fmt: skip
    for part in ("trunk.stages.3", "fusions.3", "see.0", "choose", "counts", "blend", "doubt"):
        assert any(name.startswith(part) for name in trained)


def test_a_run_in_two_parts_ends_like_one(source, start: Path, tmp_path: Path) -> None:
    runs = check_two_parts_end_like_one(
        lambda folder, progress: train_stereo(source, folder, RECIPE, start, progress=progress),
        tmp_path,
    )
    one, other = (read_rows(run / CURVE) for run in runs)
    assert one == other


def test_what_is_wrong_with_the_pairs_ends_the_run(source, start: Path, tmp_path: Path) -> None:
    bare = replace(source, packs=[build_pack([], "nothing")], cards=1.0)
    assert train_stereo(bare, tmp_path / "run", replace(RECIPE, loop=LoopConfig(steps=1)), start)

    class Damaged(PairSource):
        def draw(self, size, rng):
            raise DataError("A frame is damaged.", "Make the pack again.")

    with pytest.raises(DataError, match="damaged"):
        train_stereo(Damaged([], source.photos, 1.0), tmp_path / "other", RECIPE, start)


def test_the_loss_falls_on_a_batch_that_stays(batch: PairBatch) -> None:
    torch.manual_seed(0)
    network = StereoDepth(TINY).train()
    optimizer = build_optimizer(network, replace(RECIPE, learning_rate=3e-3))
    losses = []
    for _ in range(30):
        *found, error = network.levels(batch.left, batch.right, batch.guess, batch.sure)
        loss, _ = stereo_loss(found, error, batch, RECIPE)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])


def levels_off_by(batch: PairBatch, off: float) -> list[torch.Tensor]:
    """What the network would find if it were this far off at each level."""
    found = []
    for stride in (8, 4, 2, 1):
        middle = stride // 2
        found.append(batch.disparity[:, middle::stride, middle::stride] + off)
    return found


def test_the_loss_grows_with_the_error(batch: PairBatch) -> None:
    known = replace(batch, valid=torch.ones_like(batch.valid))
    losses, errors = [], []
    for off in (0.0, 0.5, 1.5, 3.0, 9.0):
        loss, figures = stereo_loss(
            levels_off_by(batch, off), torch.ones_like(batch.guess), known, RECIPE
        )
        losses.append(loss.item())
        errors.append(figures["epe"])
        assert figures["bad2"] == (100 if off > 2 else 0)
    assert losses == sorted(losses) and losses[0] == pytest.approx(0, abs=1e-5)
    assert errors == pytest.approx([0.0, 0.5, 1.5, 3.0, 9.0], abs=1e-4)


def test_the_expected_error_is_best_where_it_is_the_real_one(batch: PairBatch) -> None:
    found = levels_off_by(batch, 3.0)
    prices = [
        stereo_loss(found, torch.full_like(batch.guess, told), batch, RECIPE)[0].item()
        for told in (0.5, 3.0, 20.0)
    ]
    assert prices[1] < prices[0] and prices[1] < prices[2]


def test_pixels_without_truth_cost_nothing(batch: PairBatch) -> None:
    nothing = replace(batch, valid=torch.zeros_like(batch.valid))
    loss, figures = stereo_loss(
        levels_off_by(batch, 7.0), torch.ones_like(batch.guess), nothing, RECIPE
    )
    assert loss.item() == 0 and set(figures.values()) == {0.0}
    values = torch.tensor([[[1.0, torch.nan]]])
    assert mean_over(values, torch.tensor([[[True, False]]])).item() == 1


def test_the_price_of_errors_rises_evenly_from_nothing() -> None:
    prices = softened(torch.linspace(0, 50, 501)[None, None])[0, 0]
    assert prices[0] == 0 and (prices.diff() > 0).all()


def test_every_parameter_that_may_change_is_trained_and_old_ones_more_gently() -> None:
    network = StereoDepth(TINY)
    network.trunk.stages[0].requires_grad_(False)
    old, new = build_optimizer(network, RECIPE).param_groups
    trained = [each for each in network.parameters() if each.requires_grad]
    assert len(old["params"]) + len(new["params"]) == len(trained)
    assert old["lr"] == pytest.approx(RECIPE.unet_rate * new["lr"])
    fresh = {id(each) for each in new["params"]}
    mono = MonoDepth(TINY.unet).state_dict().keys()
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            assert (id(parameter) in fresh) == (name not in mono)


def test_a_run_may_begin_from_a_released_mono_network(source: PairSource, tmp_path: Path) -> None:
    torch.manual_seed(5)
    mono = MonoDepth(TINY.unet).train()
    for _ in range(5):  # norms that have seen nothing would be exported as one
        mono(torch.randint(0, 256, (4, 64, 64, 3)))
    manifest = of_size(MANIFEST, *EXAMPLES[0][0].shape[1:3])
    path = export_network(mono.eval(), manifest, tmp_path, EXAMPLES[:1], tolerance=0.05)
    network = StereoDepth(TINY)
    fresh = {name: value.clone() for name, value in network.state_dict().items()}
    begin(network, path, source, seed=0)
    begun = network.state_dict()
    for name, weights in mono.state_dict().items():
        if name.startswith("context.") and name.endswith(".weight"):
            torch.testing.assert_close(begun[name], weights, rtol=2e-3, atol=1e-4)
    started = MonoDepth(TINY.unet)
    shared = {name: begun[name] for name in begun.keys() & mono.state_dict().keys()}
    started.load_state_dict({**mono.state_dict(), **shared})
    with torch.inference_mode():
        image = torch.from_numpy(EXAMPLES[0][0])
        wanted, found = mono(image)[0], started.eval()(image)[0]
    assert np.corrcoef(wanted.ravel(), found.ravel())[0, 1] > 0.99
    for name in ("see.0.weight", "choose.weight", "counts", "describe.1.weight"):
        assert torch.equal(begun[name], fresh[name])


def test_a_checkpoint_of_another_network_is_refused(source, tmp_path: Path) -> None:
    path = tmp_path / "other.pt"
    torch.save({"averaged": MonoDepth(TINY.unet).state_dict()}, path)
    for start in (path, tmp_path / "absent.pt", tmp_path / "absent.onnx"):
        with pytest.raises(WeightsError):
            begin(StereoDepth(TINY), start, source, 0)


def test_the_command_explains_itself_and_refuses_what_it_lacks(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "Train the stereo network" in result.output
    options = ["-o", str(tmp_path), "--photos", str(tmp_path)]
    result = CliRunner().invoke(app, ["a.npz", *options, "--steps", "0"])
    assert result.exit_code == 2 and "steps" in result.output
    with pytest.raises(DataError, match="not a whole pack"):
        main([tmp_path / "absent.npz"], tmp_path / "run", tmp_path)
    with pytest.raises(DataError, match="no photos"):
        main([], tmp_path / "run", tmp_path)
