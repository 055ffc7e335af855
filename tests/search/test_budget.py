import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import OptionError
from stereopsis.search.budget import Budget, Unit, parse_budget


def test_reads_each_unit() -> None:
    assert parse_budget("300M-macs") == Budget(300e6, "macs")
    assert parse_budget("2.5M-params") == Budget(2.5e6, "params")
    assert parse_budget("1G-macs") == Budget(1e9, "macs")
    assert parse_budget("20ms") == Budget(20, "ms")


@pytest.mark.parametrize(
    "text", ["20ms", "0.05ms", "60k-macs", "300M-macs", "2.5G-params", "7-macs"]
)
def test_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_budget(text)) == text


@given(
    st.floats(0, exclude_min=True, allow_infinity=False), st.sampled_from(("macs", "params", "ms"))
)
def test_parse_reads_what_format_wrote(limit: float, unit: Unit) -> None:
    assert parse_budget(str(Budget(limit, unit))) == Budget(limit, unit)


@pytest.mark.parametrize(
    "text", ["", "300", "300M", "-5ms", "0ms", "5 ms", "3M-flops", "nanms", "5m-macs"]
)
def test_refuses_other_text(text: str) -> None:
    with pytest.raises(OptionError, match=r"is not a budget.*capital M"):
        parse_budget(text)
