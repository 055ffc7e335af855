"""Public depth networks that may be called by name; none of them travels in the package.

The figures are the publishers': sizes and SHA-256 as the hub states them, and, for MiDaS, whose
release page states none, as several projects that pin the file agree on them.
"""

from dataclasses import dataclass

from stereopsis.runtime.formats import DepthFormat, PictureFormat
from stereopsis.runtime.hub import RemoteFile
from stereopsis.runtime.manifest import Manifest, Port

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class PublicModel:
    """A network on somebody's hub. `url` names one revision of it; `page` is for people."""

    manifest: Manifest
    url: str
    bytes: int
    page: str

    @property
    def file(self) -> RemoteFile:
        """The .onnx file, to be fetched."""
        return RemoteFile(self.manifest.name, self.url, self.bytes, self.manifest.sha256)


DEPTH_ANYTHING_V2_SMALL = PublicModel(
    Manifest(
        name="depth-anything-v2-small",
        edition="4472b73",
        licence="Apache-2.0",
        sha256="afb6a5c28f3b6bf1618c6e43f02073ef9dfdc70e937502d51603e57b0a1df10c",
        inputs=(Port("pixel_values", "float32", ("n", 3, "h", "w"), "sRGB, ImageNet statistics"),),
        outputs=(Port("predicted_depth", "float32", ("n", "h", "w"), "larger is nearer"),),
        multiple=14,
        picture=PictureFormat("rgb", 1.0, IMAGENET_MEAN, IMAGENET_STD, pixels=518 * 518),
        depth=DepthFormat(mirror=False),  # twice a second or two, for little
    ),
    "https://huggingface.co/onnx-community/depth-anything-v2-small/resolve/"
    "4472b7362082ad9968fee890ca0f1e5aca36b93d/onnx/model.onnx",
    99_060_839,
    "https://huggingface.co/onnx-community/depth-anything-v2-small",
)
MIDAS_SMALL = PublicModel(
    Manifest(
        name="midas-small",
        edition="2.1",
        licence="MIT",
        sha256="2d8c6cb8f415229daf1eb041024208e2608c9f98e17c81cc7c6ecb449c56fd58",
        inputs=(Port("0", "float32", (1, 3, 256, 256), "sRGB, 0..1"),),
        outputs=(Port("797", "float32", (1, 256, 256), "larger is nearer"),),
        # The publisher's own script for this file feeds 0..1: the statistics are inside.
        picture=PictureFormat("rgb", 1.0),
    ),
    "https://github.com/isl-org/MiDaS/releases/download/v2_1/model-small.onnx",
    66_764_249,
    "https://github.com/isl-org/MiDaS",
)

PUBLIC_MODELS: dict[str, PublicModel] = {
    model.manifest.name: model for model in (DEPTH_ANYTHING_V2_SMALL, MIDAS_SMALL)
}
