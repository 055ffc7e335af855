"""What to write beside an .onnx file that has no manifest, as far as the file itself tells."""

import json
from pathlib import Path

import onnxruntime

from stereopsis.errors import WeightsError
from stereopsis.runtime.manifest import manifest_path
from stereopsis.runtime.network import open_session

_ARRAY_TYPES = {"tensor(uint8)": "uint8", "tensor(float)": "float32"}
_OTHER_TYPES = {"tensor(string)": "text", "tensor(double)": "float64"}


def undescribed(path: Path) -> WeightsError:
    """Says that the file lacks a manifest, and proposes one; or that it is no depth network.

    Raises:
        WeightsError: the file is no network.
    """
    session = open_session(path, threads=1)
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or not _may_be_picture(inputs[0]):
        mend = (
            "Use a network that takes one colour picture, n x 3 x h x w or n x h x w x 3, as "
            "float32 or uint8."
        )
        return WeightsError(f"{path.name} takes {_listed(inputs)}, not one picture.", mend)
    maps = [arg for arg in outputs if _may_be_map(arg)]
    if not maps:
        problem = f"{path.name} gives {_listed(outputs)}, not one value for each pixel."
        return WeightsError(problem, "Use a network that gives n x h x w as float32.")
    draft = {
        "name": path.stem,
        "licence": "?",
        "inputs": [_drafted(inputs[0], 3)],
        "outputs": [_drafted(arg, 1) for arg in maps],
        "multiple": 32,
        "depth": {"quantity": "inverse_depth"},
    }
    if _type(inputs[0]) == "float32":
        statistics = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
        draft["picture"] = {"white": 1.0, **statistics}
    return WeightsError(
        f"{path.name} has no manifest {manifest_path(path).name} beside it, which says what it "
        "takes and gives.",
        f"Write one after docs/depth-models.md, such as {json.dumps(draft)}.",
    )


def _may_be_picture(arg: onnxruntime.NodeArg) -> bool:
    """Whether a colour picture, or several, can enter here."""
    if arg.type not in _ARRAY_TYPES or len(arg.shape) != 4:
        return False
    return any(size == 3 or not isinstance(size, int) for size in arg.shape[1::2])


def _may_be_map(arg: onnxruntime.NodeArg) -> bool:
    """Whether this can hold one value for each pixel, with or without an axis of 1."""
    if arg.type != "tensor(float)":
        return False
    has_axis = len(arg.shape) == 4
    free_or_one = any(size == 1 or not isinstance(size, int) for size in arg.shape[1::2])
    return len(arg.shape) == 3 or (has_axis and free_or_one)


def _drafted(arg: onnxruntime.NodeArg, channels: int) -> dict[str, object]:
    """An array of the file as a manifest describes it; free sizes take their usual names."""
    usual: tuple[int | str, ...] = ("n", "h", "w")
    if len(arg.shape) == 4:
        last = arg.shape[3] == channels
        usual = ("n", "h", "w", channels) if last else ("n", channels, "h", "w")
    sizes = zip(arg.shape, usual, strict=True)
    shape = [size if isinstance(size, int) else name for size, name in sizes]
    return {"name": arg.name, "dtype": _type(arg), "shape": shape}


def _type(arg: onnxruntime.NodeArg) -> str:
    """The type of the array's values, as people call it."""
    plain = arg.type.removeprefix("tensor(").removesuffix(")")
    return _ARRAY_TYPES.get(arg.type) or _OTHER_TYPES.get(arg.type, plain)


def _listed(args: list[onnxruntime.NodeArg]) -> str:
    """The arrays for people."""
    arrays = []
    for arg in args:
        shape = " x ".join("?" if size is None else str(size) for size in arg.shape)
        arrays.append(f"{arg.name}: {_type(arg)} of {shape or 'one value'}")
    return " and ".join(arrays) or "nothing"
