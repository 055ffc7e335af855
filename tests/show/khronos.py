"""The Khronos validator, asked about the bytes of a .glb."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent.parent


def validate(glb: bytes) -> dict[str, Any]:
    """The validator's issues: numErrors, numWarnings and messages."""
    node = shutil.which("node")
    assert node, "The tests need Node.js. Run scripts/test, which installs it."
    installed = (TESTS / "node_modules" / "gltf-validator").is_dir()
    assert installed, "The tests need the Khronos validator. Run: npm install --prefix tests"
    script = str(TESTS / "validate_glb.js")
    done = subprocess.run([node, script], input=glb, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    issues: dict[str, Any] = json.loads(done.stdout)["issues"]
    return issues
