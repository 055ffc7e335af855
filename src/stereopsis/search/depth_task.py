"""DepthTask: the search for the encoder of the mono depth network."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.mono import MonoDepth
from stereopsis.nets.trunk import Trunk
from stereopsis.nets.unet import UNetConfig
from stereopsis.search.task import Split
from stereopsis.search.trunk_space import TrunkSpace, parse_space
from stereopsis.train.data import Source, draw_batch
from stereopsis.train.losses import normalise, normalise_target, trimmed_l1
from stereopsis.train.mono import MonoRecipe, mono_loss
from stereopsis.train.pack import Frame, Pack

DEPTH_SPACE = parse_space("""
    conv_k3_s2_c16:32:8
    ir_k3_s1_e1_c8:16:8
    ir_k3,5_s2_e3:6:1_c16:24:4_n1:3
    ir_k3,5_s2_e3:6:1_c24:40:8_n1:3
    ir_k3,5_s2_e3:6:1_c48:80:8_n2:4
    ir_k3,5_s1_e3:6:1_c72:112:8_n2:4
    ir_k3,5_s2_e3:6:1_c128:192:16_n2:5
    ir_k3,5_s1_e3:6:1_c192:320:32
""")
SHOWN = (192, 256)  # (height, width) at which budgets are counted and networks judged
JUDGED, JUDGED_BATCHES = 8, 16  # frames at a time, and how many times
RECIPE = MonoRecipe(batch=8)
HEADS = UNetConfig(widths=(96, 64, 48, 32, 16), context=96)  # half as costly as the released


class PackPart:
    """Some of a pack's frames."""

    def __init__(self, pack: Pack, indices: Sequence[int]) -> None:
        self.pack, self.indices = pack, indices

    def __len__(self) -> int:
        return len(self.indices)

    def draw(self, rng: np.random.Generator) -> Frame:
        """Any of these frames."""
        return self.pack[self.indices[int(rng.integers(len(self)))]]


class DepthTask:
    """The mono depth network around a trunk of the space, trained as the released one is.

    Its decoder is thinner than the released one's unless `heads` says otherwise: that alone would
    take more than most budgets.
    """

    def __init__(
        self,
        packs: Sequence[Pack],
        space: TrunkSpace = DEPTH_SPACE,
        recipe: MonoRecipe = RECIPE,
        heads: UNetConfig = HEADS,
    ) -> None:
        if space.resolutions:
            raise OptionError(
                "A depth network is run at many sizes; a space for it has no resolutions.",
                "Leave out its res line.",
            )
        self.name, self.space, self.recipe, self.heads = "depth", space, recipe, heads
        self.packs = packs
        self.splits: dict[Split, list[Source]] = {
            "weights": _parts(packs, lambda i: i % 10 not in (0, 1, 2)),
            "architecture": _parts(packs, lambda i: i % 10 in (1, 2)),
            "both": _parts(packs, lambda i: i % 10 != 0),
        }
        self.held_out = _parts(packs, lambda i: i % 10 == 0)
        frames = sum(len(pack) for pack in packs)
        if frames < JUDGED or not all((*self.splits.values(), self.held_out)):
            raise DataError(
                f"{len(packs)} packs of {frames} frames are too few to search on.",
                "Give packs of 10 frames or more.",
            )

    def build(self, trunk: Trunk) -> nn.Module:
        """The mono depth network around this trunk."""
        return MonoDepth(self.heads, trunk)

    def example(self) -> tuple[Tensor, ...]:
        """One picture of coloured noise: on a plain one, a network's answer has hardly a range."""
        rng = torch.Generator().manual_seed(0)
        return (torch.randint(0, 256, (1, *SHOWN, 3), generator=rng, dtype=torch.uint8),)

    def loss(self, network: nn.Module, split: Split, step: int) -> Tensor:
        """The loss of the mono network's recipe on a batch of one of its sizes."""
        rng = np.random.default_rng((self.recipe.seed, step))
        size = self.recipe.sizes[step % len(self.recipe.sizes)]
        device = next(network.parameters()).device
        batch = draw_batch(
            self.splits[split], size, self.recipe.batch, rng, self.recipe.photographed
        ).to(device.type)
        with torch.autocast(device.type, torch.bfloat16):
            prediction, error = network(batch.image)
        pairs = torch.Generator().manual_seed(int(rng.integers(2**62)))
        loss, _ = mono_loss(prediction, error, batch, self.recipe, pairs)
        return loss

    @torch.inference_mode()
    def score(self, network: nn.Module) -> float:
        """Minus the mean error of the inverse depth, scale and shift fitted, of held-out frames."""
        network.eval()
        terms: list[float] = []
        rng = np.random.default_rng(0)  # whatever the seed: scores can be compared
        for _ in range(JUDGED_BATCHES):
            batch = draw_batch(self.held_out, SHOWN, JUDGED, rng, photographed=False)
            guess = normalise(network(batch.image)[0], batch.valid)
            target = normalise_target(batch.inverse_depth, batch.valid)
            terms += trimmed_l1(guess, target, batch.valid, torch.ones(JUDGED)).tolist()
        return -float(np.mean(terms))


def _parts(packs: Sequence[Pack], belongs: Callable[[int], bool]) -> list[Source]:
    """Those frames of the packs whose number belongs, all drawn equally often."""
    parts = [PackPart(pack, [i for i in range(len(pack)) if belongs(i)]) for pack in packs]
    return [Source(part, len(part)) for part in parts if len(part)]
