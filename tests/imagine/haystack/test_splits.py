"""Families stay together, and each split gets about its share."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from stereopsis.imagine.haystack.concepts import Concept
from stereopsis.imagine.haystack.scenes import split_pairs
from stereopsis.imagine.haystack.splits import SHARES, deal_out


@given(st.lists(st.integers(0, 30), min_size=1, max_size=80), st.integers(0, 99))
def test_no_family_is_parted(families: list[int], seed: int) -> None:
    names = [str(family) for family in families]
    splits = deal_out(names, SHARES, seed)
    assert len({*zip(names, splits, strict=True)}) == len(set(names))
    assert splits == deal_out(names, SHARES, seed)


def test_each_split_has_its_share() -> None:
    splits = Counter(deal_out([str(i // 3) for i in range(1500)], SHARES, 0))
    for split, share in SHARES.items():
        assert abs(splits[split] / 1500 - share) < 0.01


def test_what_looks_alike_is_one_family() -> None:
    def family(label: str) -> str:
        return Concept("1f", label, (), "people").family

    assert family("woman running") == family("man running: dark") == family("person running")
    assert family("three o’clock") == family("ten-thirty")
    assert family("cat") != family("dog")


def test_scenes_hold_out_pairs_of_known_subjects_and_colors() -> None:
    dealt = split_pairs(0)
    everything = [pair for pairs in dealt.values() for pair in pairs]
    assert len(everything) == len(set(everything))
    held, tuned = dealt["held-out"], dealt["tune"]
    assert {solid for solid, _ in held} <= {solid for solid, _ in tuned}
    assert {color for _, color in held} <= {color for _, color in tuned}
