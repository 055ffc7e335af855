"""Photos to run commands on, and what the commands say."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from typer.testing import CliRunner, Result

from stereopsis.cli import app

WIDTH, HEIGHT = 160, 120


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def near_disc() -> np.ndarray:
    """Inverse depth: a disc before a plane."""
    x, y = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT))
    return np.where(x**2 + y**2 < 0.3, 0.9, 0.2 + 0.1 * y).astype(np.float32)


def save_photo(path: Path) -> Path:
    noise = np.random.default_rng(0).integers(0, 60, (HEIGHT, WIDTH, 3))
    pixels = np.where(near_disc()[..., None] > 0.5, 180, 60) + noise
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def save_depth(path: Path) -> Path:
    np.save(path, near_disc())
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def records(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def refusal(*arguments: object) -> str:
    """What standard error says about a command that can do nothing: one line, two sentences."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert result.stderr.count("\n") == 1 and result.stderr.count(". ") >= 1
    return result.stderr
