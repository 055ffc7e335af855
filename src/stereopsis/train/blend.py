"""Averages the weights of a run with those that it started from: python -m stereopsis.train.blend.

What a network learned anew makes it forget some of what it knew. Weights between the old and the
new ones often have both, at no cost.

Source: Wortsman et al., Robust Fine-Tuning of Zero-Shot Models (2022), section 3.
"""

import io
from pathlib import Path
from typing import Annotated, Literal

import torch
import typer
from torch import Tensor, nn

from stereopsis.nets.mono import SINCE_EDITION_2, MonoDepth
from stereopsis.nets.stereo import StereoConfig, StereoDepth
from stereopsis.nets.unet import UNetConfig
from stereopsis.outputs import write_all
from stereopsis.train.command import run_command
from stereopsis.train.released import load_checkpoint


def blend(old: dict[str, Tensor], new: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Weights `share` of the way from the old to the new; counters are the new ones'."""
    return {
        name: torch.lerp(old[name], value, share) if value.is_floating_point() else value
        for name, value in new.items()
    }


def main(
    old: Annotated[Path, typer.Argument(help="Checkpoint that the run started from.")],
    new: Annotated[Path, typer.Argument(help="Checkpoint of the run.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="The checkpoint to write (.pt).")],
    share: Annotated[float, typer.Option(min=0, max=1, help="Of the new weights.")] = 0.6,
    network: Annotated[Literal["mono", "stereo"], typer.Option(help="Whose run it is.")] = "mono",
) -> None:
    """Write a checkpoint with averaged weights, to be judged and released; it cannot be gone on.

    Layers that the old network lacks are the new one's.
    """
    before, after = _build(network), _build(network)
    load_checkpoint(after, new)
    before.load_state_dict(after.state_dict())
    load_checkpoint(before, old, may_lack=SINCE_EDITION_2)
    file = io.BytesIO()
    torch.save({"averaged": blend(before.state_dict(), after.state_dict(), share)}, file)
    write_all({out: file.getvalue()})
    typer.echo(out)


def _build(network: Literal["mono", "stereo"]) -> nn.Module:
    return MonoDepth(UNetConfig()) if network == "mono" else StereoDepth(StereoConfig())


if __name__ == "__main__":
    run_command(main)
