import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stereopsis.errors import OptionError
from stereopsis.nets.arch import Architecture, Stage, parse_architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.count import Cost, check_buildable, list_layers
from stereopsis.nets.fbnet import PUBLISHED
from stereopsis.nets.trunk import build_trunk

channels = st.sampled_from([4, 8, 12, 20])
stages = st.builds(
    Stage,
    st.just("ir"),
    st.sampled_from([1, 3, 5]),
    st.sampled_from([1, 2]),
    channels,
    st.sampled_from([0.75, 1, 2, 3.5]),
    st.integers(1, 2),
    st.sampled_from(["relu6", "relu", "hswish"]),
    st.sampled_from([None, "hidden", "input"]),
)
padded = st.builds(
    Stage, st.just("ir"), st.just(5), st.just(2), channels, padding=st.integers(2, 3)
)
skips = st.builds(Stage, st.just("skip"), st.just(1), st.sampled_from([1, 2]), channels)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(stages, padded, skips), min_size=1, max_size=4), st.integers(12, 40))
def test_counts_what_one_measures_when_it_runs(stages: list[Stage], width: int) -> None:
    architecture = Architecture((Stage("conv", 3, 2, 8), *stages))
    trunk = build_trunk(architecture).eval()
    layers = list(list_layers(architecture, (24, width)))
    counted = Cost(sum(layer.params for layer in layers), sum(layer.flops for layer in layers))
    assert counted == measure_cost(trunk, torch.zeros(1, 3, 24, width))


def test_refuses_pictures_that_are_too_small() -> None:
    architecture = parse_architecture("conv_k3_s2_c8\nir_k5_s2_e1_c8_p0")
    with pytest.raises(OptionError, match="does not fit"):
        list(list_layers(architecture, (4, 40)))


@pytest.mark.parametrize(
    "text", ["conv_k3_s2_c99999", "conv_k3_s2_c9000\nir_k3_s2_e6_c8", "conv_k3_s2_c512_n90"]
)
def test_refuses_what_is_too_large_to_be_built(text: str) -> None:
    with pytest.raises(OptionError, match="too large to be built"):
        check_buildable(parse_architecture(text))


@pytest.mark.parametrize("name", PUBLISHED)
def test_all_that_was_published_can_be_built(name: str) -> None:
    check_buildable(PUBLISHED[name])
