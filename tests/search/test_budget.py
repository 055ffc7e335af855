import pytest

from stereopsis.errors import OptionError
from stereopsis.search.budget import Budget, parse_budget


def test_reads_each_unit() -> None:
    assert parse_budget("300M-macs") == Budget(300e6, "macs")
    assert parse_budget("2.5M-params") == Budget(2.5e6, "params")
    assert parse_budget("1G-macs") == Budget(1e9, "macs")
    assert parse_budget("20ms") == Budget(20, "ms")
    assert str(parse_budget("20ms")) == "20 ms"
    assert str(parse_budget("300M-macs")) == "300M macs"


@pytest.mark.parametrize("text", ["", "300", "300M", "-5ms", "0ms", "5 ms", "3M-flops", "nanms"])
def test_refuses_other_text(text: str) -> None:
    with pytest.raises(OptionError, match="is not a budget"):
        parse_budget(text)
