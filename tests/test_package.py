import ast
import subprocess
import sys
from pathlib import Path

import pytest

import stereopsis


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("name", stereopsis.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(stereopsis, name).__doc__
    assert name in dir(stereopsis)


def test_names_for_type_checkers_are_those_at_run_time() -> None:
    tree = ast.parse(Path(stereopsis.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    declared = {
        f"{node.module}.{alias.asname}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert declared == {f"stereopsis.{home}.{name}" for name, home in stereopsis._HOMES.items()}


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'dog'"):
        stereopsis.dog  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = run_python("import stereopsis, sys; print(*sys.modules)").split()
    assert not {"numpy", "cv2", "PIL", "numba", "onnxruntime", "torch"} & set(loaded)


def test_the_upper_half_never_loads_torch() -> None:
    """With everything public in use, and the command line too."""
    code = (
        "import sys, stereopsis, stereopsis.cli, stereopsis.cli.make\n"
        "for name in stereopsis.__all__: getattr(stereopsis, name)\n"
        "print(*sys.modules)"
    )
    assert "torch" not in run_python(code).split()
