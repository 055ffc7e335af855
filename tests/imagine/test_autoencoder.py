import json
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from skimage.metrics import structural_similarity

from stereopsis.errors import DataError, OptionError, WeightsError
from stereopsis.imagine import autoencoder
from stereopsis.imagine.autoencoder import (
    AutoencoderRecipe,
    main,
    settings_of,
    train_autoencoder,
)
from stereopsis.imagine.autoencoder_loss import Pair, build_judge, hinge, revive_codes
from stereopsis.imagine.captioned import read_captioned
from stereopsis.imagine.examples import shuffled
from stereopsis.imagine.models.autoencoder import AutoencoderConfig, open_autoencoder
from stereopsis.imagine.reconstruction import compare, psnr, rivals, ssim
from stereopsis.imagine.reconstruction import main as compare_runs
from stereopsis.train.features import build_eye
from stereopsis.train.loop import LoopConfig
from tests.imagine.models.tiny import tiny_autoencoder
from tests.imagine.shards_of import write_squares

SMALL = AutoencoderConfig(4, 1, channels=(8, 8), groups=4)


def recipe(
    steps: int, network: AutoencoderConfig = SMALL, stop: int | None = None
) -> AutoencoderRecipe:
    loop = LoopConfig(steps=steps, stop=stop, warmup=2, record_every=2, save_every=2)
    return AutoencoderRecipe(network, loop=loop, side=32, batch=4)


@pytest.mark.parametrize("codes", [0, 32])
def test_an_interrupted_training_ends_the_same(codes: int, tmp_path: Path) -> None:
    pictures = read_captioned([write_squares(tmp_path / "a.parquet")], 32)
    network = AutoencoderConfig(4, 0 if codes else 1, codes, channels=(8, 8), groups=4)
    whole = train_autoencoder(pictures, recipe(4, network), tmp_path / "whole")
    train_autoencoder(pictures, recipe(4, network, stop=2), tmp_path / "parts")
    parts = train_autoencoder(pictures, recipe(4, network), tmp_path / "parts")
    for name, value in whole.state_dict().items():
        assert torch.equal(value, parts.state_dict()[name]), name


def test_latents_have_unit_deviation(tmp_path: Path) -> None:
    pictures = read_captioned([write_squares(tmp_path / "a.parquet")], 32)
    found = train_autoencoder(pictures, recipe(2), tmp_path / "run")
    found.save_pretrained(tmp_path / "run" / "vae")
    from stereopsis.imagine.models.latent import LatentCoder

    coder = LatentCoder(open_autoencoder(tmp_path / "run"), 32)
    encoded = coder.encode(torch.from_numpy(pictures.pictures))
    assert abs(encoded.std() - 1) < 0.05


def test_latents_are_scaled_by_pictures_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = read_captioned([write_squares(tmp_path / "a.parquet")], 32)
    given: list[np.ndarray] = []
    monkeypatch.setattr(autoencoder, "MEASURED", 5)
    monkeypatch.setattr(autoencoder, "scale_latents", lambda found, some: given.append(some))
    train_autoencoder(pictures, recipe(0), tmp_path / "run")
    rows = shuffled(len(pictures), 0, 0)[:5]
    assert set(rows) != set(range(5)) and np.array_equal(given[0], pictures.pictures[rows])


def test_pictures_that_cannot_be_shrunk_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"20 px by 8.* a multiple of 8 px"):
        AutoencoderRecipe(side=20)
    tiny_autoencoder().save_pretrained(tmp_path / "vae")
    with pytest.raises(OptionError, match="a multiple of 2 px"):
        compare_runs(tmp_path, [f"ours={tmp_path}"], tmp_path / "table.md", side=33)


def test_other_pictures_are_another_training(tmp_path: Path) -> None:
    pictures = read_captioned([write_squares(tmp_path / "a.parquet")], 32)
    whole, fewer = (settings_of(recipe(2), each) for each in (pictures, pictures.pick([0, 1])))
    assert whole["config"] == fewer["config"] and whole["pictures"] != fewer["pictures"]
    assert whole == settings_of(recipe(4), pictures)


def test_judge_and_autoencoder_learn_from_their_own_losses_alone() -> None:
    pair = Pair(tiny_autoencoder(), build_judge(8))
    pictures = torch.rand(2, 3, 16, 16) * 2 - 1
    from stereopsis.imagine.autoencoder_loss import LossConfig

    def gradients(config: LossConfig) -> tuple[float, float]:
        pair.zero_grad()
        rng = torch.Generator().manual_seed(0)
        loss, _ = pair.losses(pictures, build_eye(), config, True, rng)
        loss.backward()
        return tuple(  # type: ignore[return-value]
            sum(float(p.grad.abs().sum()) for p in part.parameters() if p.grad is not None)
            for part in (pair.autoencoder, pair.judge)
        )

    strong, weak = gradients(LossConfig(judge=10.0)), gradients(LossConfig(judge=0.0))
    assert strong[0] != pytest.approx(weak[0]) and strong[1] == pytest.approx(weak[1])


def test_the_judge_loses_nothing_when_it_is_sure() -> None:
    assert hinge(torch.tensor([2.0]), torch.tensor([-2.0])) == 0
    assert hinge(torch.tensor([0.0]), torch.tensor([0.0])) == 1


def test_idle_codes_move_to_latents() -> None:
    autoencoder = tiny_autoencoder(32)
    pictures = torch.rand(4, 3, 16, 16) * 2 - 1
    moved = revive_codes(autoencoder, pictures, torch.Generator().manual_seed(0))
    assert moved > 0
    again = revive_codes(autoencoder, pictures, torch.Generator().manual_seed(1))
    assert again < moved


def test_likeness_agrees_with_a_reference_and_knows_its_ends() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    b = np.clip(a.astype(int) + rng.integers(-30, 30, a.shape), 0, 255).astype(np.uint8)
    reference = structural_similarity(
        a, b, channel_axis=2, data_range=255, gaussian_weights=True, use_sample_covariance=False
    )
    assert ssim(a, b) == pytest.approx(reference, abs=0.01)
    assert ssim(a, a) == pytest.approx(1) and psnr(a, a) == 99
    assert psnr(np.zeros_like(a), np.full_like(a, 255)) == 0
    assert compare(a[None], a[None]).feature == pytest.approx(0, abs=1e-6)


def test_rivals_are_as_named() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype(np.uint8)
    found = {name: method(pictures) for name, method in rivals(pictures).items()}
    assert np.array_equal(found["mean picture"][0], found["mean picture"][1])
    flat = np.full_like(pictures, 7)
    assert np.array_equal(rivals(flat)["average of 8 x 8 px"](flat), flat)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One to learn from, and one that holds the same pictures and some more."""
    folder = tmp_path_factory.mktemp("shards")
    return write_squares(folder / "a.parquet", 48), write_squares(folder / "b.parquet", 64)


def test_the_command_writes_autoencoder_and_table(
    shards: tuple[Path, Path], tmp_path: Path
) -> None:
    shard, more = shards
    with pytest.raises(typer.Exit) as left:
        main([shard], tmp_path / "run", side=32, steps=2, batch=4, held_out=[more], minutes=0.0)
    assert left.value.exit_code == 3
    assert not any((tmp_path / "run" / name).exists() for name in ("vae", "table.md"))
    with pytest.raises(OptionError, match=r"autoencoder with other settings \(seed 0, not 5\)"):
        main([shard], tmp_path / "run", side=32, steps=2, batch=4, held_out=[more], seed=5)
    main([shard], tmp_path / "run", side=32, steps=2, batch=4, held_out=[more])
    table = (tmp_path / "run" / "table.md").read_text()
    assert "| autoencoder |" in table and "| mean picture |" in table
    assert (tmp_path / "run" / "sheet.png").exists()
    assert open_autoencoder(tmp_path / "run").config["in_channels"] == 27
    told = json.loads((tmp_path / "run" / "report.json").read_text())
    learned, held_out = (read_captioned([path], 32).hashes for path in shards)
    new = [digest for digest in held_out if digest not in learned]
    assert told["settings"]["steps"] == 2
    assert told["tested"] == len(new) and told["dropped"] == len(held_out) - len(new) >= 42
    assert f"{told['dropped']} more were left out" in table

    ours, result = [f"ours={tmp_path / 'run'}"], tmp_path / "table.md"
    compare_runs(more, ours, result, learned_from=[shard], side=32)
    assert "| ours |" in result.read_text()
    assert f"Tested on {len(new)} held-out pictures; {told['dropped']} more" in result.read_text()
    with pytest.raises(DataError, match="All"):
        compare_runs(more, ours, result, learned_from=[shard, more], side=32)


@pytest.mark.parametrize("levels", [2, 4])
def test_levels_say_how_much_it_shrinks(
    levels: int, shards: tuple[Path, Path], tmp_path: Path
) -> None:
    shard, more = shards
    main([shard], tmp_path, codes=8, side=32, levels=levels, steps=2, batch=4, held_out=[more])
    found = open_autoencoder(tmp_path)
    encoded = found.encode(torch.zeros(1, 3, 32, 32)).latents
    assert encoded.shape[-1] == 32 // 2 ** (levels - 1)


def test_what_was_learned_from_is_no_test(shards: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="All 42 held-out pictures are among those"):
        main([shards[1]], tmp_path / "run", side=32, steps=2, batch=4, held_out=[shards[0]])
    assert not list((tmp_path / "run").iterdir())


def test_no_autoencoder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="holds no finished autoencoder"):
        open_autoencoder(tmp_path)
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / "config.json").write_text("{")
    with pytest.raises(WeightsError, match="cannot be opened"):
        open_autoencoder(tmp_path)
