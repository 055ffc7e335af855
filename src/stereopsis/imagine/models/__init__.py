"""Text-to-image models of three kinds, and checkpoints of others, behind one interface."""

from importlib.util import find_spec

from stereopsis.errors import MissingExtraError

if find_spec("torch") is None or find_spec("diffusers") is None or find_spec("accelerate") is None:
    raise MissingExtraError(
        "Making pictures from words needs PyTorch and diffusers, which are not installed.",
        "Run pip install 'stereopsis[imagine]'.",
    )
