"""The report in words. Only what people voted is called visual appeal."""

from collections.abc import Sequence

from stereopsis.imagine.votes.records import Vote
from stereopsis.imagine.votes.report import Comparison
from stereopsis.imagine.votes.tally import Interval, wilson

NAMES = {"appeal": "Visual appeal", "faithfulness": "Text faithfulness"}


def to_text(votes: Sequence[Vote], comparisons: Sequence[Comparison], half_width: float) -> str:
    """The report: first how many votes people cast, then each comparison."""
    people = [vote for vote in votes if vote.kind == "human"]
    lines = [count_text(people), ""]
    for comparison in comparisons:
        lines += [*_told(comparison, half_width), ""]
    return "\n".join(lines).rstrip() + "\n"


def count_text(people: Sequence[Vote]) -> str:
    """How many votes people cast, repeats counted apart: "0 human votes"."""
    repeats = sum(vote.showing == "repeat" for vote in people)
    votes = len(people) - repeats
    voters = len({vote.voter for vote in people})
    text = f"{votes} human vote{'' if votes == 1 else 's'}"
    if not people:
        return text
    by = f"by {voters} {'person' if voters == 1 else 'people'}"
    return f"{text} {by}, and {repeats} on pairs shown again"


def _told(told: Comparison, half_width: float) -> list[str]:
    first, second = told.arms
    tally, agreement = told.tally, told.agreement
    ties = ", ".join(f"{count} {name}" for name, count in sorted(told.ties.items()))
    more = f"about {told.missing} more votes" if told.missing else "reached"
    return [
        f"{_title(told)}: {first} against {second}",
        f"  {tally.votes} votes of {told.voters} voters on {told.prompts} prompts",
        f"  {first} wins {_share(tally.wins, tally.votes)}",
        f"  tie {_share(tally.ties, tally.votes)}{f' ({ties})' if ties else ''}",
        f"  {second} wins {_share(tally.losses, tally.votes)}",
        f"  win rate of {first}, a tie as half: {_percent(tally.win_rate)}",
        f"    95 %, votes as independent (Wilson): {_interval(told.plain)}",
        f"    95 %, prompts drawn again (bootstrap): {_interval(told.clustered)}",
        f"  to ±{100 * half_width:g} points (Wilson): {more}",
        f"  agreement: Krippendorff's alpha {_number(agreement.alpha)}, "
        f"Fleiss' kappa {_number(agreement.fleiss)} on {agreement.fleiss_pairs} pairs",
        f"  same answer when a pair came again: {_share(agreement.same, agreement.repeats)}",
        f"  left picture among decided votes: {_share(told.left, told.decided)}",
    ]


def _title(told: Comparison) -> str:
    if told.kind == "human":
        return NAMES[told.question]
    return f"Simulated votes, no person's ({told.question})"


def _share(count: int, total: int) -> str:
    if not total:
        return "nothing yet"
    share = count / total
    return f"{count} of {total}, {_percent(share)} ({_interval(wilson(share, total))})"


def _interval(interval: Interval) -> str:
    return f"{_percent(interval.low)} to {_percent(interval.high)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2f}"
