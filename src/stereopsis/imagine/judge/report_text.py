"""The report in words and as JSON. Only what people voted is called visual appeal."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from stereopsis.imagine.judge.attack import Attacked
from stereopsis.imagine.judge.photography import STATISTICS
from stereopsis.imagine.judge.report import Lost, Measure, Report
from stereopsis.imagine.judge.variety import as_text, or_null
from stereopsis.imagine.votes.report_text import NAMES
from stereopsis.imagine.votes.tally import Interval


def to_markdown(report: Report) -> str:
    """The report for people."""
    registered = report.registration
    area = report.judge.area
    lines = [
        f"# {registered.title}",
        "",
        f"Registration `{registered.digest}`: {len(registered.prompts)} prompts, "
        f"{len(registered.seeds)} seeds each. **{report.votes.counted}**.",
        "",
        f"The reporting judge ({report.judge.backbone.name}, {report.judge.facts.source}) tells "
        f"needles from hay on held-out pictures with an area under the curve of {area.area:.3f} "
        f"({area.low:.3f} to {area.high:.3f}; {area.needles} needles, {area.hay} of hay; "
        f"floor {registered.thresholds.area_floor:g}).",
        *_areas_again(report),
        *_not_passed(report),
        "",
        "## Target-look win rates",
        "",
        *_claims(report),
        "",
        "## Each arm",
        "",
        *_arms(report),
        "",
        "## Attacks on the judge",
        "",
        *_attacks(report.attacks),
        "",
        "## Hand-made statistics, a second opinion",
        "",
        *_photography(report),
        "",
        "## Votes",
        "",
        *_votes(report),
    ]
    return "\n".join(lines) + "\n"


def _not_passed(report: Report) -> list[str]:
    """A sentence on the attacks that went wrong, if any did: rates are worth less then."""
    names = ", ".join(each.name for each in report.attacks if not each.passed)
    return (
        [f"**It did not pass: {names}. The rates below are worth less for it.**"] if names else []
    )


def _areas_again(report: Report) -> list[str]:
    """A sentence on pictures that a model drew again, if the judge knows such."""
    areas = report.judge.facts.areas_again.items()
    told = ", ".join(f"{area:.3f} (strength {strength})" for strength, area in areas)
    return [f"On the same, drawn again by a model, it is {told}."] if told else []


def to_json(report: Report) -> str:
    """The report for programs, without the judge's weights and pictures."""
    told: dict[str, Any] = {
        "registration": report.registration.digest,
        "title": report.registration.title,
        "human_votes": report.votes.votes,
        "judge": {
            "backbone": asdict(report.judge.backbone),
            "area": asdict(report.judge.area),
            "facts": asdict(report.judge.facts),
        },
        "faithfulness_margin": report.registration.thresholds.faithfulness_margin,
        "arms": {
            name: {**asdict(facts), "diversity": or_null(facts.diversity)}
            for name, facts in report.arms.items()
        },
        "claims": [
            {**asdict(tested), "holds": tested.holds, "faithfulness_lost": asdict(lost)}
            for tested, lost in zip(report.claims, report.lost, strict=True)
        ],
        "attacks": [asdict(attacked) for attacked in report.attacks],
        "votes": [asdict(comparison) for comparison in report.votes.comparisons],
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def attack_lines(attacks: Sequence[Attacked]) -> list[str]:
    """A line of plain text for each attack."""
    return [
        f"{'passed' if each.passed else 'FAILED':<7} {each.name:<28} "
        f"{_percent(each.won.rate)} ({_interval(each.won.interval)}), must be {each.must}"
        for each in attacks
    ]


def _claims(report: Report) -> list[str]:
    lines = [
        "| arm | against | wins | ties | losses | rate, a tie as half | 95 % | p (Holm) | target "
        "| holds | faithfulness lost |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for tested, lost in zip(report.claims, report.lost, strict=True):
        tally, found, claim = tested.found.tally, tested.found, tested.claim
        cells = [
            claim.ours, claim.theirs, tally.wins, tally.ties, tally.losses, _percent(found.rate),
            _interval(found.interval), f"{tested.p:.3g}", _target(claim.target, claim.above),
            "yes" if tested.holds else "**no**", _lost(lost, report),
        ]  # fmt: skip
        lines.append(_row(cells))
    margin = report.registration.thresholds.faithfulness_margin
    return [
        *lines,
        "",
        "Pairs share prompt and seed. Intervals: bootstrap over prompts and "
        "seeds, or the tunings that share them. Lost "
        f"faithfulness is in points, and kept where its whole interval is within the margin of "
        f"{100 * margin:g}.",
    ]


def _arms(report: Report) -> list[str]:
    lines = [
        "| arm | target-look rate | faithfulness | diversity | memorised |",
        "|---|---|---|---|---|",
    ]
    for name, facts in report.arms.items():
        cells = [
            name, _measure(facts.look), _measure(facts.faithful), as_text(facts.diversity),
            _percent(facts.memorised),
        ]  # fmt: skip
        lines.append(_row(cells))
    registered = report.registration
    concepts = set(registered.concepts or registered.prompts)
    among = min(len(concepts), registered.thresholds.candidates)
    return [
        *lines,
        "",
        f"Faithfulness: the right concept is found among {among}. Diversity: mean feature distance "
        "between pictures of one prompt. Memorised: far nearer to a tuning picture (in a study: of "
        "the arm's own tunings; of the pre-trained model, to one that it learned) than to others.",
    ]


def _attacks(attacks: Sequence[Attacked]) -> list[str]:
    lines = ["| attacker | wins | 95 % | must be | passed |", "|---|---|---|---|---|"]
    for each in attacks:
        passed = "yes" if each.passed else "**no**"
        cells = [
            each.name, _percent(each.won.rate), _interval(each.won.interval), each.must, passed
        ]  # fmt: skip
        lines.append(_row(cells))
    return lines


def _photography(report: Report) -> list[str]:
    lines = [_row(["arm", *STATISTICS]), _row(["---"] * (1 + len(STATISTICS)))]
    for name, facts in report.arms.items():
        values = asdict(facts.photography)
        lines.append(_row([name, *(f"{values[each]:.3g}" for each in STATISTICS)]))
    return lines


def _votes(report: Report) -> list[str]:
    lines = [f"{report.votes.counted}."]
    if not report.votes.votes:
        return [*lines, "Of visual appeal, nothing can be said without them."]
    for told in report.votes.comparisons:
        first, second = told.arms
        lines.append(
            f"- {NAMES[told.question]}, {first} against {second}: "
            f"{told.tally.wins} won, {told.tally.ties} tied, {told.tally.losses} lost; "
            f"{_percent(told.tally.win_rate)} ({_interval(told.clustered)})"
        )
    return lines


def _lost(lost: Lost, report: Report) -> str:
    if lost.same_pictures:
        return "none: the same pictures"
    low, high = lost.interval.low, lost.interval.high
    margin = report.registration.thresholds.faithfulness_margin
    told = "kept" if high <= margin else "**too much**" if low > margin else "kept? not shown"
    return f"{100 * lost.share:+.1f} ({100 * low:+.1f} to {100 * high:+.1f}), {told}"


def _target(target: float, above: float) -> str:
    return f"{_percent(target)}, interval above {_percent(above)}"


def _measure(measure: Measure) -> str:
    return f"{_percent(measure.share)} ({_interval(measure.interval)})"


def _interval(interval: Interval) -> str:
    return f"{_percent(interval.low)} to {_percent(interval.high)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
