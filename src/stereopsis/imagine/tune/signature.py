"""What a tuning depends on, in a few words each: what tells it from all others."""

import hashlib
from dataclasses import asdict
from typing import Any

from stereopsis.imagine.captioned import Captioned
from stereopsis.imagine.digest import LENGTH
from stereopsis.imagine.models.generator import Generator
from stereopsis.imagine.tune.config import TuneConfig
from stereopsis.imagine.tune.watch import Watch


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
        "generator": generator.digest,
        "pictures": digest.hexdigest()[:LENGTH],
        "prompts": watch.registration.digest,
        "judge": hashlib.sha256(watch.judge.head.weight.tobytes()).hexdigest()[:LENGTH],
        "matcher": watch.matcher.digest,
    }
