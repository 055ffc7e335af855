import subprocess
from pathlib import Path

import pytest

RUNS = Path(__file__).parents[2] / "runs"
NEEDY = sorted(path for path in RUNS.glob("*.sh") if "exit 2" in path.read_text())


@pytest.mark.parametrize("script", NEEDY, ids=lambda path: path.stem)
def test_a_run_without_its_arguments_says_all_of_how_it_is_used(script: Path) -> None:
    result = subprocess.run(["bash", script], capture_output=True, text=True, check=False)
    lines = script.read_text().splitlines()[1:]
    header = lines[: next(i for i, line in enumerate(lines) if not line.startswith("#"))]
    assert result.returncode == 2 and "usage:" in result.stderr
    assert result.stderr.splitlines() == [line[2:] for line in header]
