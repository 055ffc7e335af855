"""InpaintNet: paints what a silhouette hides, from the surface that it continues."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from stereopsis.nets.arch import Stage
from stereopsis.nets.blocks import ConvNorm, InvertedResidual, pointwise

COLOR_SCALE = 127.5  # grey levels: colours are -1 to 1 within the network
PARALLAX_SCALE = 4.0  # px: about how far hidden surfaces are from flat
INPUTS = 6  # red, green, blue, parallax, hole, known
PAINTED = 4  # red, green, blue, parallax


@dataclass(frozen=True)
class InpaintConfig:
    """Our setting: channels from half the resolution down to a 32nd, with three blocks at each."""

    widths: tuple[int, ...] = (32, 64, 112, 160, 192)
    blocks: int = 3
    expansion: float = 3
    kernel: int = 5


class InpaintNet(nn.Module):
    """Colour and parallax of holes, as corrections of a guess.

    What is neither a hole nor known is 0 at every scale, before every block: what stands there
    cannot leak into what is painted. Four pixels are taken together at the start and
    parted at the end, which is where most of the time of a U-Net at full resolution goes.

    Source: Farbrausch in Kopf et al., One Shot 3D Photography (2020): a network whose convolutions
    stay on one surface of a layered image; here they do so since lift.unfold() gives it nothing
    else. Partial convolutions after Liu et al. (2018), without their rescaling: masks are inputs.
    """

    def __init__(self, config: InpaintConfig = InpaintConfig()) -> None:
        super().__init__()
        self.config = config
        first = config.widths[0]
        self.stem = ConvNorm(nn.Conv2d(4 * INPUTS, first, 3, padding=1, bias=False))
        self.levels = nn.ModuleList(
            _blocks(fine, coarse, config)
            for fine, coarse in zip(config.widths, config.widths[1:], strict=False)
        )
        self.merges = nn.ModuleList(
            Merge(coarse, fine)
            for fine, coarse in zip(config.widths[-2::-1], config.widths[:0:-1], strict=True)
        )
        self.head = nn.Conv2d(first, 4 * PAINTED, 3, padding=1)
        nn.init.zeros_(self.head.weight)  # before it is trained it leaves the guess as it is
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    def forward(
        self, color: Tensor, parallax: Tensor, hole: Tensor, known: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Colour (n, h, w, 3), 0..255, and parallax (n, h, w), px; both change in holes alone.

        `color` and `parallax` are known where `known` and guesses where `hole`; both masks are
        uint8 (n, h, w), 0 or 1. The parallax is that to a plane which continues what is known.
        Height and width are multiples of 32.
        """
        holes, shown = hole.float(), (hole | known).float()
        x = torch.cat([color / COLOR_SCALE - 1, (parallax / PARALLAX_SCALE)[..., None]], -1)
        x = torch.cat([x, holes[..., None], known.float()[..., None]], -1) * shown[..., None]
        x = functional.pixel_unshuffle(x.permute(0, 3, 1, 2), 2)
        masks = _pyramid(shown, len(self.config.widths))
        x = self.stem(x) * masks[0]
        skips = []
        for level, mask in zip(self.levels, masks[1:], strict=True):
            skips.append(x)
            for block in level:  # type: ignore[attr-defined]
                x = block(x) * mask
        for merge, mask in zip(self.merges, masks[-2::-1], strict=True):
            x = merge(skips.pop(), x, mask)
        change = functional.pixel_shuffle(self.head(x).float(), 2) * holes[:, None]
        painted = color + COLOR_SCALE * change[:, :3].permute(0, 2, 3, 1)
        return painted.clamp(0, 255), parallax + PARALLAX_SCALE * change[:, 3]


class Merge(nn.Module):
    """Coarse features brought to an encoder's, and both mixed."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.reduce = ConvNorm(pointwise(coarse, fine), linear=True)
        self.mix = InvertedResidual(fine, Stage("ir", 3, 1, fine, 2), first=True)

    def forward(self, skip: Tensor, coarse: Tensor, mask: Tensor) -> Tensor:
        """Features (n, fine, h, w) of (n, fine, h, w) and (n, coarse, h / 2, w / 2)."""
        above = functional.interpolate(self.reduce(coarse), scale_factor=2.0)
        mixed: Tensor = self.mix((skip + above) * mask) * mask
        return mixed


def _blocks(inputs: int, outputs: int, config: InpaintConfig) -> nn.ModuleList:
    """The blocks of a level, of which the first halves the resolution."""
    stage = Stage("ir", config.kernel, 2, outputs, config.expansion)
    return nn.ModuleList(
        InvertedResidual(outputs if i else inputs, stage, first=i == 0)
        for i in range(config.blocks)
    )


def _pyramid(shown: Tensor, levels: int) -> Sequence[Tensor]:
    """Where (n, 1, h, w) something is shown, at half the resolution, a quarter, and so on."""
    masks, mask = [], shown[:, None]
    for _ in range(levels):
        mask = functional.max_pool2d(mask, 2)
        masks.append(mask)
    return masks
