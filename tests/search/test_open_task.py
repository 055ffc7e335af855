import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.trunk import build_trunk
from stereopsis.search.depth_task import DepthTask
from stereopsis.search.open_task import open_named, open_task
from stereopsis.search.pictures_task import PicturesTask
from stereopsis.train.pack import write_pack
from tests.search.tasks import TINY_SPACE, colored, tiny_task
from tests.search.test_depth_task import numbered

LAZY = """
class Lazy:
    name = space = build = example = loss = score = print
    @property
    def {}(self):
        return open("no_such_file").read()
mine = Lazy()
"""


def write_pictures(path: Path, **changes: np.ndarray) -> Path:
    """A file of pictures, with some arrays replaced."""
    train, held_out = colored(60, 1), colored(20, 2)
    arrays = {
        "train_x": train.images.numpy(), "train_y": train.labels.numpy(),
        "test_x": held_out.images.numpy(), "test_y": held_out.labels.numpy(),
    }  # fmt: skip
    np.savez(path, **(arrays | changes))
    return path


def test_opens_pictures_and_objects_of_modules_and_files(tmp_path: Path) -> None:
    assert open_task("pictures", [write_pictures(tmp_path / "p.npz")]).name == "pictures"
    assert open_task("tests.search.tasks:task", []).name == "pictures"
    path = tmp_path / "mine.py"
    path.write_text("from tests.search.tasks import task as mine\n")
    assert open_task(f"{path}:mine", []).name == "pictures"


def test_another_seed_draws_other_batches_of_the_same_split(tmp_path: Path) -> None:
    path = write_pictures(tmp_path / "p.npz")
    one, same, other = (open_named("pictures", [path], seed) for seed in (3, 3, 4))
    network = tiny_task().build(build_trunk(TINY_SPACE.smallest())).eval()
    losses = [each.task.loss(network, "weights", 0).item() for each in (one, same, other)]
    assert losses[0] == losses[1] != losses[2]
    assert one.fingerprint == other.fingerprint
    assert isinstance(one.task, PicturesTask) and isinstance(other.task, PicturesTask)
    assert (one.task.splits["weights"] == other.task.splits["weights"]).all()
    write_pack(numbered(40), tmp_path / "pack.npz")
    depth = open_task("depth", [tmp_path / "pack.npz"], 3)
    assert isinstance(depth, DepthTask) and depth.recipe.seed == 3


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("dept", "no task dept"),
        ("depth", "no data"),
        ("pictures", "no data"),
        ("tests.search.tasks:missing", "cannot be loaded: AttributeError"),
        ("no.such.module:task", "cannot be loaded: ModuleNotFoundError"),
        ("no_such_file.py:task", "cannot be loaded"),
        ("tests.search.tasks:not_a_task", "it has no name"),
    ],
)
def test_refuses_what_is_no_task(name: str, problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        open_task(name, [])


@pytest.mark.parametrize("name", ["../mine", "report", "", "a b", "a" * 400])
def test_refuses_names_that_are_no_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / "mine.py"
    made = "from tests.search.tasks import tiny_task\nmine = tiny_task()\n"
    path.write_text(f"{made}mine.name = {name!r}\n")
    with pytest.raises(OptionError, match="cannot be called"):
        open_task(f"{path}:mine", [])


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("class mine: ...", "is a class, not an object"),
        ("import sys\nsys.exit('stop')", "cannot be loaded: SystemExit: stop"),
        ("raise ValueError('one\\ntwo')", r"cannot be loaded: ValueError: one\."),
        ("mine = tiny_task()\nmine.loss = 3", "The loss of .* cannot be called"),
        (LAZY.format("name"), r"mine raised FileNotFoundError: .*\. Look at line 7 of mine\.py"),
        (LAZY.format("space"), r"mine raised FileNotFoundError: .*\. Look at line 7 of mine\.py"),
    ],
)
def test_refuses_what_cannot_be_opened(tmp_path: Path, code: str, problem: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"from tests.search.tasks import tiny_task\n{code}\n")
    with pytest.raises((OptionError, DataError), match=problem) as raised:
        open_task(f"{path}:mine", [])
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 400


def test_a_task_may_lie_beside_what_it_imports_and_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("from tests.search.tasks import task as mine\n")
    (tmp_path / "json.py").write_text("from neighbour import mine\n")
    assert open_task(f"{tmp_path / 'json.py'}:mine", []).name == "pictures"
    assert json.dumps([1]) == "[1]"


def test_a_fingerprint_follows_names_and_files(tmp_path: Path) -> None:
    path = write_pictures(tmp_path / "p.npz")
    first = open_named("pictures", [path])
    copied = write_pictures(tmp_path / "q.npz")
    assert open_named("pictures", [copied]).fingerprint == first.fingerprint
    write_pictures(path, test_y=np.arange(20) % 3)
    assert open_named("pictures", [path]).fingerprint != first.fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"train_y": np.zeros(60, np.int64), "test_y": np.zeros(20, np.int64)},
        {"test_y": np.full(20, 9)},
        {"test_x": np.zeros((20, 8, 8, 3), np.uint8)},
        {"train_x": np.zeros((60, 16, 16, 3), np.float32)},
        {"train_x": np.zeros((60, 16, 16), np.uint8)},
        {"test_y": np.zeros(3, np.int64)},
        {"train_y": np.full(60, -1)},
        {"train_x": np.zeros((0, 16, 16, 3), np.uint8), "train_y": np.zeros(0, np.int64)},
        {"test_x": np.zeros((0, 16, 16, 3), np.uint8), "test_y": np.zeros(0, np.int64)},
        {"train_x": np.zeros((60, 0, 16, 3), np.uint8), "test_x": np.zeros((20, 0, 16, 3), "u1")},
        {"train_y": np.full(60, np.nan)},
        {"train_y": np.arange(60) % 4 + 0.5},
        {"train_y": np.arange(60) % 4 == 1},
        {"train_y": np.full(60, 2**64 - 1, np.uint64)},
        {"train_y": np.array(["cat"] * 60)},
        {"train_y": np.array([None] * 60)},
    ],
)
def test_refuses_other_arrays(tmp_path: Path, changes: dict[str, np.ndarray]) -> None:
    with pytest.raises(DataError, match=r"holds no pictures to learn from \(\w") as raised:
        open_task("pictures", [write_pictures(tmp_path / "p.npz", **changes)])
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("cut", [1, 20, 3000])
def test_refuses_damaged_files(tmp_path: Path, cut: int) -> None:
    path = write_pictures(tmp_path / "p.npz")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataError, match="holds no pictures"):
        open_task("pictures", [path])
    one = tmp_path / "one.npz"
    with one.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(DataError, match="holds no pictures"):
        open_task("pictures", [one])


def test_says_in_words_of_our_own_that_a_file_holds_no_arrays(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    path.write_bytes(bytes(range(256)) * 9)
    with pytest.raises(DataError, match=r"holds no pictures .*\(it is no \.npz file"):
        open_task("pictures", [path])
    with zipfile.ZipFile(path, "w") as file:
        for name in ("train_x", "train_y", "test_x", "test_y"):
            file.writestr(name, "no array")
    with pytest.raises(DataError, match=r"holds no pictures .*\(train_x is"):
        open_task("pictures", [path])


def test_tells_absent_files_folders_and_empty_files_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.npz").write_bytes(b"")
    (tmp_path / "folder.npz").mkdir()
    for name, problem in [
        ("absent", "There is no file"), ("folder", "is a folder"), ("empty", "is empty"),
    ]:  # fmt: skip
        for task in ("pictures", "depth"):
            with pytest.raises(DataError, match=problem) as told:
                open_task(task, [tmp_path / f"{name}.npz"])
            assert f" {tmp_path / name}.npz" in f" {told.value}"
