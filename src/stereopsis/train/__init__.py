from importlib.util import find_spec

from stereopsis.errors import MissingExtraError

if find_spec("torch") is None:
    raise MissingExtraError(
        "Training needs PyTorch, which is not installed.", "Run pip install 'stereopsis[train]'."
    )
