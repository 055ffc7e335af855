"""What the tests ask of JavaScript: the Khronos validator, and a decoder of meshopt."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent.parent


def validate(glb: bytes) -> dict[str, Any]:
    """What the Khronos validator finds in a .glb: numErrors, numWarnings and messages."""
    issues: dict[str, Any] = json.loads(_run("validate_glb.js", glb))["issues"]
    return issues


def decode_meshopt(encoded: bytes, mode: str, count: int, stride: int) -> bytes:
    """The `count` rows of `stride` bytes that this part of a .glb decodes to."""
    return _run("decode_meshopt.js", encoded, mode, str(count), str(stride))


def _run(script: str, data: bytes, *arguments: str) -> bytes:
    node = shutil.which("node")
    assert node, "The tests need Node.js. Run scripts/test, which installs it."
    for package in ("gltf-validator", "meshoptimizer"):
        installed = (TESTS / "node_modules" / package).is_dir()
        assert installed, f"The tests need {package}. Run: npm install --prefix tests"
    command = [node, str(TESTS / script), *arguments]
    done = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
