"""What an autoencoder learns from: likeness in colour and in features, and a judge of patches."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from stereopsis.imagine.models.autoencoder import Autoencoder, decode_quantised
from stereopsis.imagine.models.fourier import frequencies_of, lift
from stereopsis.nets.trunk import Trunk
from stereopsis.train.features import feature_distance

AREA_PX = 8

Pictures = Float[Tensor, "n 3 h w"]  # in -1..1


@dataclass(frozen=True)
class LossConfig:
    """Weights beside the mean absolute error, whose own is 1.

    `area` is of the squared error between means over 8 x 8 px, which a wrong hue makes large:
    without it a run of 4,500 steps drew shapes well and took green for brown.
    `kl` is of the mean over a latent's numbers, `commitment` of latents to their codes; the judge
    joins at the share `judge_from` of the steps.
    """

    area: float = 5.0
    feature: float = 0.3
    kl: float = 1e-5
    commitment: float = 0.25
    judge: float = 0.03
    judge_from: float = 0.7


def build_judge(width: int = 32) -> nn.Sequential:
    """A patch judge: high where a patch looks real.

    Source: Isola et al., Image-to-Image Translation (2017), section 3.2.2, with fewer layers.
    """
    layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)]
    for channels in (width, 2 * width):
        layers += [
            nn.Conv2d(channels, 2 * channels, 4, 2, 1),
            nn.GroupNorm(8, 2 * channels),
            nn.LeakyReLU(0.2),
        ]
    return nn.Sequential(*layers, nn.Conv2d(4 * width, 1, 3, 1, 1))


class Pair(nn.Module):
    """The autoencoder and its judge, which one optimizer trains at once.

    Each learns from its own loss alone: what the autoencoder is told by the judge passes through
    copies of its weights that receive no gradient.
    """

    def __init__(self, autoencoder: Autoencoder, judge: nn.Sequential) -> None:
        super().__init__()
        self.autoencoder = autoencoder
        self.judge = judge

    def losses(
        self, pictures: Pictures, eye: Trunk, config: LossConfig, judged: bool, rng: torch.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        """The sum of all losses of a batch, and figures to record."""
        painted, extra = reconstruct(self.autoencoder, pictures, rng)
        absolute = (painted - pictures).abs().mean()
        features = feature_distance(_levels(painted), _levels(pictures), eye)
        weight = (
            config.commitment if self.autoencoder.config.get("num_vq_embeddings") else config.kl
        )
        areas = functional.avg_pool2d(painted - pictures, AREA_PX).square().mean()
        loss = absolute + config.area * areas + config.feature * features + weight * extra
        figures = {
            "l1": absolute.item(),
            "area": areas.item(),
            "feature": features.item(),
            "extra": extra.item(),
            "fooled": 0.0,  # and below, once the judge has joined: a curve's columns never change
            "judging": 0.0,
        }
        if judged:
            still = {name: value.detach() for name, value in self.judge.named_parameters()}
            fooled: Tensor = functional_call(self.judge, still, (painted,))
            judging = hinge(self.judge(pictures), self.judge(painted.detach()))
            loss = loss - config.judge * fooled.mean() + judging
            figures |= {"fooled": fooled.mean().item(), "judging": judging.item()}
        return loss, figures


@torch.no_grad()
def revive_codes(autoencoder: Autoencoder, pictures: Pictures, rng: torch.Generator) -> int:
    """Moves codes that no place of the pictures uses onto random latents; returns how many."""
    latents = autoencoder.encode((pictures + 1) / 2).latents.float()
    used = autoencoder.quantize(latents)[2][2]
    table = autoencoder.quantize.embedding.weight
    idle = torch.ones(len(table), dtype=torch.bool, device=table.device)
    idle[used.flatten()] = False
    found = latents.permute(0, 2, 3, 1).flatten(0, 2)
    chosen = torch.randint(0, len(found), (int(idle.sum()),), generator=rng).to(table.device)
    table[idle] = found[chosen].to(table.dtype)
    return len(chosen)


def hinge(real: Tensor, painted: Tensor) -> Tensor:
    """The judge's own loss.

    Source: Lim and Ye, Geometric GAN (2017).
    """
    return (functional.relu(1 - real).mean() + functional.relu(1 + painted).mean()) / 2


def reconstruct(
    autoencoder: Autoencoder, pictures: Pictures, rng: torch.Generator | None = None
) -> tuple[Pictures, Float[Tensor, ""]]:
    """The pictures through the autoencoder, and its own loss: KL per number, or of the codes.

    Codes are of pictures in 0..1, as diffusers' masked pipelines have them. With `rng` latents are
    drawn from their distribution; without, they are its mean.
    """
    if autoencoder.config.get("num_vq_embeddings"):
        latents = autoencoder.encode((pictures + 1) / 2).latents
        quantised, loss, _ = autoencoder.quantize(latents.float())
        return 2 * decode_quantised(autoencoder, quantised).float() - 1, loss
    signal = lift(pictures, frequencies_of(autoencoder.config["in_channels"]))
    found = autoencoder.encode(signal).latent_dist
    mean, logvar = found.mean.float(), found.logvar.float()
    latents = mean
    if rng is not None:
        noise = torch.randn(mean.shape, generator=rng).to(mean.device)
        latents = mean + noise * (logvar / 2).exp()
    kl = (mean.square() + logvar.exp() - 1 - logvar).mean() / 2
    return autoencoder.decode(latents).sample.float(), kl


def _levels(pictures: Pictures) -> Float[Tensor, "n h w 3"]:
    return (pictures.permute(0, 2, 3, 1) + 1) * 127.5
