"""Masked transformer: diffusers' UVit fills in the codes of a picture, all places at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AmusedScheduler, UVit2DModel, VQModel
from jaxtyping import Float, Int64, UInt8
from torch import Tensor, nn

from stereopsis.imagine.models.autoencoder import check_side, decode_quantised
from stereopsis.imagine.models.generator import (
    AS_RELEASED,
    Embedded,
    Generator,
    SampleConfig,
    last_steps,
)
from stereopsis.imagine.models.guidance import embed_twice, evaluating, guide
from stereopsis.imagine.models.layout import Save, keep_parts
from stereopsis.imagine.models.maskgit import draw_mask, fill_in, open_again
from stereopsis.imagine.models.pixels import to_pictures, to_unit
from stereopsis.imagine.models.text import MINILM_WIDTH, Reader

# (network, codes, captions) to the logits of each place.
Call = Callable[[nn.Module, Tensor, Embedded], Float[Tensor, "n codes y x"]]


@dataclass(frozen=True)
class MaskedConfig:
    """A masked transformer; the defaults make 6.4 M parameters.

    Its residual blocks, half of them before the transformer and half after it, are all that tells
    one place from another, by how far the border is: together they reach twice as many places.
    """

    width: int = 192
    layers: int = 2
    heads: int = 3
    inner: int = 512  # of the gated feed-forward layers
    blocks: int = 3  # before the transformer, and as many after it


@dataclass(frozen=True)
class MaskedParts:
    """What stands around a masked transformer."""

    autoencoder: VQModel
    reader: Reader
    mask_code: int
    call: Call
    save: Save


class MaskedGenerator(Generator):
    """A masked transformer with its parts, our own or of another checkpoint."""

    is_noised = False

    def __init__(self, network: nn.Module, side: int, parts: MaskedParts) -> None:
        self.network = network
        self.side = side
        self._parts = parts
        parts.autoencoder.eval().requires_grad_(False)

    @torch.no_grad()
    def encode(self, pictures: UInt8[Tensor, "n h w 3"]) -> Int64[Tensor, "n y x"]:
        """As every Generator does: the numbers of the nearest codes."""
        autoencoder = self._parts.autoencoder
        signal = to_unit(pictures.to(self.device))
        latents = autoencoder.encode(signal).latents
        codes = autoencoder.quantize(latents)[2][2]
        numbers: Tensor = codes.reshape(len(pictures), *latents.shape[2:])
        return numbers

    @torch.no_grad()
    def decode(self, encoded: Int64[Tensor, "n y x"]) -> UInt8[Tensor, "n h w 3"]:
        """As every Generator does."""
        autoencoder = self._parts.autoencoder
        shape = (*encoded.shape, int(autoencoder.config["latent_channels"]))
        found = autoencoder.quantize.get_codebook_entry(encoded.flatten(), shape)
        return to_pictures(2 * decode_quantised(autoencoder, found) - 1).cpu()

    def embed(self, captions: Sequence[str]) -> Embedded:
        """As every Generator does."""
        return self._parts.reader.embed(captions).to(self.device)

    def loss(
        self,
        network: nn.Module,
        encoded: Tensor,
        embedded: Embedded,
        rng: torch.Generator,
        noise_offset: float = 0.0,
    ) -> Float[Tensor, ""]:
        """The cross entropy of the codes at masked places; codes take no noise, nor its offset."""
        hidden = draw_mask(encoded.shape, rng).to(encoded.device)
        codes = torch.where(hidden, self._parts.mask_code, encoded)
        logits = self._parts.call(network, codes, embedded).float()
        told = logits.permute(0, 2, 3, 1)[hidden]
        return nn.functional.cross_entropy(told, encoded[hidden])

    @torch.no_grad()
    def sample(
        self, captions: Sequence[str], seeds: Sequence[int], config: SampleConfig = AS_RELEASED
    ) -> UInt8[Tensor, "n h w 3"]:
        """As every Generator does, by parallel decoding; each picture draws with its own seed."""
        edge = edge_of(self._parts.autoencoder, self.side)
        codes = torch.full((len(captions), edge * edge), self._parts.mask_code, device=self.device)
        draws = [torch.Generator().manual_seed(seed) for seed in seeds]
        return self._fill_in(codes, captions, draws, 0, config)

    @torch.no_grad()
    def redraw(
        self,
        pictures: UInt8[Tensor, "n h w 3"],
        captions: Sequence[str],
        seeds: Sequence[int],
        strength: float,
        config: SampleConfig = AS_RELEASED,
    ) -> UInt8[Tensor, "n h w 3"]:
        """As every Generator does: as many places are opened as a later round finds open."""
        first = config.steps - last_steps(strength, config)
        draws = [torch.Generator().manual_seed(seed) for seed in seeds]
        codes = self.encode(pictures).flatten(1)
        opened = open_again(codes, self._parts.mask_code, first / config.steps, draws)
        return self._fill_in(opened, captions, draws, first, config)

    def _fill_in(
        self,
        codes: Int64[Tensor, "n l"],
        captions: Sequence[str],
        draws: Sequence[torch.Generator],
        first: int,
        config: SampleConfig,
    ) -> UInt8[Tensor, "n h w 3"]:
        mask, edge = self._parts.mask_code, edge_of(self._parts.autoencoder, self.side)
        embedded = embed_twice(self, captions)
        with evaluating(self.network):
            for step in range(first, config.steps):
                twice = codes.repeat(2, 1).reshape(-1, edge, edge)
                logits = self._parts.call(self.network, twice, embedded).float().flatten(2).mT
                guided = guide(logits, config.guidance)
                codes = fill_in(guided, codes, mask, (step + 1) / config.steps, draws)
        return self.decode(codes.reshape(-1, edge, edge))

    def save(self, folder: Path, half: bool = False) -> None:
        """As every Generator does."""
        self._parts.save(self.network, folder, half)

    def frozen(self) -> Sequence[nn.Module]:
        """As every Generator does."""
        return [self._parts.autoencoder, *self._parts.reader.networks()]

    def settings(self) -> Mapping[str, Any]:
        """As every Generator does: the code that hides another."""
        return {"mask_code": self._parts.mask_code}


def build_masked(
    config: MaskedConfig, autoencoder: VQModel, reader: Reader, side: int = 64
) -> MaskedGenerator:
    """A masked transformer with random weights on the codes of this autoencoder.

    Raises:
        OptionError: the autoencoder cannot shrink pictures of this side.
    """
    check_side(side, autoencoder.config["block_out_channels"])
    codes = int(autoencoder.config["num_vq_embeddings"])
    edge = edge_of(autoencoder, side)
    network = UVit2DModel(
        hidden_size=config.width,
        cond_embed_dim=MINILM_WIDTH,
        micro_cond_encode_dim=16,
        micro_cond_embed_dim=5 * 16,
        encoder_hidden_size=MINILM_WIDTH,
        vocab_size=codes + 1,
        codebook_size=codes,
        in_channels=config.width,
        block_out_channels=config.width,
        num_res_blocks=config.blocks,
        block_num_heads=config.heads,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        intermediate_size=config.inner,
        sample_size=edge,
    )
    return assemble_masked(network, autoencoder, AmusedScheduler(codes), reader, side)


def assemble_masked(
    network: UVit2DModel,
    autoencoder: VQModel,
    scheduler: AmusedScheduler,
    reader: Reader,
    side: int,
) -> MaskedGenerator:
    """The generator that these parts are."""
    save = keep_parts("masked", side, {"vqvae": autoencoder, "scheduler": scheduler})
    mask = int(scheduler.config["mask_token_id"])
    parts = MaskedParts(autoencoder, reader, mask, _call_with_mean(side), save)
    return MaskedGenerator(network, side, parts)


def edge_of(autoencoder: VQModel, side: int) -> int:
    """How many codes make up a side of a picture that is `side` px wide."""
    return int(side // 2 ** (len(autoencoder.config["block_out_channels"]) - 1))


def call_uvit(
    network: nn.Module, codes: Int64[Tensor, "n y x"], embedded: Embedded, side: int
) -> Float[Tensor, "n codes y x"]:
    """The logits of a UVit2DModel, for whole pictures of this side and its usual figures."""
    # Width and height, where a crop begins, and aMUSEd's score of beauty.
    figures = torch.tensor([side, side, 0, 0, 6], dtype=torch.float32, device=codes.device)
    logits: Tensor = network(
        codes,
        encoder_hidden_states=embedded.states,
        pooled_text_emb=embedded.extras["text_embeds"],
        micro_conds=figures.expand(len(codes), -1),
    )
    return logits


def _call_with_mean(side: int) -> Call:
    """A call for states alone: their mean is what goes to all layers; padding is silent."""

    def call(network: nn.Module, codes: Tensor, embedded: Embedded) -> Tensor:
        mask = embedded.mask[..., None].float()
        states = embedded.states * mask
        mean = states.sum(1) / mask.sum(1).clamp(min=1)
        return call_uvit(
            network, codes, Embedded(states, embedded.mask, {"text_embeds": mean}), side
        )

    return call
