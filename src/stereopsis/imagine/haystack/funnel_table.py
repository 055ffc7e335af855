"""The figures of the funnel's study as lines of text."""

from collections.abc import Iterator
from typing import Any


def table(figures: dict[str, Any]) -> Iterator[str]:
    """A table of the stages, and one of what is kept in all and where recall is cut alike."""
    head = f"{'stage':<24}{'recall':>8}{'precision':>11}{'enrichment':>12}{'recall so far':>15}"
    yield head
    for stage in figures["stages"]:
        columns = ((stage["recall"], 8), (stage["precision"], 11), (stage["enrichment"], 12),
                   (stage["recall_so_far"], 15))  # fmt: skip
        yield f"{stage['stage']:<24}" + "".join(_number(value, width) for value, width in columns)
    yield ""
    faults = (f"{name} {share:.0%}" for name, share in figures["faults_left"].items())
    yield f"left of rows with a fault: {', '.join(faults)}"
    for key, title in (("kept", "as set"), ("at_recall", "cut at 80 % recall")):
        yield ""
        yield f"{title:<24}{'kept':>8}{'recall':>22}{'precision':>22}{'enrichment':>22}"
        for name, told in figures[key].items():
            cells = (told["recall"], told["precision"], told["enrichment"])
            yield f"{name:<24}{told['kept']:>8}" + "".join(f"{_interval(c):>22}" for c in cells)


def table_over_seeds(figures: dict[str, Any]) -> Iterator[str]:
    """A table for each eye: means over the seeds, with the least and the most."""
    for eye, told in figures["over_seeds"].items():
        for key, title in (("kept", "as set"), ("at_recall", "cut at 80 % recall")):
            yield f"{f'{eye}, {title}':<26}{'recall':>20}{'precision':>20}{'enrichment':>20}"
            for name, each in told[key].items():
                cells = (each["recall"], each["precision"], each["enrichment"])
                spreads = (f"{c['mean']:.2f} ({c['least']:.2f}-{c['most']:.2f})" for c in cells)
                yield f"{name:<26}" + "".join(f"{text:>20}" for text in spreads)
            yield ""


def _number(value: float | None, width: int) -> str:
    return f"{'-' if value is None else f'{value:.3f}':>{width}}"


def _interval(told: dict[str, float]) -> str:
    return f"{told['value']:.2f} ({told['low']:.2f}-{told['high']:.2f})"
