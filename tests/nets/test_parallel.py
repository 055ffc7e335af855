import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from stereopsis.nets.cost import measure_cost
from stereopsis.nets.parallel import ParallelNet, ParallelTrunk, build_found, build_supernet
from stereopsis.nets.topology import Head, ParallelSpace, Part, live_parts, parts_on
from stereopsis.search.topology import topology_cost

SPACE = ParallelSpace(stem=8, channels=(8, 16, 24), stages=2, blocks=1, expansion=2)
HEADS = {"map": Head("dense", 3), "tags": Head("labels", 5)}
SIZE = (16, 32)
COUNT = len(SPACE.choices())
masks = st.lists(st.booleans(), min_size=COUNT, max_size=COUNT)


def shaken_supernet() -> ParallelNet:
    """With norms that are not the identity, as after training."""
    torch.manual_seed(0)
    net = build_supernet(SPACE, HEADS)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.bias, module.running_mean, module.running_var):
                assert isinstance(tensor, Tensor)
                nn.init.uniform_(tensor.detach(), 0.5, 1.5)
    return net.eval()


SUPERNET = shaken_supernet()
PICTURES = torch.randint(0, 256, (2, *SIZE, 3), generator=torch.Generator().manual_seed(1))


@settings(max_examples=25, deadline=None)
@given(masks, st.sampled_from([["map"], ["tags"], ["map", "tags"]]))
@torch.no_grad()
def test_a_masked_supernet_is_the_network_of_the_chosen_parts(
    mask: list[bool], names: list[str]
) -> None:
    on = parts_on(SPACE, mask)
    own = build_found(SPACE, on, {name: HEADS[name] for name in names}).eval()
    weights = SUPERNET.state_dict()
    own.load_state_dict({name: weights[name] for name in own.state_dict()})
    masked, alone = SUPERNET(PICTURES, on), own(PICTURES)
    for name in names:
        torch.testing.assert_close(masked[name], alone[name], atol=1e-6, rtol=0)


@settings(max_examples=15, deadline=None)
@given(masks, st.sampled_from(sorted(HEADS)))
def test_the_count_is_what_running_it_measures(mask: list[bool], name: str) -> None:
    on = parts_on(SPACE, mask)
    net = build_found(SPACE, on, {name: HEADS[name]}).eval()
    assert topology_cost(SPACE, HEADS[name], SIZE).of(on) == measure_cost(net, PICTURES[:1])


@torch.no_grad()
def test_every_part_makes_a_difference() -> None:
    everything = frozenset(SPACE.choices())
    full = SUPERNET(PICTURES, everything)
    for part in everything:
        changed = SUPERNET(PICTURES, everything - {part})
        reaches = {
            name: part in live_parts(SPACE, everything, [head.path(SPACE)])
            for name, head in HEADS.items()
        }
        differs = {name: not torch.equal(full[name], changed[name]) for name in HEADS}
        assert differs == reaches
        assert any(reaches.values()) or part.path == 1  # the middle path ends in no head


@torch.no_grad()
def test_a_trunk_halves_like_any_other() -> None:
    trunk = ParallelTrunk(SPACE, SPACE.starts() + SPACE.choices()).eval()
    features = trunk(torch.zeros(1, 3, *SIZE))
    assert trunk.channels == (8, 8, 16, 24)
    assert len(trunk.taps) == len(features)
    for level, (feature, channels) in enumerate(zip(features, trunk.channels, strict=True), 1):
        assert feature.shape == (1, channels, SIZE[0] >> level, SIZE[1] >> level)


def test_a_found_network_has_no_dead_weights() -> None:
    on = frozenset({Part("block", 1, 2), Part("up", 2, 1)})  # neither reaches the finest path
    net = build_found(SPACE, on, {"map": HEADS["map"]})
    assert net.trunk.on == {Part("start", 0, 0)}
    net(PICTURES)["map"].sum().backward()
    assert all(weights.grad is not None for weights in net.parameters())


def test_answers_have_the_shapes_of_their_heads() -> None:
    answers = SUPERNET(PICTURES)
    assert answers["map"].shape == (2, 3, SIZE[0] // 4, SIZE[1] // 4)
    assert answers["tags"].shape == (2, 5)


def test_weights_of_another_space_are_refused() -> None:
    other = build_supernet(ParallelSpace(stem=8, channels=(8, 16, 24), stages=1), HEADS)
    with pytest.raises(RuntimeError, match="Unexpected key"):
        other.load_state_dict(SUPERNET.state_dict())
