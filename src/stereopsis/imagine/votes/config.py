"""How votes are taken."""

from dataclasses import dataclass

from stereopsis.errors import OptionError
from stereopsis.imagine.votes.ballot import REPEATS
from stereopsis.imagine.votes.report import HALF_WIDTH


@dataclass(frozen=True)
class VoteConfig:
    """How votes are taken.

    `repeats` is the share of pairs that come again; `half_width` the wished-for precision of a
    win rate; `simulated` says that no person votes here, but a program; `hosts` are the names
    under which browsers may ask.
    """

    repeats: float = REPEATS
    half_width: float = HALF_WIDTH
    simulated: bool = False
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost")

    def __post_init__(self) -> None:
        if not 0 <= self.repeats <= 1:
            problem = f"{self.repeats:g} of the pairs cannot come again."
            raise OptionError(problem, "Use a share from 0 to 1.")
        check_half_width(self.half_width)

    @property
    def kind(self) -> str:
        """Whose votes these are."""
        return "simulated" if self.simulated else "human"


def check_half_width(half_width: float) -> None:
    """Nothing, once an interval may have this half-width.

    Raises:
        OptionError: it may not.
    """
    if not 0.001 <= half_width < 0.5:
        problem = f"An interval of ±{half_width:g} is no use."
        raise OptionError(problem, "Use a half-width from 0.001 to 0.5, such as 0.05.")
