"""One photo, or what two eyes saw, in; a 3D photo out, offline and on a plain CPU.

    photo = stereopsis.read_photo("dog.jpg")
    result = stereopsis.photo_to_3d(photo)
    Path("dog.glb").write_bytes(stereopsis.to_glb(result.mesh))
    Path("dog.html").write_text(stereopsis.to_html(result.mesh))

    pair = stereopsis.read_stereo("left.jpg", "right.jpg", rig="rig.json")
    result = stereopsis.stereo_to_3d(pair)

The public names are below, in the order of the pipeline. Each is loaded when it is first used, so
that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from stereopsis.compiled import keep_compiled

if TYPE_CHECKING:
    from stereopsis.depth.choose import estimate_stereo_depth as estimate_stereo_depth
    from stereopsis.depth.depth_file import depth_to_npz as depth_to_npz
    from stereopsis.depth.depth_file import depth_to_pfm as depth_to_pfm
    from stereopsis.depth.depth_file import depth_to_png16 as depth_to_png16
    from stereopsis.depth.given import read_depth as read_depth
    from stereopsis.depth.given import read_embedded_depth as read_embedded_depth
    from stereopsis.depth.model import open_depth_model as open_depth_model
    from stereopsis.depth.mono import estimate_depth as estimate_depth
    from stereopsis.depth.rectify import Rectification as Rectification
    from stereopsis.depth.rectify import rectify as rectify
    from stereopsis.depth.stereo import estimate_disparity as estimate_disparity
    from stereopsis.depth.undistort import undistort as undistort
    from stereopsis.errors import StereopsisError as StereopsisError
    from stereopsis.pipeline import Photo3D as Photo3D
    from stereopsis.pipeline import photo_to_3d as photo_to_3d
    from stereopsis.pipeline import stereo_to_3d as stereo_to_3d
    from stereopsis.scene.camera import Camera as Camera
    from stereopsis.scene.camera import ViewingCone as ViewingCone
    from stereopsis.scene.depth import DepthMap as DepthMap
    from stereopsis.scene.mesh import Mesh as Mesh
    from stereopsis.scene.photo import Photo as Photo
    from stereopsis.scene.photo_file import read_photo as read_photo
    from stereopsis.scene.rig import Rig as Rig
    from stereopsis.scene.rig_file import read_rig as read_rig
    from stereopsis.scene.stereo import StereoPair as StereoPair
    from stereopsis.scene.stereo_file import read_stereo as read_stereo
    from stereopsis.show.gltf import to_glb as to_glb
    from stereopsis.show.html import to_html as to_html
    from stereopsis.show.render import render as render
    from stereopsis.show.video import encode_video as encode_video
    from stereopsis.show.video import render_move as render_move

keep_compiled()

_HOMES = {
    "read_photo": "scene.photo_file",
    "read_stereo": "scene.stereo_file",
    "read_rig": "scene.rig_file",
    "read_depth": "depth.given",
    "read_embedded_depth": "depth.given",
    "open_depth_model": "depth.model",
    "estimate_depth": "depth.mono",
    "estimate_stereo_depth": "depth.choose",
    "undistort": "depth.undistort",
    "rectify": "depth.rectify",
    "estimate_disparity": "depth.stereo",
    "photo_to_3d": "pipeline",
    "stereo_to_3d": "pipeline",
    "to_glb": "show.gltf",
    "to_html": "show.html",
    "render": "show.render",
    "render_move": "show.video",
    "encode_video": "show.video",
    "depth_to_npz": "depth.depth_file",
    "depth_to_png16": "depth.depth_file",
    "depth_to_pfm": "depth.depth_file",
    "Photo": "scene.photo",
    "StereoPair": "scene.stereo",
    "Rig": "scene.rig",
    "Camera": "scene.camera",
    "ViewingCone": "scene.camera",
    "DepthMap": "scene.depth",
    "Mesh": "scene.mesh",
    "Rectification": "depth.rectify",
    "Photo3D": "pipeline",
    "StereopsisError": "errors",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    """Loads a public name from the file it lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
