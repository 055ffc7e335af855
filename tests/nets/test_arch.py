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
)

sizes = st.integers(1, 2000)
odd = st.integers(0, 10).map(lambda n: 2 * n + 1)
strides = st.sampled_from([1, 2])
stages = st.one_of(
    st.builds(Stage, st.just("conv"), odd, strides, sizes, repeats=sizes),
    st.builds(Stage, st.just("ir"), odd, strides, sizes, sizes, sizes),
)


@given(st.lists(stages, min_size=1, max_size=9))
def test_reads_back_what_it_writes(stages: list[Stage]) -> None:
    architecture = Architecture(tuple(stages))
    assert parse_architecture(format_architecture(architecture)) == architecture


def test_is_written_one_short_line_per_stage() -> None:
    assert format_stage(Stage("ir", 3, 2, 24, expansion=6, repeats=2)) == "ir_k3_s2_e6_c24_n2"
    assert format_stage(Stage("conv", 3, 2, 32)) == "conv_k3_s2_c32"


@pytest.mark.parametrize(
    "text",
    ["", "ir", "ir_k3", "mb_k3_s1_c8", "ir_s2_k3_c24", "ir_k3_s2_e6_c24_", "ir_k3_s2_c2.5"],
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
    ],
)
def test_refuses_impossible_stages(text: str, problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        parse_stage(text)


def test_refuses_an_empty_architecture() -> None:
    with pytest.raises(OptionError, match="without stages"):
        parse_architecture("\n \n")
