from math import prod

import pytest

from stereopsis.errors import OptionError
from stereopsis.nets.arch import format_architecture, format_stage, parse_architecture
from stereopsis.search.trunk_space import parse_space
from tests.search.spaces import SPACE, draws


def test_reads_lists_and_ranges() -> None:
    space = parse_space("res_96:160:32\nir_k3,5_s2_e2:3:0.5_c16:32:8_n1:2_se?_re,hs")
    (stage,) = space.stages
    assert space.resolutions == (96, 128, 160)
    assert stage.kernels == (3, 5) and stage.channels == (16, 24, 32)
    assert stage.expansions == (2, 2.5, 3) and (stage.least, stage.most) == (1, 2)
    assert stage.squeezes == (None, "hidden") and stage.activations == ("relu", "hswish")
    assert prod(space.space().sizes) == 3 * 3 * (2 * 3 * 2 * 2) ** 2 * 2


@pytest.mark.parametrize("candidate", draws(SPACE, 20))
def test_what_is_derived_takes_the_options(candidate: tuple[int, ...]) -> None:
    options = SPACE.space().describe(candidate)
    architecture = SPACE.derive(options)
    blocks = sum(stage.repeats for stage in architecture.stages)
    assert blocks == len(SPACE.kept_blocks(options))
    assert architecture.stages[0].channels == options["0.channels"]
    assert all(a != b for a, b in zip(architecture.stages, architecture.stages[1:], strict=False))


@pytest.mark.parametrize("candidate", draws(SPACE, 20, seed=1))
def test_finds_the_options_of_an_architecture(candidate: tuple[int, ...]) -> None:
    architecture = SPACE.derive(SPACE.space().describe(candidate))
    assert SPACE.derive(SPACE.locate(architecture)) == architecture


def test_of_the_options_of_one_architecture_one_set_is_canonical() -> None:
    space = parse_space("conv_k3_s2_c8\nir_k3,5_s1_e2_c8_n1:3\nir_k3_s1_e2_c8:16:8_n1:2")
    sets = [space.space().describe(candidate) for candidate in draws(space, 200)]
    found: dict[str, dict[str, object]] = {}
    for options in sets:
        canonical, architecture = space.canonical(options), space.derive(options)
        assert space.derive(canonical) == architecture
        assert space.canonical(canonical) == canonical
        same = found.setdefault(format_architecture(architecture), dict(canonical))
        assert canonical == same
    assert len(found) < len({str(options) for options in sets})


def test_tells_stages_apart_that_an_architecture_merges() -> None:
    space = parse_space("conv_k3_s2_c8\nir_k3_s1_e2_c8_n1:2\nir_k3,5_s1_e2_c8:16:8_n1:2")
    merged = parse_architecture("conv_k3_s2_c8\nir_k3_s1_e2_c8_n3\nir_k5_s1_e2_c8")
    options = space.locate(merged)
    assert space.derive(options) == merged
    assert (options["1.1.skip"], options["2.1.skip"]) == (False, False)


@pytest.mark.parametrize("last", ["c24", "c16_n5", "c16_hs", "c16_si"])
def test_refuses_an_architecture_of_another_space(last: str) -> None:
    space = parse_space("res_64,96\nconv_k3_s2_c8\nir_k3_s1_e2_c8:16:8_n1:4_se?")
    inside = "conv_k3_s2_c8\nir_k3_s1_e2_c16"
    assert space.locate(parse_architecture(f"res_96\n{inside}"))["resolution"] == 96
    for text in (f"res_64\nconv_k3_s2_c8\nir_k3_s1_e2_{last}", inside, f"res_80\n{inside}"):
        with pytest.raises(OptionError, match="not in the space"):
            space.locate(parse_architecture(text))


def test_smallest_and_largest_are_written_in_lines() -> None:
    space = parse_space("conv_k3_s2_c8:16:8\nir_k3,5_s2_e1:3:1_c8,12_n1:3_se?")
    assert format_architecture(space.smallest()) == "conv_k3_s2_c8\nir_k3_s2_e1_c8"
    assert format_stage(space.largest().stages[1]) == "ir_k5_s2_e3_c12_n3_se"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no networks"),
        ("mb_k3_s2_c8", "not a stage of a space"),
        ("ir_k3_s2_e2_c8:16:0", "not a list"),
        ("ir_k3_s2_e2_c16:8:4", "not a list"),
        ("ir_k3_s2_e2_c1:99999999:1", "not a list"),
        ("ir_k3_s2_e2_c8.5", "whole"),
        ("ir_k3_s2_e2_c\u0668", "not a stage of a space"),
        ("res_nan\nir_k3_s2_e2_c8", "not a list"),
        ("res_\u0669\u0666\nir_k3_s2_e2_c8", "not a list"),
        ("ir_k2,3_s2_e2_c8", "no centre"),
        ("ir_k3_s2_e2_c8_n3:2", "3 to 2 blocks"),
        ("conv_k3,5_s2_c8", "one kernel"),
        ("ir_k3_s2_e2_c8,8", "repeats an option"),
    ],
)
def test_refuses_what_is_no_space(text: str, problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        parse_space(text).choices()


def test_refuses_a_space_without_a_choice_and_options_it_does_not_have() -> None:
    with pytest.raises(OptionError, match="only one network"):
        parse_space("conv_k3_s2_c8").space()
    with pytest.raises(OptionError, match=r"0\.channels has no option 9"):
        parse_space("conv_k3_s2_c8,16").derive({"0.channels": 9})


def test_ranges_hold_the_numbers_that_one_would_write() -> None:
    (stage,) = parse_space("ir_k3_s2_e1:3:0.1_c8").stages
    assert stage.expansions == tuple(tenths / 10 for tenths in range(10, 31))
