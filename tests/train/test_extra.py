import subprocess
import sys

WITHOUT_TORCH = """
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "torch" else found(name, *rest)
import stereopsis.train
"""


def test_training_without_pytorch_says_what_to_install():
    run = [sys.executable, "-c", WITHOUT_TORCH]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "MissingExtraError: Training needs PyTorch" in done.stderr
    assert "pip install 'stereopsis[train]'" in done.stderr
