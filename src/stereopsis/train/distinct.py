"""Names under which results are told apart."""

from collections import Counter
from collections.abc import Iterable

from stereopsis.errors import OptionError


def check_distinct(what: str, names: Iterable[str]) -> None:
    """Sees that no two of `what` (in the plural) have one name: one would replace the other.

    Raises:
        OptionError: two do.
    """
    for name, count in Counter(names).items():
        if count > 1:
            raise OptionError(f"Two {what} are called {name}.", "Give one of them another name.")
