import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import torch

from stereopsis.imagine.processes import start_accelerator
from stereopsis.imagine.train_config import TrainConfig

TRAIN = """
import sys
from pathlib import Path
import torch
from tests.imagine.models.tiny import tiny_latent
from tests.imagine.test_training import SHORT, few_examples
from stereopsis.imagine.training import train_generator
generator = tiny_latent()
train_generator(generator, few_examples(generator), SHORT, Path(sys.argv[1]))
rank = torch.distributed.get_rank()
torch.save(generator.network.state_dict(), Path(sys.argv[1]) / f"{rank}.pt")
"""


def test_processes_wait_while_one_measures() -> None:
    waits = start_accelerator(TrainConfig(), torch.device("cpu")).init_handler
    assert waits is not None and waits.timeout > timedelta(hours=12)


def test_two_processes_keep_the_same_weights(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(TRAIN)
    root = Path(__file__).parents[2]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*launch, str(script), str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=root,
        env={**os.environ, "PYTHONPATH": f"{root}:{root / 'src'}", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert (tmp_path / "curve.csv").read_text().count("\n") == 4
