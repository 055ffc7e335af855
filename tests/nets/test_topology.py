import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import OptionError
from stereopsis.nets.topology import (
    ParallelSpace,
    Part,
    format_topology,
    live_parts,
    parse_topology,
    parts_on,
)

SPACE = ParallelSpace(stem=8, channels=(8, 16, 24), stages=2, blocks=2)
spaces = st.builds(
    ParallelSpace,
    stem=st.just(8),
    channels=st.integers(1, 4).map(lambda n: (8, 16, 24, 32)[:n]),
    stages=st.integers(1, 3),
    blocks=st.integers(1, 2),
)


@st.composite
def chosen(draw: st.DrawFn) -> tuple[ParallelSpace, frozenset[Part]]:
    space = draw(spaces)
    count = len(space.choices())
    return space, parts_on(space, draw(st.lists(st.booleans(), min_size=count, max_size=count)))


@given(chosen())
def test_reads_back_what_it_writes(topology: tuple[ParallelSpace, frozenset[Part]]) -> None:
    space, on = topology
    assert parse_topology(space, format_topology(space, on)) == on


@given(chosen(), st.data())
def test_what_reaches_no_head_is_dead(
    topology: tuple[ParallelSpace, frozenset[Part]], data: st.DataObject
) -> None:
    space, on = topology
    read = data.draw(st.sets(st.sampled_from(space.paths), min_size=1))
    live = live_parts(space, on, read)
    assert live <= on | set(space.starts())
    assert live_parts(space, live, read) == live
    more = on | {data.draw(st.sampled_from(space.choices()))}
    assert live <= live_parts(space, more, read)


def test_the_finest_path_alone_needs_one_start_and_none_of_the_others_blocks() -> None:
    blocks = {part for part in SPACE.choices() if part.kind == "block"}
    live = live_parts(SPACE, blocks, [0])
    assert {part.path for part in live} == {0}
    assert len(live) == 1 + SPACE.stages * SPACE.blocks


def test_what_comes_too_late_is_dead() -> None:
    last = SPACE.stages
    late = {Part("block", last, 1), Part("up", last, 0)}
    assert Part("block", last, 1) not in live_parts(SPACE, late, [0])  # fused before it ran
    early = {Part("block", last - 1, 1), Part("up", last, 0)}
    assert early <= live_parts(SPACE, early, [0])


@pytest.mark.parametrize(
    "text", ["", "b11.10.00_u10_d00", "b11.10.00_u10_d00\nb11.10.0_u100_d00", "x\ny"]
)
def test_refuses_a_topology_of_another_form_or_space(text: str) -> None:
    with pytest.raises(OptionError, match="is not a topology"):
        parse_topology(SPACE, text)


def test_refuses_an_impossible_space() -> None:
    with pytest.raises(OptionError, match="parallel paths"):
        ParallelSpace(stages=0)
    with pytest.raises(OptionError, match="no centre"):
        ParallelSpace(kernel=4)
