"""Goes on from a released network or a checkpoint: its file back into a module that trains."""

from collections.abc import Callable
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from stereopsis.errors import WeightsError
from stereopsis.nets.blocks import ConvNorm


def load_checkpoint(module: nn.Module, path: Path, may_lack: tuple[str, ...] = ()) -> None:
    """Sets the module's weights to the averaged ones of a run's checkpoint.

    Layers whose names begin with one of `may_lack` keep their weights if the file has none.

    Raises:
        WeightsError: the file is no checkpoint, or one of another architecture.
    """
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)["averaged"]
    except OSError as error:
        raise _unreadable(path, error) from error
    except Exception as error:  # pickle and zip raise whatever the bytes provoke
        raise WeightsError(
            f"{path.name} is not a checkpoint of a training run.",
            "Start from the checkpoint.pt in a run's folder, or from a released .onnx.",
        ) from error
    state = module.state_dict()
    for name, value in state.items():
        if name not in weights and not name.startswith(may_lack):
            raise _misfit(path, f"holds no weights for {name}")
        if weights.setdefault(name, value).shape != value.shape:
            raise _misfit(path, f"holds no weights that fit {name}")
    for name in weights.keys() - state.keys():
        raise _misfit(path, f"holds {name}, which this network lacks")
    module.load_state_dict(weights)


def load_released(
    module: nn.Module, path: Path, *inputs: Tensor, may_lack: tuple[str, ...] = ()
) -> None:
    """Sets the module's weights to those of the .onnx file that export_network() made of it.

    Export folded each batch norm into the convolution before it, and what it normalised by is
    gone. `inputs`, a batch of typical ones, are run once to measure it anew: afterwards the module
    answers as the file does, and its batch norms are fit to train. Layers whose names begin with
    one of `may_lack` keep their weights if the file has none.

    Raises:
        WeightsError: the file is no such network, or one of another architecture.
    """
    weights = _read_weights(path)
    norms: dict[str, nn.BatchNorm2d] = {}
    for name, block in module.named_modules():
        if isinstance(block, ConvNorm):
            assert isinstance(block.norm, nn.BatchNorm2d)
            norms[name] = block.norm
    measured_below = tuple(f"{name}.norm." for name in norms)
    state = module.state_dict()
    plain = {name: w.shape for name, w in state.items() if not name.startswith(measured_below)}
    biases = {f"{name}.conv.bias": norm.bias.shape for name, norm in norms.items()}
    expected = {**plain, **biases}
    for name in [name for name in expected if name.startswith(may_lack) and name not in weights]:
        weights[name] = state[name]
    for name, shape in expected.items():
        if name not in weights or weights[name].shape != shape:
            raise _misfit(path, f"holds no weights that fit {name}")
    for name in weights:  # of layers that this module lacks
        if name.endswith(".weight") and name not in plain:
            raise _misfit(path, f"holds {name}, which this network lacks")
    module.load_state_dict({**state, **{name: weights[name] for name in plain}})
    hooks = [
        norm.register_forward_pre_hook(_measure(weights[f"{name}.conv.bias"]))
        for name, norm in norms.items()
    ]
    was_training = module.training
    try:
        with torch.no_grad():
            module.eval()(*inputs)
    finally:
        module.train(was_training)
        for hook in hooks:
            hook.remove()


def _misfit(path: Path, problem: str) -> WeightsError:
    return WeightsError(f"{path.name} {problem}.", "Start from a network of this architecture.")


def _unreadable(path: Path, error: OSError) -> WeightsError:
    return WeightsError(
        f"{path} cannot be read ({(error.strerror or str(error)).lower()}).", "Check the path."
    )


def _measure(bias: Tensor) -> Callable[[nn.BatchNorm2d, tuple[Tensor]], None]:
    """A hook that makes a batch norm add this bias and nothing else, given what it normalises."""

    def measure(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        variance, mean = torch.var_mean(inputs[0], (0, 2, 3), correction=0)
        assert norm.running_mean is not None and norm.running_var is not None
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.data.copy_((variance + norm.eps).sqrt())
        norm.bias.data.copy_(bias + mean)

    return measure


def _read_weights(path: Path) -> dict[str, Tensor]:
    """The float weights in a file, by the names they had in the module."""
    try:
        model = onnx.load(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    except Exception as error:  # protobuf raises whatever the bytes provoke
        raise WeightsError(
            f"{path.name} is not an ONNX file.", "Start from a released network or a checkpoint."
        ) from error
    arrays = {w.name: numpy_helper.to_array(w) for w in model.graph.initializer}
    return {
        name.removesuffix(".half"): torch.from_numpy(array.copy()).float()
        for name, array in arrays.items()
        if array.dtype.kind == "f"
    }
