"""What a study leaves: the judge's report, and what is known of each tuning."""

import json
from pathlib import Path

from stereopsis.imagine.judge.report_text import to_json, to_markdown
from stereopsis.imagine.judge.sheet import arms_sheet, claims_chart
from stereopsis.imagine.study.run import Study


def study_files(study: Study, folder: Path) -> dict[Path, bytes]:
    """The files of a study, by where they go.

    The pre-trained arm and that of the first treatment also have a sheet for themselves.
    """
    told = {**json.loads(to_json(study.report)), "tunings": tunings_of(study)}
    files = {
        folder / "report.md": "\n".join([to_markdown(study.report), *tuning_lines(study)]).encode(),
        folder / "report.json": (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode(),
        folder / "arms.png": arms_sheet(study.arms),
        folder / "before-after.png": arms_sheet(dict(list(study.arms.items())[:2])),
    }
    if study.report.claims:
        files[folder / "claims.png"] = claims_chart(study.report.claims)
    return files


def tunings_of(study: Study) -> dict[str, dict[str, list[float]]]:
    """The steps and win rates of each treatment's tunings."""
    return {
        name: {"steps": list(steps), "win_rate": list(study.by_tuning[name])}
        for name, steps in study.steps.items()
    }


def tuning_lines(study: Study) -> list[str]:
    """The same as a Markdown table."""
    told = "Win rate over the pre-trained model on the prompts and seeds that the tuning drew."
    if all(len(steps) == 1 for steps in study.steps.values()):
        told += (
            " With one tuning of each treatment, the spread of tunings is unknown: all intervals "
            "above are of these very tunings."
        )
    lines = [
        "## Each tuning",
        "",
        told,
        "",
        "| treatment | steps | win rates, % |",
        "|---|---|---|",
    ]
    for name, steps in study.steps.items():
        rates = ", ".join(f"{100 * rate:.1f}" for rate in study.by_tuning[name])
        lines.append(f"| {name} | {', '.join(map(str, steps))} | {rates} |")
    return [*lines, ""]
