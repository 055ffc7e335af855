"""The processes that `accelerate launch` starts, one to a device, and their one main process."""

import os
from datetime import timedelta

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import InitProcessGroupKwargs

from stereopsis.imagine.train_config import TrainConfig

PATIENCE = timedelta(days=1)  # all wait while the main process draws and measures


def is_main_process() -> bool:
    """Whether this process writes the results: all others only train."""
    return bool(PartialState().is_main_process)


def local_device(device: str) -> str:
    """The device of this process, of those that `accelerate launch` started."""
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if device == "cuda" else device


def start_accelerator(config: TrainConfig, device: torch.device) -> Accelerator:
    """What spreads the training over the processes that `accelerate launch` started."""
    AcceleratorState._reset_state(reset_partial_state=True)  # a process may train twice
    precision = "bf16" if config.precision == "bf16" else "no"
    return Accelerator(
        mixed_precision=precision,
        cpu=device.type == "cpu",
        kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)],
    )
