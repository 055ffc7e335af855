import pytest

from stereopsis.errors import OptionError
from stereopsis.train.distinct import check_distinct


def test_two_of_one_name_are_refused() -> None:
    check_distinct("packs", ["a", "b"])
    with pytest.raises(OptionError, match="Two packs are called a"):
        check_distinct("packs", ["a", "b", "a"])
