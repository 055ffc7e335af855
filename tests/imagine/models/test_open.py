import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL, DiffusionPipeline, UNet2DConditionModel

from stereopsis.errors import MissingExtraError, OptionError, WeightsError
from stereopsis.imagine.models.generator import Generator, SampleConfig
from stereopsis.imagine.models.open import open_generator
from stereopsis.imagine.models.parts import open_tokenizer
from tests.imagine.models.tiny import (
    WordReader,
    tiny_latent,
    tiny_masked,
    tiny_pixel,
    write_amused,
    write_pixart,
    write_pixart_with_sentences,
    write_sdxl,
    write_stable_diffusion,
)

OURS = {"latent": tiny_latent, "pixel": tiny_pixel, "masked": tiny_masked}
OTHERS = {
    "sd": write_stable_diffusion,
    "sdxl": write_sdxl,
    "pixart": write_pixart,
    "pixart with sentences": write_pixart_with_sentences,
    "amused": write_amused,
}
FEW = SampleConfig(3, 2.0)


def open_any(name: str, folder: Path) -> Generator:
    if name in OURS:
        return OURS[name]()
    return open_generator(OTHERS[name](folder))


@pytest.mark.parametrize("name", [*OURS, *OTHERS])
def test_a_generator_is_the_same_when_opened_again(name: str, tmp_path: Path) -> None:
    first = open_any(name, tmp_path / "first")
    with torch.no_grad():
        next(first.network.parameters()).add_(0.1)  # as training would
    first.save(tmp_path / "again")
    again = open_generator(tmp_path / "again", WordReader())
    drawn = [each.sample(["a red apple"], [5], FEW) for each in (first, again)]
    assert torch.equal(*drawn) and drawn[0].shape == (1, first.side, first.side, 3)
    again.save(tmp_path / "third")
    told = [path.read_text(encoding="utf-8") for path in (tmp_path / "third").rglob("config.json")]
    assert told and not any(str(tmp_path) in each for each in told)


@pytest.mark.parametrize("name", [*OURS, *OTHERS])
def test_a_picture_does_not_depend_on_its_batch(name: str, tmp_path: Path) -> None:
    generator = open_any(name, tmp_path / "first")
    together = generator.sample(["a red apple", "blue pear"], [5, 6], FEW)
    alone = generator.sample(["blue pear"], [6], FEW)
    assert (together[1].int() - alone[0].int()).abs().max() <= 1


@pytest.mark.parametrize("name", [*OURS, *OTHERS])
def test_training_reaches_all_weights_that_captions_reach(name: str, tmp_path: Path) -> None:
    generator = open_any(name, tmp_path / "first")
    pictures = torch.randint(0, 256, (2, generator.side, generator.side, 3)).byte()
    encoded = generator.encode(pictures)
    rng = torch.Generator().manual_seed(0)
    loss = generator.loss(
        generator.network, encoded, generator.embed(["a red apple", ""]), rng, 0.1
    )
    loss.backward()
    assert torch.isfinite(loss)
    reached = [p for p in generator.network.parameters() if p.grad is not None]
    assert len(reached) > 0.9 * len(list(generator.network.parameters()))
    assert all(not p.requires_grad for part in generator.frozen() for p in part.parameters())


@pytest.mark.parametrize("name", [*OURS, *OTHERS])
def test_loss_is_repeatable(name: str, tmp_path: Path) -> None:
    generator = open_any(name, tmp_path / "first")
    encoded = generator.encode(torch.zeros(2, generator.side, generator.side, 3).byte())
    words = generator.embed(["a red apple", "pear"])
    losses = [
        generator.loss(generator.network, encoded, words, torch.Generator().manual_seed(4))
        for _ in range(2)
    ]
    assert losses[0] == losses[1]


@pytest.mark.parametrize("build", OURS.values())
def test_ordinary_classes_open_the_parts(build: Callable[[], Generator], tmp_path: Path) -> None:
    build().save(tmp_path, half=True)
    index = json.loads((tmp_path / "model_index.json").read_text())
    assert {part for part, value in index.items() if isinstance(value, list)} <= {
        path.name for path in tmp_path.iterdir()
    }
    if "unet" in index:
        UNet2DConditionModel.from_pretrained(tmp_path / "unet")
    if "vae" in index:
        AutoencoderKL.from_pretrained(tmp_path / "vae")


@pytest.mark.parametrize("name", OTHERS)
def test_saved_checkpoints_stay_ordinary(name: str, tmp_path: Path) -> None:
    generator = open_generator(OTHERS[name](tmp_path / "first"))
    generator.save(tmp_path / "again")
    pipeline = DiffusionPipeline.from_pretrained(tmp_path / "again")
    assert set(pipeline.components) >= {"scheduler", "tokenizer"}


@pytest.mark.parametrize("guidance", [float("nan"), float("inf")])
def test_guidance_is_a_number(guidance: float) -> None:
    with pytest.raises(OptionError, match="a finite guidance"):
        SampleConfig(3, guidance)


def test_an_inpainting_checkpoint_is_refused(tmp_path: Path) -> None:
    write_stable_diffusion(tmp_path, in_channels=9)
    with pytest.raises(WeightsError, match="takes 9 channels, its autoencoder makes 4"):
        open_generator(tmp_path)


@pytest.mark.parametrize(
    "more",
    [
        {"class_embed_type": "projection", "projection_class_embeddings_input_dim": 64},
        {"num_class_embeds": 3},
        {"time_cond_proj_dim": 8},
        {"addition_embed_type": "text"},
    ],
)
@pytest.mark.parametrize("write", [write_stable_diffusion, write_sdxl])
def test_a_unet_that_needs_more_than_a_caption_is_refused(
    write: Callable[..., Path], more: dict[str, object], tmp_path: Path
) -> None:
    write(tmp_path, **more)
    with pytest.raises(WeightsError, match=f"needs more than a caption.*{next(iter(more))}"):
        open_generator(tmp_path)


def test_a_checkpoint_of_another_kind_is_refused(tmp_path: Path) -> None:
    index = {"_class_name": "FluxPipeline", "transformer": ["diffusers", "FluxTransformer2DModel"]}
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(WeightsError, match="is a FluxPipeline, which cannot be used here"):
        open_generator(tmp_path)


def test_a_flow_is_refused(tmp_path: Path) -> None:
    write_stable_diffusion(tmp_path)
    path = tmp_path / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps({"_class_name": "FlowMatchEulerDiscreteScheduler"}))
    with pytest.raises(WeightsError, match="not trained by adding noise in steps"):
        open_generator(tmp_path)


@pytest.mark.parametrize("name", ["masked", "latent"])
def test_weights_are_as_readable_as_other_files(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    OURS[name]().save(folder)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.suffix == ".safetensors" for path in files) >= 2
    assert len({path.stat().st_mode for path in files}) == 1


def test_only_parts_go_along_and_no_result_is_copied_into_itself(tmp_path: Path) -> None:
    generator = open_generator(write_stable_diffusion(tmp_path))
    generator.save(tmp_path / "out" / "tuned")
    names = {path.name for path in (tmp_path / "out" / "tuned").iterdir()}
    assert names == {path.name for path in tmp_path.iterdir()} - {"out"}


@pytest.mark.parametrize("name", ["latent", "sd"])
def test_missing_parts_are_listed_and_not_asked_of_the_hub(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_any(name, tmp_path / "first").save(tmp_path / "me" / "model")
    for part in ("vae", "scheduler"):
        (tmp_path / "me" / "model" / part).rename(tmp_path / part)
    monkeypatch.chdir(tmp_path)  # where a relative path looks like an ID of the hub
    with pytest.raises(WeightsError, match=r"lacks (vae, scheduler|scheduler, vae)\."):
        open_generator("me/model", WordReader())
    (tmp_path / "vae").rename(tmp_path / "me" / "model" / "vae")
    (tmp_path / "scheduler").rename(tmp_path / "me" / "model" / "scheduler")
    assert open_generator("me/model", WordReader()).side == 16


def set_scheduler(folder: Path, **changes: object) -> Path:
    path = folder / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return folder


def test_noise_without_a_signal_is_trained_and_drawn_with(tmp_path: Path) -> None:
    folder = write_stable_diffusion(tmp_path)
    drawn, losses = [], []
    for ends in (False, True):
        set_scheduler(folder, prediction_type="v_prediction", rescale_betas_zero_snr=ends)
        generator = open_generator(folder)
        words, rng = generator.embed(["pear"] * 64), torch.Generator().manual_seed(0)
        encoded = torch.ones(64, 4, 8, 8)
        losses.append(generator.loss(generator.network, encoded, words, rng).item())
        drawn.append(generator.sample(["pear"], [1], FEW))
    assert not torch.equal(*drawn) and losses[0] != losses[1]
    set_scheduler(folder, prediction_type="epsilon")
    with pytest.raises(WeightsError, match="ends in pure noise"):
        open_generator(folder)


def test_a_tokenizer_of_sentences_reads_words_and_pads(tmp_path: Path) -> None:
    tokenizer = open_tokenizer(write_pixart_with_sentences(tmp_path), "tokenizer")
    short, long = tokenizer(["red", "red apple on"], padding="longest")["input_ids"]
    assert len(short) == len(long) and short[-1] == 0 and long[-1] == 1
    assert tokenizer.decode(long, skip_special_tokens=True) == "red apple on"


@pytest.mark.parametrize(
    ("package", "module"), [("sentencepiece", "sentencepiece"), ("protobuf", "google.protobuf")]
)
def test_a_tokenizer_says_what_reads_it(
    package: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pixart_with_sentences(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=f"needs {package}, which .* pip install {package}"):
        open_generator(tmp_path)


@pytest.mark.parametrize("name", [*OURS, *OTHERS])
def test_a_digest_knows_weights_and_side_wherever_they_lie(name: str, tmp_path: Path) -> None:
    first = open_any(name, tmp_path / "first")
    first.save(tmp_path / "again")
    again = open_generator(tmp_path / "again", WordReader())
    assert first.digest == again.digest == again.with_network(first.network).digest
    again.side *= 2
    assert first.digest != again.digest
    again.side = first.side
    with torch.no_grad():
        next(again.network.parameters()).add_(0.1)
    assert first.digest != again.digest


@pytest.mark.parametrize("change", [{"prediction_type": "v_prediction"}, {"beta_end": 0.012}])
def test_a_digest_knows_the_noise(change: dict[str, object], tmp_path: Path) -> None:
    folder = write_stable_diffusion(tmp_path)
    before = open_generator(folder).digest
    assert open_generator(set_scheduler(folder, steps_offset=0)).digest == before
    assert open_generator(set_scheduler(folder, **change)).digest != before


def test_no_generator_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="There is no folder"):
        open_generator("nowhere-at-all")
    with pytest.raises(WeightsError, match="holds no generator"):
        open_generator(tmp_path)


def test_a_damaged_generator_is_named(tmp_path: Path) -> None:
    tiny_latent().save(tmp_path)
    (tmp_path / "unet" / "config.json").write_text("{")
    with pytest.raises(WeightsError, match="is damaged"):
        open_generator(tmp_path, WordReader())


@pytest.mark.filterwarnings("ignore:It is deprecated to pass a pretrained:FutureWarning")  # of []
@pytest.mark.parametrize("name", [*OURS, *OTHERS])
def test_each_damaged_file_is_told_in_a_sentence(name: str, tmp_path: Path) -> None:
    if name in OTHERS:
        OTHERS[name](tmp_path)
    else:
        OURS[name]().save(tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 4
    for path in files:
        whole = path.read_bytes()
        for damaged in (b"", whole[: len(whole) // 2], b"[]"):
            path.write_bytes(damaged)
            with pytest.raises(WeightsError):
                open_generator(tmp_path, WordReader())
        path.write_bytes(whole)
    open_generator(tmp_path, WordReader())
