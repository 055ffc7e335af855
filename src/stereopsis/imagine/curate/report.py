"""The report of a run: JSON for programs, a page with sheets for people."""

import html
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stereopsis.imagine.curate.run import Funnel, nothing_left
from stereopsis.imagine.curate.sheets import (
    Counts,
    borderline_sheet,
    funnel_chart,
    removed_sheet,
)
from stereopsis.imagine.curate.truth import StageTruth, judge_stages

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1320px; margin: 2em auto; padding: 0 1em;
  color: #222; background: #fff }
table { border-collapse: collapse; margin: 1em 0 }
th, td { padding: .25em .8em; border-bottom: 1px solid #ddd; text-align: right }
th:first-child, td:first-child, td.text, th.text { text-align: left }
img { max-width: 100%; display: block; margin: .5em 0 1em }
h2 { margin-top: 2em } .note { color: #666 }
"""


def report_files(funnel: Funnel, out: Path) -> dict[Path, bytes]:
    """The files of the report by their places in the folder `out`."""
    files = {
        out / "report.json": (json.dumps(to_plain(funnel), indent=2) + "\n").encode(),
        out / "report.html": to_html(funnel).encode(),
        out / "funnel.png": funnel_chart(counts_of(funnel)),
    }
    for name, faces in funnel.tally.faces.items():
        if faces.removed.faces:
            files[out / "sheets" / f"{name}_removed.png"] = removed_sheet(faces)
        if faces.just_kept.faces or faces.just_removed.faces:
            files[out / "sheets" / f"{name}_borderline.png"] = borderline_sheet(faces)
    return files


def counts_of(funnel: Funnel) -> Counts:
    """How many pictures came to each stage and were left after it, in order."""
    counts, came = [], funnel.tally.rows
    for name, stage in funnel.tally.stages.items():
        counts.append((name, came, came - stage.removed))
        came -= stage.removed
    return counts


def to_plain(funnel: Funnel) -> dict[str, Any]:
    """The report as JSON's own types."""
    rules, stages = funnel.config.rules(), funnel.tally.stages
    lines = [
        {
            "stage": name,
            "keeps": rules[name],
            "in": came,
            "out": left,
            "seconds": round(stages[name].seconds, 3),
            "images_per_second": _speed(came, stages[name].seconds),
        }
        for name, came, left in counts_of(funnel)
    ]
    problem = nothing_left(funnel)
    return {
        "shards": funnel.shards,
        "damaged_shards": [asdict(each) for each in funnel.damaged],
        "in": funnel.tally.rows,
        "out": funnel.kept,
        "seconds": round(funnel.seconds, 3),
        "stages": lines,
        "off": funnel.config.switched_off(),
        "concepts": funnel.concepts,
        "truth": [asdict(each) for each in _truth(funnel)],
        "unreadable": [
            {"shard": shard, "row": row, "why": why} for shard, row, why in funnel.tally.faults
        ],
        "nothing_left": str(problem) if problem else None,
        "settings": json.loads(funnel.config.to_json()),
    }


def to_html(funnel: Funnel) -> str:
    """The page, which shows the chart and the sheets that lie beside it."""
    problem = nothing_left(funnel)
    parts = [
        f"<h1>{funnel.kept:,} of {funnel.tally.rows:,} pictures are kept</h1>",
        f"<p><b>{html.escape(str(problem))}</b></p>" if problem else "",
        _damage_list(funnel),
        '<img src="funnel.png" alt="how many pictures are left after each stage">',
        _stage_table(funnel),
        _truth_table(_truth(funnel)),
        _concept_table(funnel),
        _sheet_parts(funnel),
        _fault_table(funnel),
        f"<h2>Settings</h2><pre>{html.escape(funnel.config.to_json())}</pre>",
    ]
    body = "\n".join(filter(None, parts))
    head = f'<meta charset="utf-8"><title>Curation</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _damage_list(funnel: Funnel) -> str:
    if not funnel.damaged:
        return ""
    lines = "".join(f"<li>{html.escape(each.why)}</li>" for each in funnel.damaged)
    count = f"{len(funnel.damaged)} of {funnel.shards + len(funnel.damaged)} shards"
    return f"<p><b>{count} are damaged and left out:</b></p><ul>{lines}</ul>"


def _stage_table(funnel: Funnel) -> str:
    rules, stages = funnel.config.rules(), funnel.tally.stages
    rows = [
        [name, rules[name], f"{came:,}", f"{left:,}", _percent(left / came if came else None),
         f"{stages[name].seconds:.1f}", f"{_speed(came, stages[name].seconds) or 0:,.0f}"]
        for name, came, left in counts_of(funnel)
    ]  # fmt: skip
    heads = ["stage", "keeps", "in", "out", "kept", "seconds", "images/s"]
    off = ", ".join(funnel.config.switched_off())
    note = (
        f"Seconds are summed over workers; {funnel.seconds:.1f} s passed. Decoding and features, "
        "which filters share, count under readable."
    )
    return _table(heads, rows) + (
        f'<p class="note">{note}{f" Switched off: {off}." if off else ""}</p>'
    )


def _truth_table(truth: Sequence[StageTruth]) -> str:
    if not truth:
        return ""
    rows = [
        [each.stage, "", _percent(each.recall), _percent(each.recall_so_far),
         _percent(each.precision), _percent(each.removal_precision),
         "" if each.enrichment is None else f"{each.enrichment:.2f} x"]
        for each in truth
    ]  # fmt: skip
    heads = ["stage", "", "recall", "recall so far", "precision", "rightly removed", "enrichment"]
    return "<h2>Against the truth</h2>" + _table(heads, rows)


def _concept_table(funnel: Funnel) -> str:
    if not funnel.concepts:
        return ""
    rows = [[name, "", f"{count:,}"] for name, count in funnel.concepts.items()]
    return "<h2>Concepts kept</h2>" + _table(["concept", "", "pictures"], rows)


def _sheet_parts(funnel: Funnel) -> str:
    parts = []
    for name, faces in funnel.tally.faces.items():
        removed = funnel.tally.stages[name].removed
        shown = len(faces.removed.faces)
        if shown:
            title = f"{name}: {removed:,} removed, {shown} of them by chance"
            parts.append(f"<h2>{title}</h2>{_image(name, 'removed')}")
        if faces.just_kept.faces or faces.just_removed.faces:
            parts.append(f"<h2>{name}: nearest to the threshold</h2>{_image(name, 'borderline')}")
    return "\n".join(parts)


def _fault_table(funnel: Funnel) -> str:
    if not funnel.tally.faults:
        return ""
    rows = [[shard, why, f"{row}"] for shard, row, why in funnel.tally.faults]
    count = funnel.tally.stages["readable"].removed
    title = f"<h2>{count:,} pictures cannot be read; the first {len(rows)}</h2>"
    return title + _table(["shard", "why", "row"], rows)


def _image(name: str, kind: str) -> str:
    return f'<img src="sheets/{name}_{kind}.png" alt="{name}, {kind}" loading="lazy">'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose second column is text."""
    mark = ["", ' class="text"', *[""] * len(heads)]
    head = "".join(f"<th{m}>{html.escape(each)}</th>" for each, m in zip(heads, mark, strict=False))
    lines = [
        "".join(f"<td{m}>{html.escape(cell)}</td>" for cell, m in zip(row, mark, strict=False))
        for row in rows
    ]
    return f"<table><tr>{head}</tr><tr>{'</tr><tr>'.join(lines)}</tr></table>"


def _truth(funnel: Funnel) -> list[StageTruth]:
    return judge_stages(funnel.tally) if funnel.config.columns.wanted else []


def _speed(count: int, seconds: float) -> float | None:
    return round(count / seconds, 1) if seconds > 0 else None


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
