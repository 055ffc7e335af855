"""What a tuning depends on, in a few words each: what tells it from all others."""

import hashlib
from dataclasses import asdict
from typing import Any

import torch

from stereopsis.imagine.captioned import Captioned
from stereopsis.imagine.judge.matcher import Matcher
from stereopsis.imagine.judge.matcher_file import ARRAYS
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.tune.config import TuneConfig
from stereopsis.imagine.tune.watch import Watch

LENGTH = 16  # letters of a digest


def settings_of(
    generator: Generator, pictures: Captioned, watch: Watch, config: TuneConfig
) -> dict[str, Any]:
    """All that a tuning depends on; the generator is the one before its tuning."""
    digest = hashlib.sha256(pictures.pictures.tobytes())
    digest.update("\0".join(pictures.captions).encode())
    settings = asdict(config)
    for name in ("accumulate", "checkpointing"):  # a run that lacked memory may go on with others
        del settings[name]
    return {
        "config": settings,
        "generator": digest_of(generator),
        "pictures": digest.hexdigest()[:LENGTH],
        "prompts": watch.registration.digest,
        "judge": hashlib.sha256(watch.judge.head.weight.tobytes()).hexdigest()[:LENGTH],
        "matcher": _digest_of_matcher(watch),
    }


def digest_of(generator: Generator) -> str:
    """A digest of the weights of all its networks, wherever they lie."""
    digest = hashlib.sha256()
    for module in (generator.network, *generator.frozen()):
        for name, value in module.state_dict().items():
            digest.update(f"{name} {tuple(value.shape)}".encode())
            digest.update(value.cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()[:LENGTH]


def _digest_of_matcher(watch: Watch) -> str:
    """A digest of its arrays; the name of one of CLIP's kind."""
    if not isinstance(watch.matcher, Matcher):
        return watch.matcher_name
    digest = hashlib.sha256(str(watch.matcher.config).encode())
    for name in ARRAYS:
        digest.update(getattr(watch.matcher, name).tobytes())
    return digest.hexdigest()[:LENGTH]
