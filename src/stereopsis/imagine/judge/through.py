"""Pictures as an autoencoder gives them back, so that judges do not take its traces for a look.

A latent model draws through its autoencoder. A judge that knows clean pictures only is much worse
on such ones, whichever look they have; so it is fitted and measured on both.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL

from stereopsis.errors import OptionError
from stereopsis.imagine.judge.labelled import Labelled, joined
from stereopsis.imagine.judge.pictures import Pictures, in_batches
from stereopsis.imagine.models.autoencoder import open_autoencoder
from stereopsis.imagine.models.latent import LatentCoder


def open_coder(folder: Path, side: int) -> LatentCoder:
    """The autoencoder of a generator, or of a training run, for pictures `side` px square.

    Raises:
        WeightsError: the folder holds none.
        OptionError: it is none of latent diffusion.
    """
    opened = open_autoencoder(folder)
    if not isinstance(opened, AutoencoderKL):
        raise OptionError(
            f"The autoencoder in {folder} makes codes.", "Name one of a latent diffusion model."
        )
    return LatentCoder(opened, side)


def with_reconstructions(labelled: Labelled, coder: LatentCoder) -> Labelled:
    """The pictures, and each once more as the autoencoder gives it back, under its own label."""
    again = reconstructed(labelled.pictures, coder)
    return joined([labelled, replace(labelled, pictures=again, left_out=())])


def reconstructed(pictures: Pictures, coder: LatentCoder) -> Pictures:
    """The pictures, encoded and decoded."""
    found = []
    with torch.inference_mode():
        for batch in in_batches(pictures):
            found.append(coder.decode(coder.encode(torch.from_numpy(batch))).cpu().numpy())
    return np.concatenate(found)
