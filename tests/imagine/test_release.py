import json
from pathlib import Path
from typing import Any

import pytest

from stereopsis.errors import DataError, OutputError
from stereopsis.imagine import release
from stereopsis.imagine.models.layout import read_index
from stereopsis.imagine.release import release_card, weight_of
from tests.imagine.models.tiny import tiny_latent

HAYSTACK = {
    "sources": [{"what": "Noto emoji", "name": "npm x 1.0", "licence": "Apache-2.0"}],
    "counts": {"pool": {"rows": 12345}},
}
REPORT: dict[str, Any] = {
    "human_votes": 0,
    "claims": [
        {
            "claim": {"ours": "picked", "theirs": "pre-trained", "target": 0.85, "above": 0.75},
            "found": {"rate": 0.9, "interval": {"low": 0.8, "high": 0.95}},
            "holds": True,
        }
    ],
    "attacks": [{"name": "white", "passed": True}, {"name": "upper anchor", "passed": False}],
}
TUNED = "# A quality-tuned text-to-image model\n\nMade from a model.\n"


def write_tuned(folder: Path) -> Path:
    tiny_latent().save(folder)
    (folder / "README.md").write_text(TUNED)
    return folder


def write_inputs(folder: Path) -> tuple[Path, Path]:
    paths = folder / "card.json", folder / "report.json"
    for path, told in zip(paths, (HAYSTACK, REPORT), strict=True):
        path.write_text(json.dumps(told))
    return paths


def test_a_tuned_generator_becomes_the_embedded_one(tmp_path: Path) -> None:
    tuned, out = write_tuned(tmp_path / "tuned"), tmp_path / "generator"
    for _ in range(2):  # again, in place of the older one
        release.main(tuned, out, *write_inputs(tmp_path), note=["Trained in an hour."])
    assert read_index(out)["_class_name"] == read_index(tuned)["_class_name"]
    assert weight_of(out) < 0.6 * weight_of(tuned)
    card = (out / "README.md").read_text()
    for told in ("Apache-2.0", "12,345", "| 90.0 % | 80.0 to 95.0 %", "0 human votes", "an hour",
                 "did not pass: upper anchor."):  # fmt: skip
        assert told in card
    assert card.count("\n# ") + card.startswith("# ") == 1  # one title


def test_what_is_too_large_is_not_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "MOST_BYTES", 1000)
    with pytest.raises(OutputError, match="Train a smaller network"):
        release.main(write_tuned(tmp_path / "tuned"), tmp_path / "out", *write_inputs(tmp_path))
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_stays(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds no generator"):
        release.write_half(tiny_latent(), tmp_path)


@pytest.mark.parametrize("lacking", ["sources", "counts"])
def test_a_card_of_something_else_is_refused(lacking: str) -> None:
    haystack = {name: value for name, value in HAYSTACK.items() if name != lacking}
    with pytest.raises(DataError, match=r"Give card\.json"):
        release_card(TUNED, haystack, REPORT, [])
