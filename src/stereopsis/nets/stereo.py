"""StereoDepth: the mono network with a second eye, which finds disparity in pixels."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from stereopsis.nets.blocks import bordered, pointwise, upsample_twice
from stereopsis.nets.unet import UNet, UNetConfig

BOTH = 4  # feature maps, down to 1/16, that are made of both eyes' pictures
SMALLEST_ERROR_PX = 0.05  # that the network may expect anywhere
VOTES_COUNT, MATCHES_COUNT = 6.0, 4.0  # at the start of training, in the choice of a disparity
PIXELS_SEEN = 4.0  # by which the finer levels count what they correct
SHORTEST = 1e-12  # that a feature vector is taken for, when it is brought to length 1
FAITH = 2.0  # in the guess at the start of training, as the logit of its share


@dataclass(frozen=True)
class StereoConfig:
    """The released network.

    Disparities are looked for from `least_px` to `most_px`, multiples of 16: the eyes of a pair may
    be turned apart, so far things may lie at negative ones. `reach` is how many pixels of a feature
    map the finer levels look to either side of a disparity; `described` is how many channels
    features are compared in, finest first.
    """

    unet: UNetConfig = field(default_factory=UNetConfig)
    least_px: int = -32
    most_px: int = 224
    reach: int = 2
    described: tuple[int, int, int, int] = (16, 24, 48, 64)

    def __post_init__(self) -> None:
        assert self.least_px % 16 == 0 and self.most_px % 16 == 0
        assert self.least_px < 0 < self.most_px

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the largest disparity (px)."""
        return self.least_px, self.most_px

    def shifts(self, stride: int) -> range:
        """The whole search range, in pixels of the feature map at 1 / `stride`."""
        return range(self.least_px // stride, self.most_px // stride + 1)


class StereoDepth(UNet):
    """Disparity of a rectified pair's left eye, and the error to be expected of it, in pixels.

    The mono network with a cosine cost volume between both eyes' features added at each level of
    the decoder: over the whole search range at 1/16 and 1/8 of the picture, where it is read off as
    an expected disparity; at 1/4 and 1/2 around what the coarser level found, and around what a
    classical matcher guesses. The guess adds votes at 1/8 too. Each level says how far it believes
    the guess and corrects the mean of both. A convex combination of neighbours brings the disparity
    to full size.

    Source: after Wang et al., A Practical Stereo Depth System for Smart Glasses (2023), whose Argos
    has one encoder for both eyes and a cosine volume at every level; the guess and the way from
    coarse to fine are ours. The last step is that of Teed and Deng, RAFT (2020), section 3.3.
    """

    def __init__(self, config: StereoConfig) -> None:
        super().__init__(config.unet)
        assert len(self.trunk.channels) == BOTH + 1
        self.config = config
        _, at_16, at_8, at_4, at_2 = config.unet.widths
        far, choices, near = len(config.shifts(16)), len(config.shifts(8)), 2 * config.reach + 1
        self.describe = nn.ModuleList(
            pointwise(channels, compared)
            for channels, compared in zip(self.trunk.channels, config.described, strict=False)
        )
        self.see = nn.ModuleList(
            pointwise(seen, width)
            for seen, width in (
                (far, at_16),
                (2 * choices, at_8),
                (2 * near + 2, at_4),
                (2 * near + 2, at_2),
            )
        )
        for layer in self.see:
            nn.init.zeros_(layer.get_parameter("weight"))  # at first this is the mono network
        self.choose = bordered(at_8, choices, bias=True)
        self.counts = nn.Parameter(torch.tensor([VOTES_COUNT, MATCHES_COUNT]))
        self.believe = nn.ModuleList(bordered(width, 1, bias=True) for width in (at_8, at_4, at_2))
        for believe in self.believe:
            nn.init.zeros_(believe.get_parameter("weight"))
            nn.init.constant_(believe.get_parameter("bias"), FAITH)
        self.correct = nn.ModuleList(bordered(width, 1, bias=True) for width in (at_4, at_2))
        self.blend = pointwise(at_2, 4 * 9)
        self.doubt = bordered(at_2, 1, bias=True)

    def forward(
        self, left: Tensor, right: Tensor, guess: Tensor, sure: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Disparity and expected error (n, h, w) in pixels of sRGB pairs (n, h, w, 3), 0..255.

        What the left eye sees at x the right eye sees at x - disparity. `guess` (n, h, w) float32
        was matched where `sure` (n, h, w) is 1, and filled in where it is 0; where nothing is sure
        it does not count. Sides are multiples of 32.
        """
        *_, disparity, error = self.levels(left, right, guess, sure)
        return disparity, error

    def levels(
        self, left: Tensor, right: Tensor, guess: Tensor, sure: Tensor
    ) -> tuple[Tensor, ...]:
        """Disparities (n, h, w) found at 1/8, 1/4, 1/2 (there smaller) and 1/1, and the error."""
        mine, other, coarsest = self._encode(left, right)
        guess, sure = guess[:, None].float(), sure[:, None].float()
        is_told = (sure.amax((2, 3), keepdim=True) > 0).float()
        y = self.start(coarsest)
        y = self.fusions[0](mine[3], y, self.see[0](self._volume(mine, other, 3)))

        matches = self._volume(mine, other, 2)
        votes = count_votes(pick(guess, 2), pick(sure, 2), self.config.shifts(8))
        y = self.fusions[1](mine[2], y, self.see[1](torch.cat([matches, votes], 1)))
        choice = self.choose(y).float() + self.counts[0] * votes + self.counts[1] * matches
        belief = self.believe[0](y).float().sigmoid() * is_told
        own = expected_px(choice, self.config.shifts(8))
        disparity = own + belief * (pick(guess, 8) - own)
        found = [disparity]

        for finer, (level, stride) in enumerate(((1, 4), (0, 2))):
            own, given = upsample_twice(disparity), pick(guess, stride)
            seen = self._compare(mine[level], other[level], level, (own, given))
            differs = ((given - own) * is_told / PIXELS_SEEN).clamp(-8, 8)
            seen = torch.cat([seen, differs, pick(sure, stride)], 1)
            y = self.fusions[2 + finer](mine[level], y, self.see[2 + finer](seen))
            belief = self.believe[1 + finer](y).float().sigmoid() * is_told
            own = own + belief * (given - own)
            disparity = own + self.correct[finer](y).float() * PIXELS_SEEN
            found.append(disparity)
        whole = upsample_convex(disparity, self.blend(y).float())
        error = softplus(upsample_twice(self.doubt(y).float())) + SMALLEST_ERROR_PX
        return tuple(each[:, 0] for each in (*found, whole, error))

    def _encode(self, left: Tensor, right: Tensor) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """Features of the left and of the right eye down to 1/16, and the left's coarsest."""
        x = self.normalised(torch.cat([left, right]))
        count = left.shape[0]
        mine: list[Tensor] = []
        other: list[Tensor] = []
        for i, stage in enumerate(self.trunk.stages):
            x = stage(x)
            if i in self.trunk.taps and len(mine) < BOTH:
                mine.append(x[:count])
                other.append(x[count:])
                if len(mine) == BOTH:
                    x = x[:count]
        return mine, other, x

    def _volume(self, mine: list[Tensor], other: list[Tensor], level: int) -> Tensor:
        """The cosine cost volume of the whole search range at this level."""
        a, b = (self._described(features[level], level) for features in (mine, other))
        return correlate_rows(a, b, self.config.shifts(2 ** (level + 1)))

    def _compare(
        self, mine: Tensor, other: Tensor, level: int, disparities: Iterable[Tensor]
    ) -> Tensor:
        """The cosine cost volumes around disparities, in px of the whole picture."""
        a, b = self._described(mine, level), self._described(other, level)
        around = range(-self.config.reach, self.config.reach + 1)
        stride = 2 ** (level + 1)
        return torch.cat([correlate(a, shift_by(b, d / stride), around) for d in disparities], 1)

    def _described(self, features: Tensor, level: int) -> Tensor:
        described: Tensor = self.describe[level](features).float()
        length = add_channels(described * described).clamp(min=SHORTEST**2).sqrt()
        return described / length


def correlate(left: Tensor, right: Tensor, shifts: Iterable[int]) -> Tensor:
    """Products (n, s, h, w) of the left features (n, c, h, w) at x and the right ones at x - shift.

    Outside the picture the right features are 0.
    """
    shifts = list(shifts)
    before, after = max(0, *shifts), -min(0, *shifts)
    padded = functional.pad(right, (before, after))
    width = left.shape[-1]
    return torch.cat(
        [
            add_channels(left * padded[..., before - shift : before - shift + width])
            for shift in shifts
        ],
        1,
    )


def correlate_rows(left: Tensor, right: Tensor, shifts: range) -> Tensor:
    """What correlate() gives, sooner for many shifts: all pairs of a row at once, and then a band.

    The shifts follow one another, and one of them is 0.
    """
    assert shifts.step == 1 and shifts.start <= 0 < shifts.stop
    count, _, height, width = left.shape
    padded = functional.pad(right, (shifts.stop - 1, -shifts.start))
    with torch.autocast(left.device.type, enabled=False):
        pairs = left.permute(0, 2, 3, 1) @ padded.permute(0, 2, 1, 3)
    # Of row x the columns from x on are wanted: rows one longer than they are bring them to 0.
    skewed = functional.pad(pairs.flatten(2), (0, width)).reshape(count, height, width, -1)
    return skewed[..., : len(shifts)].permute(0, 3, 1, 2).flip(1)


def add_channels(features: Tensor) -> Tensor:
    """The sum (n, 1, h, w) over the channels of features (n, c, h, w).

    As a product with ones: ONNX Runtime's own sum over channels takes three times as long.
    """
    count, channels, height, width = features.shape
    ones = torch.ones(1, channels, device=features.device)
    with torch.autocast(features.device.type, enabled=False):
        return (ones @ features.flatten(2)).reshape(count, 1, height, width)


def pick(maps: Tensor, stride: int) -> Tensor:
    """Every stride-th pixel of maps (n, c, h, w), from the middle of each block: nothing mixes."""
    return maps[..., stride // 2 :: stride, stride // 2 :: stride]


def count_votes(guess: Tensor, sure: Tensor, shifts: range) -> Tensor:
    """What share of each 4 x 4 pixels votes for each shift of 8 px: (n, s, h / 4, w / 4).

    A guess (n, 1, h, w) px between two shifts votes for both; one that is not `sure` does not.
    """
    centers = torch.arange(shifts.start, shifts.stop, device=guess.device)[:, None, None]
    votes = functional.relu(sure - (guess / 8 - centers).abs())
    return functional.avg_pool2d(votes, 4)


def expected_px(choice: Tensor, shifts: range) -> Tensor:
    """The mean (n, 1, h, w) of shifts of 8 px under the softmax of their scores (n, s, h, w)."""
    centers = 8.0 * torch.arange(shifts.start, shifts.stop, device=choice.device)[:, None, None]
    # A softmax by hand: over any axis but the last, ONNX Runtime's own takes ten times as long.
    shares = (choice - choice.amax(1, keepdim=True)).exp()
    return add_channels(shares * centers) / add_channels(shares)


def shift_by(features: Tensor, disparity: Tensor) -> Tensor:
    """Features (n, c, h, w) seen at x - disparity (n, 1, h, w), interpolated, 0 outside."""
    height, width = features.shape[-2:]
    x = torch.arange(width, device=features.device) + 0.5
    y = torch.arange(height, device=features.device) + 0.5
    along = (x - disparity[:, 0].float()) * (2 / width) - 1
    down = (y * (2 / height) - 1)[:, None].expand_as(along)
    grid = torch.stack([along, down], -1)
    return functional.grid_sample(features, grid, align_corners=False)


def upsample_convex(disparity: Tensor, weights: Tensor) -> Tensor:
    """The disparity (n, 1, h, w) at (n, 1, 2 h, 2 w): each pixel a mean of nine neighbours.

    `weights` (n, 36, h, w) are, after a softmax, those of the nine in each of four pixels.
    """
    height, width = disparity.shape[-2:]
    padded = functional.pad(disparity, (1, 1, 1, 1), mode="replicate")
    around = torch.cat(
        [padded[..., y : y + height, x : x + width] for y in range(3) for x in range(3)], 1
    )
    weights = weights.reshape(len(weights), 4, 9, height, width)
    shares = (weights - weights.amax(2, keepdim=True)).exp()  # as in expected_px()
    return functional.pixel_shuffle((shares * around[:, None]).sum(2) / shares.sum(2), 2)


def softplus(x: Tensor) -> Tensor:
    """log(1 + exp(x)), whose own operator takes four times as long in ONNX Runtime."""
    return x.clamp(min=0) + (-x.abs()).exp().log1p()
