"""Small haystacks of known pictures, and networks that say what a picture's colour says."""

import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
from onnx import TensorProto, helper
from PIL import Image

from stereopsis.imagine.curate.config import FunnelConfig
from stereopsis.imagine.curate.filters import SizeFilter

Cells = dict[str, Any]

QUICK = FunnelConfig(offensive=None, ocr=None, size=SizeFilter(64), eye="grid")


def quick(**changes: Any) -> FunnelConfig:
    """Settings that need no network, changed so."""
    return replace(QUICK, **changes)


def scene(seed: int, width: int = 120, height: int = 90) -> Image.Image:
    """A picture of soft blobs, unlike that of any other seed."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (5, 6, 3), np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=quality)
    return file.getvalue()


def rows(seeds: Iterable[int], **more: Any) -> list[Cells]:
    """One row per seed, with a caption of its own."""
    return [
        {"image": jpeg(scene(seed)), "caption": f"a dog of kind {seed}", **more} for seed in seeds
    ]


def write_parquet(path: Path, cells: Sequence[Cells]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(cells)), path, row_group_size=50)
    return path


def write_tar(path: Path, cells: Sequence[Cells]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as file:
        for i, each in enumerate(cells):
            rest = {name: each[name] for name in each if name not in ("image", "caption")}
            members = {"txt": str(each["caption"]).encode(), "json": json.dumps(rest).encode()}
            if each["image"] is not None:
                members = {"jpg": each["image"], **members}
            for ending, data in members.items():
                info = tarfile.TarInfo(f"part/{i:05d}.{ending}")
                info.size = len(data)
                file.addfile(info, io.BytesIO(data))
    return path


def kept(out: Path) -> list[Cells]:
    """The rows that are kept, shard by shard in their order."""
    found: list[Cells] = []
    for path in sorted((out / "kept").glob("*")):
        found += read_tar(path) if path.suffix == ".tar" else pq.read_table(path).to_pylist()
    return found


def captions(out: Path) -> list[str]:
    return [row["caption"] for row in kept(out)]


def read_tar(path: Path) -> list[Cells]:
    groups: dict[str, Cells] = {}
    with tarfile.open(path) as file:
        for info in file:
            key, _, ending = info.name.partition(".")
            content = file.extractfile(info)
            assert content is not None
            data = content.read()
            row = groups.setdefault(key, {})
            row |= json.loads(data) if ending == "json" else {}
            row |= {"caption": data.decode()} if ending == "txt" else {}
            row |= {"image": data} if ending == "jpg" else {}
    return list(groups.values())


def red_network(path: Path) -> Path:
    """As open NSFW is called: (1, 224, 224, 3) to (1, 2), the second the share of red."""
    nodes = [
        helper.make_node("ReduceMean", ["input", "axes"], ["mean"], keepdims=0),
        helper.make_node("Gather", ["mean", "red"], ["last"], axis=1),
        helper.make_node("Add", ["last", "back"], ["level"]),
        helper.make_node("Div", ["level", "most"], ["share"]),
        helper.make_node("Sub", ["one", "share"], ["rest"]),
        helper.make_node("Concat", ["rest", "share"], ["probabilities"], axis=1),
    ]
    constants: Mapping[str, Any] = {"back": 123.0, "most": 255.0, "one": 1.0}
    tensors = [
        helper.make_tensor(name, TensorProto.FLOAT, [1], [value])
        for name, value in constants.items()
    ]
    tensors += [
        helper.make_tensor("axes", TensorProto.INT64, [2], [1, 2]),
        helper.make_tensor("red", TensorProto.INT64, [1], [2]),
    ]
    graph = helper.make_graph(
        nodes,
        "red",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 224, 224, 3])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 2])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)
    return path
