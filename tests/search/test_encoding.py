import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.search.encoding import encode_part, option_numbers, summarise
from stereopsis.search.space import Choice, Space
from tests.search.small_tables import ALL, SPACE

candidates = st.lists(st.sampled_from(ALL), min_size=1, max_size=8)


@given(candidates)
def test_the_parts_split_the_columns(found: list[tuple[int, ...]]) -> None:
    architecture = encode_part(SPACE, found, "architecture")
    recipe = encode_part(SPACE, found, "recipe")
    assert architecture.shape == (len(found), 4 + 4 + 2 + 2 + 2 + 4)  # one-hots, then four numbers
    assert recipe.shape == (len(found), 3 + 1)
    assert np.array_equal(recipe[:, :3].argmax(1), [each[5] for each in found])


def test_no_two_architectures_look_the_same() -> None:
    distinct = {each[:5]: each for each in ALL}
    rows = encode_part(SPACE, list(distinct.values()), "architecture")
    assert len(np.unique(rows, axis=0)) == len(distinct)


def test_numbers_are_standardised_and_wide_ranges_are_logarithms() -> None:
    numbers = option_numbers(Choice("rate", (0.001, 0.01, 0.1)))
    assert numbers is not None
    np.testing.assert_allclose(numbers, [-np.sqrt(1.5), 0, np.sqrt(1.5)], atol=1e-12)
    near = option_numbers(Choice("width", (1, 2, 4)))
    assert near is not None
    assert near[1] < 0  # 2 is below the mean of 1, 2 and 4, but in the middle of their logarithms


def test_names_and_single_options_are_no_numbers() -> None:
    assert option_numbers(Choice("act", ("relu", "tanh"))) is None
    assert option_numbers(Choice("dropout", (None, 0.5))) is None
    assert option_numbers(Choice("width", (8,))) is None


@given(candidates)
def test_kinds_do_not_tell_which_block_has_what(found: list[tuple[int, ...]]) -> None:
    swapped = [(each[1], each[0], each[3], each[2], *each[4:]) for each in found]
    np.testing.assert_allclose(summarise(SPACE, found), summarise(SPACE, swapped), atol=1e-12)
    assert summarise(SPACE, found).shape == (len(found), 2)  # widths and kernels


def test_kinds_without_numbers_are_told_by_shares() -> None:
    space = Space(tuple(Choice(f"edge_{i}", ("none", "skip", "conv")) for i in range(4)))
    shares = summarise(space, [(0, 1, 2, 2)])
    assert shares.tolist() == [[0.5, 0.25, 0.25]]  # conv, none, skip


def test_no_candidates_are_no_rows() -> None:
    assert len(encode_part(SPACE, [], "architecture")) == len(summarise(SPACE, [])) == 0
