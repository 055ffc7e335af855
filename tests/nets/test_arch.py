import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import OptionError
from stereopsis.nets.arch import (
    Architecture,
    Stage,
    format_architecture,
    format_stage,
    parse_architecture,
    parse_stage,
    round_channels,
)

sizes = st.integers(1, 2000)
odd = st.integers(0, 10).map(lambda n: 2 * n + 1)
strides = st.sampled_from([1, 2])
acts = st.sampled_from(["relu6", "relu", "hswish"])
expansions = st.one_of(sizes, st.floats(0.01, 20))
stages = st.one_of(
    st.builds(Stage, st.just("conv"), odd, strides, sizes, repeats=sizes, activation=acts),
    st.builds(
        Stage,
        st.just("ir"),
        odd,
        strides,
        sizes,
        expansions,
        sizes,
        acts,
        st.sampled_from([None, "hidden", "input"]),
    ),
    st.builds(Stage, st.just("ir"), odd, st.just(2), sizes, padding=st.integers(0, 9)),
    st.builds(Stage, st.just("skip"), st.just(1), strides, sizes, repeats=sizes, activation=acts),
)
ends = st.builds(Stage, st.just("pool"), st.just(1), st.just(1), sizes, expansions, activation=acts)


@given(
    st.lists(stages, min_size=1, max_size=9),
    st.lists(ends, max_size=1),
    st.one_of(st.none(), st.integers(1, 5000)),
)
def test_reads_back_what_it_writes(
    stages: list[Stage], end: list[Stage], resolution: int | None
) -> None:
    architecture = Architecture((*stages, *end), resolution)
    assert parse_architecture(format_architecture(architecture)) == architecture


def test_is_written_one_short_line_per_stage() -> None:
    assert format_stage(Stage("ir", 3, 2, 24, expansion=6, repeats=2)) == "ir_k3_s2_e6_c24_n2"
    assert format_stage(Stage("conv", 3, 2, 32)) == "conv_k3_s2_c32"
    squeezed = Stage("ir", 5, 1, 80, 4.507, 1, "hswish", "hidden")
    assert format_stage(squeezed) == "ir_k5_s1_e4.507_c80_se_hs"
    assert parse_stage("skip_c80") == Stage("skip", 1, 1, 80)
    assert parse_stage("pool_e6_c1984_hs") == Stage("pool", 1, 1, 1984, 6, activation="hswish")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ir",
        "ir_k3",
        "mb_k3_s1_c8",
        "ir_s2_k3_c24",
        "ir_k3_s2_e6_c24_",
        "ir_k3_s2_c2.5",
        "res_8",
    ],
)
def test_refuses_text_of_another_form(text: str) -> None:
    with pytest.raises(OptionError, match="is not a stage"):
        parse_stage(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("ir_k4_s1_e6_c24", "kernel of 4"),
        ("ir_k3_s3_e6_c24", "stride by 3"),
        ("ir_k3_s1_e6_c0", "at least 1"),
        ("ir_k3_s1_e0_c8", "at least 1"),
        ("ir_k3_s1_e6_c8_n0", "at least 1"),
        ("conv_k3_s1_e6_c24", "no expansion"),
        ("skip_e2_c24", "no expansion"),
        ("conv_k3_s1_c24_se", "neither se"),
        ("ir_k3_s1_e6_c24_p0", "cannot pad by 0"),
        ("skip_k3_s1_c24", "no kernel"),
        ("pool_e6_c24_n2", "neither strides nor repeats"),
        ("ir_k3_s1_e1_c999999999", "no use for a number"),
    ],
)
def test_refuses_impossible_stages(text: str, problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        parse_stage(text)


def test_names_the_line_and_shows_its_beginning() -> None:
    with pytest.raises(OptionError, match=r"Line 3: A kernel of 4 has no centre\."):
        parse_architecture("conv_k3_s2_c8\n\nconv_k4_s1_c8\n")
    with pytest.raises(OptionError, match=r"Line 1: .\\x1b\[31mxx+\.\.\.. is not a stage") as told:
        parse_architecture("\x1b[31m" + 999 * "x")
    assert len(str(told.value)) < 200


def test_refuses_an_empty_architecture() -> None:
    with pytest.raises(OptionError, match="without stages"):
        parse_architecture("\n \n")


def test_refuses_what_follows_the_end_and_pictures_without_pixels() -> None:
    with pytest.raises(OptionError, match="nothing is left to see"):
        parse_architecture("pool_e2_c8\nconv_k3_s1_c8")
    with pytest.raises(OptionError, match="no picture of 0 px"):
        parse_architecture("res_0\nconv_k3_s1_c8")


@given(st.floats(0.01, 5000))
def test_rounds_to_a_multiple_of_8_that_is_never_much_less(channels: float) -> None:
    rounded = round_channels(channels)
    assert rounded % 8 == 0
    assert 0.95 * channels <= rounded <= channels + 8 + 0.05 * channels


@given(st.integers(1, 500))
def test_multiples_of_8_stay(eighth: int) -> None:
    assert round_channels(8 * eighth) == 8 * eighth
