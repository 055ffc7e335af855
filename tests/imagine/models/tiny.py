"""Tiny generators with random weights, and tiny checkpoints in the layouts of others."""

import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AmusedPipeline,
    AmusedScheduler,
    AutoencoderKL,
    DDPMScheduler,
    EulerDiscreteScheduler,
    PixArtAlphaPipeline,
    PixArtTransformer2DModel,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    UVit2DModel,
    VQModel,
)
from sentencepiece import SentencePieceTrainer
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import nn
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
)

from stereopsis.imagine.models.autoencoder import AutoencoderConfig, build_autoencoder
from stereopsis.imagine.models.diffusion import DiffusionGenerator, NoiseConfig
from stereopsis.imagine.models.generator import Embedded
from stereopsis.imagine.models.latent import LatentConfig, build_latent
from stereopsis.imagine.models.masked import MaskedConfig, MaskedGenerator, build_masked
from stereopsis.imagine.models.pixel import PixelConfig, build_pixel
from stereopsis.imagine.models.text import MINILM_WIDTH
from stereopsis.imagine.models.unet import UNetConfig

WORDS = ["red", "green", "blue", "apple", "pear", "on", "a", "table"]
UNET = UNetConfig((8, 16), (False, True), 1, cross_width=16, head_width=8, groups=4)


class WordReader:
    """Each word a fixed random state; "" is a state of its own."""

    def embed(self, captions: Sequence[str]) -> Embedded:
        states = torch.zeros(len(captions), 4, MINILM_WIDTH)
        mask = torch.zeros(len(captions), 4, dtype=torch.bool)
        for i, caption in enumerate(captions):
            for k, word in enumerate(["", *caption.split()][:4]):
                rng = torch.Generator().manual_seed(sum(word.encode()))
                states[i, k] = torch.randn(MINILM_WIDTH, generator=rng)
                mask[i, k] = True
        return Embedded(states, mask)

    def networks(self) -> Sequence[nn.Module]:
        return []


def tiny_autoencoder(codes: int = 0) -> Any:
    torch.manual_seed(1)
    config = AutoencoderConfig(4, 0 if codes else 2, codes, channels=(8, 8), groups=4)
    return build_autoencoder(config, 16)


def tiny_latent() -> DiffusionGenerator:
    torch.manual_seed(0)
    return build_latent(LatentConfig(UNET), tiny_autoencoder(), WordReader(), 16)


def tiny_pixel(
    noise: NoiseConfig = PixelConfig().noise,  # noqa: B008
    side: int = 8,
) -> DiffusionGenerator:
    torch.manual_seed(0)
    return build_pixel(PixelConfig(UNET, noise, patch=2), WordReader(), side)


def tiny_masked() -> MaskedGenerator:
    torch.manual_seed(0)
    return build_masked(MaskedConfig(16, 1, 2, 32), tiny_autoencoder(32), WordReader(), 16)


def _tokenizer() -> PreTrainedTokenizerFast:
    known = {word: i for i, word in enumerate(["<pad>", "<s>", "</s>", "<unk>", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(known, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>",
        unk_token="<unk>", model_max_length=8,
    )  # fmt: skip


def _clip(projected: bool = False) -> Any:
    config = CLIPTextConfig(
        vocab_size=16, hidden_size=16, intermediate_size=16, projection_dim=16,
        num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=8,
        pad_token_id=0, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    return CLIPTextModelWithProjection(config) if projected else CLIPTextModel(config)


def _autoencoder() -> AutoencoderKL:
    return AutoencoderKL(block_out_channels=(8, 8), norm_num_groups=4, down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2)  # fmt: skip # noqa: E501


def _unet(**more: Any) -> UNet2DConditionModel:
    settings = dict(
        sample_size=8, block_out_channels=(8, 16), norm_num_groups=4, layers_per_block=1,
        attention_head_dim=2, cross_attention_dim=16,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    return UNet2DConditionModel(**(settings | more))


def write_stable_diffusion(folder: Path, **unet: Any) -> Path:
    torch.manual_seed(0)
    StableDiffusionPipeline(
        vae=_autoencoder(), text_encoder=_clip(), tokenizer=_tokenizer(), unet=_unet(**unet),
        scheduler=DDPMScheduler(clip_sample=False, steps_offset=1), safety_checker=None,
        feature_extractor=None, requires_safety_checker=False,
    ).save_pretrained(folder)  # fmt: skip
    return folder


def write_sdxl(folder: Path, **more: Any) -> Path:
    torch.manual_seed(0)
    settings = dict(
        cross_attention_dim=32, addition_embed_type="text_time", addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=16 + 6 * 8,
    )  # fmt: skip
    unet = _unet(**(settings | more))
    StableDiffusionXLPipeline(
        vae=_autoencoder(), text_encoder=_clip(), text_encoder_2=_clip(projected=True),
        tokenizer=_tokenizer(), tokenizer_2=_tokenizer(), unet=unet,
        scheduler=EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012),
        add_watermarker=False,
    ).save_pretrained(folder)  # fmt: skip
    return folder


def write_pixart(folder: Path) -> Path:
    torch.manual_seed(0)
    transformer = PixArtTransformer2DModel(
        sample_size=8, num_layers=1, patch_size=2, attention_head_dim=8, num_attention_heads=2,
        caption_channels=16, in_channels=4, cross_attention_dim=16, out_channels=8,
        norm_num_groups=4,
    )  # fmt: skip
    encoder = T5EncoderModel(
        T5Config(vocab_size=16, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    )
    PixArtAlphaPipeline(
        tokenizer=_tokenizer(), text_encoder=encoder, vae=_autoencoder(), transformer=transformer,
        scheduler=DDPMScheduler(clip_sample=False, steps_offset=1),
    ).save_pretrained(folder)  # fmt: skip
    return folder


def write_pixart_with_sentences(folder: Path) -> Path:
    """The same, and its tokenizer is a model of sentencepiece alone, as the released ones are."""
    write_pixart(folder)
    shutil.rmtree(folder / "tokenizer")
    (folder / "tokenizer").mkdir()
    trained = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(WORDS * 3), model_writer=trained, vocab_size=16, minloglevel=2,
        hard_vocab_limit=False, pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
    )  # fmt: skip
    (folder / "tokenizer" / "spiece.model").write_bytes(trained.getvalue())
    told = {"tokenizer_class": "T5Tokenizer", "extra_ids": 0}
    (folder / "tokenizer" / "tokenizer_config.json").write_text(json.dumps(told))
    index = json.loads((folder / "model_index.json").read_text())
    index["tokenizer"] = ["transformers", "T5Tokenizer"]
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def write_amused(folder: Path) -> Path:
    torch.manual_seed(0)
    transformer = UVit2DModel(
        hidden_size=16, cond_embed_dim=16, micro_cond_encode_dim=2, micro_cond_embed_dim=10,
        encoder_hidden_size=16, vocab_size=32, codebook_size=24, in_channels=16,
        block_out_channels=16, num_res_blocks=1, block_num_heads=2, num_hidden_layers=1,
        num_attention_heads=2, intermediate_size=16, sample_size=8,
    )  # fmt: skip
    autoencoder = VQModel(
        block_out_channels=(8, 8), norm_num_groups=4, num_vq_embeddings=24, latent_channels=4,
        vq_embed_dim=4, down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2, lookup_from_codebook=True,
        mid_block_add_attention=False,
    )  # fmt: skip
    AmusedPipeline(
        vqvae=autoencoder, tokenizer=_tokenizer(), text_encoder=_clip(projected=True),
        transformer=transformer, scheduler=AmusedScheduler(31),
    ).save_pretrained(folder)  # fmt: skip
    return folder
