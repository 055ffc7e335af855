"""DDIM: the steps by which noise becomes a picture, and where on a schedule they begin and end."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from diffusers import DDIMScheduler
from jaxtyping import Float
from torch import Tensor

from stereopsis.errors import OptionError

SCHEDULE = (
    "num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
    "prediction_type", "rescale_betas_zero_snr",
)  # fmt: skip


def build_sampler(config: Mapping[str, Any], bounded: bool) -> DDIMScheduler:
    """DDIM on the same steps; where pictures are bounded, with dynamic thresholding.

    Source: Song et al. 2021; Saharia et al., Imagen (2022), section 2.3, for the thresholding.
    """
    return DDIMScheduler(
        **schedule_of(config),
        timestep_spacing="trailing",  # from the last step on, which may be pure noise
        clip_sample=False,
        thresholding=bounded,
        sample_max_value=100.0,  # no more than the quantile itself limits the range
    )


def schedule_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Of a scheduler's settings, those that training and drawing depend on."""
    return {name: config[name] for name in SCHEDULE}


def set_times(sampler: DDIMScheduler, steps: int) -> Sequence[int]:
    """Where on the schedule each of so many steps begins: the first in noise, the last near 0.

    Raises:
        OptionError: the schedule has fewer steps.
    """
    most = int(sampler.config["num_train_timesteps"])
    if steps > most:
        raise OptionError(
            f"{steps} steps are asked for, and the model learned {most}.",
            f"Choose {most} steps or fewer.",
        )
    sampler.set_timesteps(steps)
    times: list[int] = sampler.timesteps.tolist()
    return times[:steps]  # diffusers rounds up to one more, of -1, for 61 steps and some others


def step_down(
    sampler: DDIMScheduler,
    told: Float[Tensor, "n c y x"],
    x: Float[Tensor, "n c y x"],
    time: int,
    after: int | None,
) -> Float[Tensor, "n c y x"]:
    """`x` as noisy as at `after` (None: not at all), by what was told of it at `time`.

    Only the picture beneath the noise is diffusers': its own step goes down by 1000 // steps, which
    is not where the next one begins unless that divides evenly; of 501 steps it goes half the way.

    Source: Song et al. 2021, equation 12, without fresh noise.
    """
    clean: Tensor = sampler.step(told, time, x)[1]
    kept = sampler.alphas_cumprod[time]
    kept_after = torch.ones(()) if after is None else sampler.alphas_cumprod[after]
    noise = (x - kept.sqrt() * clean) / (1 - kept).sqrt()
    less_noisy: Tensor = kept_after.sqrt() * clean + (1 - kept_after).sqrt() * noise
    return less_noisy
