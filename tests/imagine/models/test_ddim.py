from itertools import pairwise

import pytest
import torch
from diffusers import DDPMScheduler

from stereopsis.errors import OptionError
from stereopsis.imagine.models.ddim import build_sampler, set_times, step_down
from stereopsis.imagine.models.diffusion import NoiseConfig, build_schedule
from stereopsis.imagine.models.generator import MOST_STEPS, SampleConfig


@pytest.mark.parametrize(
    ("target", "ends_in_noise"),
    [
        ("epsilon", False),
        ("v_prediction", False),
        ("sample", False),
        ("v_prediction", True),
        ("sample", True),
    ],
)
@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize("steps", [1, 10, 61, 150, 501])
def test_with_a_perfect_network_noise_falls_to_where_the_next_step_begins(
    target: str, ends_in_noise: bool, bounded: bool, steps: int
) -> None:
    config = NoiseConfig(target=target)  # type: ignore[arg-type]
    plain = build_schedule(config).config
    schedule = DDPMScheduler.from_config(plain, rescale_betas_zero_snr=ends_in_noise)
    rng = torch.Generator().manual_seed(0)
    true = torch.rand((1, 3, 4, 4), generator=rng) * 2 - 1
    noise = torch.randn((1, 3, 4, 4), generator=rng)
    sampler = build_sampler(schedule.config, bounded)
    times = set_times(sampler, steps)
    assert (sampler.alphas_cumprod[times[0]] == 0) == ends_in_noise
    x = schedule.add_noise(true, noise, torch.tensor(times[:1]))
    for time, after in zip(times, [*times, None][1:], strict=True):
        told = {
            "epsilon": noise,
            "sample": true,
            "v_prediction": schedule.get_velocity(true, noise, torch.tensor([time])),
        }[target]
        x = step_down(sampler, told, x, time, after)
        wanted = true
        if after is not None:
            wanted = schedule.add_noise(true, noise, torch.tensor([after]))
        assert torch.allclose(x, wanted, atol=0.02)


@pytest.mark.parametrize("whole", [1000, 100])
def test_any_number_of_steps_begins_as_often_as_asked_for_and_falls(whole: int) -> None:
    sampler = build_sampler(build_schedule(NoiseConfig(steps=whole)).config, False)
    for steps in range(1, whole + 1):
        times = set_times(sampler, steps)
        assert len(times) == steps and times[0] == whole - 1 and times[-1] >= 0
        assert times[-1] <= whole / steps
        assert all(time > after for time, after in pairwise(times))


def test_more_steps_than_there_are_are_refused() -> None:
    sampler = build_sampler(build_schedule(NoiseConfig(steps=100)).config, False)
    with pytest.raises(OptionError, match="Choose 100 steps or fewer"):
        set_times(sampler, 101)
    for steps in (0, MOST_STEPS + 1):
        with pytest.raises(OptionError, match="Choose 1 to 1000 steps"):
            SampleConfig(steps)
