import subprocess
import sys

WITHOUT_DIFFUSERS = """
import importlib.util, sys
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "diffusers" else found(name, *rest)
from stereopsis.cli import main
sys.argv = ["stereopsis", "imagine", "a red apple"]
main()
"""


def test_without_diffusers_the_command_says_what_to_install() -> None:
    run = [sys.executable, "-c", WITHOUT_DIFFUSERS]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'stereopsis[imagine]'" in done.stderr
    assert "Traceback" not in done.stderr
