"""Small spaces that the tests of masks, costs and searches share."""

import numpy as np
import torch
from torch import nn

from stereopsis.search.relaxation import one_hot
from stereopsis.search.space import Candidate, draw
from stereopsis.search.supernet import MaskedTrunk, Mix
from stereopsis.search.trunk_space import TrunkSpace, parse_space

# All kinds of options: expansions that keep the channels (0.75 of 16), stages whose channels may
# equal those before them, blocks that may be left out.
SPACE = parse_space("""
    conv_k3_s2_c8:16:4_hs
    ir_k3_s1_e1_c8,16
    ir_k3,5_s2_e2:6:1_c16:32:8_n2:4_se?_re,hs
    ir_k3,5_s1_e0.75,2_c16:32:8_n1:3_si
    ir_k3,5_s2_e0.75:3.25:0.5_c40_n3
""")


def draws(space: TrunkSpace, count: int, seed: int = 0) -> list[Candidate]:
    """Candidates drawn at random."""
    rng = np.random.default_rng(seed)
    return [draw(space.space(), rng) for _ in range(count)]


def mix_of(space: TrunkSpace, candidate: Candidate) -> Mix:
    """The mix that is one candidate."""
    return one_hot(space.space(), candidate)


def masked_trunk(space: TrunkSpace) -> MaskedTrunk:
    """A supernet whose batch norms do something."""
    torch.manual_seed(0)
    trunk = MaskedTrunk(space).eval()
    for module in trunk.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.normal_(module.running_mean)
            nn.init.normal_(module.bias)
    return trunk
