from dataclasses import replace
from pathlib import Path

import pytest
import torch

from stereopsis.errors import OptionError
from stereopsis.imagine import pretrain
from stereopsis.imagine.captioned import read_captioned
from stereopsis.imagine.encode import encode_pictures, key_of
from stereopsis.imagine.models.diffusion import NoiseConfig
from stereopsis.imagine.models.layout import Kind
from stereopsis.imagine.models.open import open_generator
from stereopsis.imagine.models.pixel import PixelConfig
from stereopsis.imagine.pretrain import PretrainRecipe, build_generator, settings_of
from stereopsis.imagine.signed import sign
from stereopsis.imagine.train_config import TrainConfig
from tests.imagine.models.tiny import WordReader, tiny_autoencoder, tiny_latent, tiny_pixel
from tests.imagine.shards_of import write_squares


@pytest.fixture(autouse=True)
def word_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrain, "open_minilm", WordReader)


def test_a_pack_is_used_as_long_as_it_fits(tmp_path: Path) -> None:
    pictures = read_captioned([write_squares(tmp_path / "a.parquet")], 16)
    told: list[int] = []

    def encode(generator: object) -> torch.Tensor:
        told.clear()
        return encode_pictures(
            generator,  # type: ignore[arg-type]
            pictures,
            tmp_path / "pack.npz",
            lambda done, total: told.append(done),
        ).encoded

    generator = tiny_latent()
    first = encode(generator)
    assert told and first.dtype == torch.float16
    assert torch.equal(encode(generator), first) and not told
    next(iter(generator.frozen()[0].parameters())).add_(1)
    assert not torch.equal(encode(generator), first) and told
    whole = (tmp_path / "pack.npz").read_bytes()
    for damaged in (b"", b"other", whole[: len(whole) // 2], whole[:-1]):
        (tmp_path / "pack.npz").write_bytes(damaged)
        encode(generator)
        assert told


def test_a_key_knows_frozen_numbers_without_dimensions(tmp_path: Path) -> None:
    pictures = read_captioned([write_squares(tmp_path / "a.parquet")], 16)
    generator = tiny_latent()
    before = key_of(generator, pictures)
    generator.frozen()[0].register_buffer("shift", torch.tensor(1.0))
    assert key_of(generator, pictures) != before == key_of(tiny_latent(), pictures)


def test_pretraining_leaves_a_generator_and_sheets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretrain, "build_generator", lambda recipe: tiny_pixel())
    shard = write_squares(tmp_path / "a.parquet")
    train = TrainConfig(steps=4, batch=4, record_every=2, save_every=2, look_every=2)
    recipe = PretrainRecipe("pixel", 8, None, train, ["red square"])
    pictures = read_captioned([shard], 8)
    made = pretrain.pretrain(recipe, pictures, tmp_path / "run")
    assert {p.name for p in (tmp_path / "run" / "sheets").iterdir()} == {
        "0000002.png",
        "0000004.png",
    }
    again = open_generator(tmp_path / "run" / "model", WordReader())
    drawn = [each.sample(["red square"], [1]) for each in (made, again)]
    assert torch.equal(*drawn)

    longer = replace(recipe, train=replace(train, steps=6))
    pretrain.pretrain(longer, pictures, tmp_path / "run")
    assert (tmp_path / "run" / "sheets" / "0000006.png").exists()
    with pytest.raises(OptionError, match=r"a pre-training with other settings \(seed 0, not 5\)"):
        other = replace(recipe, train=replace(train, seed=5))
        pretrain.pretrain(other, pictures, tmp_path / "run")
    with pytest.raises(OptionError, match=r"\(shape cosine, not constant, warmup 200, not 7\)"):
        other = replace(recipe, train=replace(train, warmup=7, shape="constant"))
        pretrain.pretrain(other, pictures, tmp_path / "run")
    with pytest.raises(OptionError, match="other pictures"):
        pretrain.pretrain(recipe, pictures.pick([0, 1, 2, 3]), tmp_path / "run")


def test_a_model_that_learns_another_target_needs_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = PretrainRecipe("pixel", 8)
    before = settings_of(recipe, "a")
    sign(tmp_path / "now", before, "pre-training")
    del before["model"]  # as folders were signed when the target was v
    sign(tmp_path / "early", before, "pre-training")
    sign(tmp_path / "now", settings_of(recipe, "a"), "pre-training")
    changed = PixelConfig(noise=NoiseConfig(target="v_prediction"))
    monkeypatch.setitem(pretrain.MODELS, "pixel", changed)
    for name in ("now", "early"):
        with pytest.raises(OptionError, match=r"with other settings \(another model\)"):
            sign(tmp_path / name, settings_of(recipe, "a"), "pre-training")


def test_a_folder_that_was_signed_with_less_goes_on(tmp_path: Path) -> None:
    config = {"seed": 0, "rate": 0.1}
    sign(tmp_path, {"config": config, "pictures": "a"}, "pre-training")
    sign(tmp_path, {"config": {**config, "warmup": 7}, "pictures": "a"}, "pre-training")
    with pytest.raises(OptionError, match=r"\(seed 0, not 1\)"):
        sign(tmp_path, {"config": {**config, "seed": 1}, "pictures": "a"}, "pre-training")


def test_each_kind_needs_its_autoencoder(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="A latent model needs an autoencoder"):
        build_generator(PretrainRecipe("latent"))
    tiny_autoencoder().save_pretrained(tmp_path / "vae")
    with pytest.raises(OptionError, match=r"does not go with a masked model.*--codes 1024"):
        build_generator(PretrainRecipe("masked", 16, tmp_path))
    assert build_generator(PretrainRecipe("latent", 16, tmp_path)).side == 16


@pytest.mark.parametrize(("kind", "codes", "name"), [("latent", 0, "vae"), ("masked", 8, "vqvae")])
def test_pictures_that_the_autoencoder_cannot_shrink_are_refused(
    kind: Kind, codes: int, name: str, tmp_path: Path
) -> None:
    tiny_autoencoder(codes).save_pretrained(tmp_path / name)
    with pytest.raises(OptionError, match="33 px by 2"):
        build_generator(PretrainRecipe(kind, 33, tmp_path))
