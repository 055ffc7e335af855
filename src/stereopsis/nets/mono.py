"""MonoDepth: a small U-Net that guesses inverse depth from one photo, and how wrong it may be."""

from torch import Tensor
from torch.nn import functional

from stereopsis.nets.blocks import bordered, upsample_twice
from stereopsis.nets.trunk import Trunk
from stereopsis.nets.unet import UNet, UNetConfig

SMALLEST_ERROR = 0.01  # that the network may expect anywhere
SINCE_EDITION_2 = ("error_head.",)  # layers that the first edition lacks


class MonoDepth(UNet):
    """Inverse depth of unknown scale and shift from one photo, and the error to expect of it."""

    def __init__(self, config: UNetConfig, trunk: Trunk | None = None) -> None:
        super().__init__(config, trunk)
        self.head = bordered(config.widths[-1], 1, bias=True)
        self.error_head = bordered(config.widths[-1], 1, bias=True)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Inverse depth and expected error (n, h, w) float32 of sRGB pictures (n, h, w, 3), 0..255.

        The error is that of the absolute inverse depth, in units of the mean absolute deviation
        of the picture's inverse depth from its median. Height and width are multiples of 32.
        """
        *skips, coarsest = self.trunk(self.normalised(image))
        y = self.start(coarsest)
        for fusion, skip in zip(self.fusions, reversed(skips), strict=True):
            y = fusion(skip, y)
        error = functional.softplus(upsample_twice(self.error_head(y).float())) + SMALLEST_ERROR
        return upsample_twice(self.head(y).float())[:, 0], error[:, 0]
