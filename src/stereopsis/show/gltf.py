"""Mesh to .glb (binary glTF 2.0) and back: one unlit textured mesh and the photo's camera.

A fringe is a second primitive of the mesh, blended, with its coverage as the colours' alpha. Its
vertices follow the mesh's own in the same buffer view.

glTF's axes are x right, y up, z backward; this file and glb_geometry alone turn ours into them.
What glTF has no words for, the exact camera and the viewing cone, travels in the scene's
`extras.stereopsis`.

Source: Khronos, glTF 2.0 Specification; KHR_materials_unlit, KHR_mesh_quantization,
EXT_texture_webp and EXT_meshopt_compression.
"""

import math
import struct
from dataclasses import dataclass

import numpy as np

from stereopsis.errors import MeshError, OptionError
from stereopsis.scene.camera import Camera
from stereopsis.scene.mesh import Fringe, Mesh
from stereopsis.show import glb_container as glb
from stereopsis.show.glb_container import Json
from stereopsis.show.glb_geometry import (
    INDICES,
    POSITION,
    TEXCOORD,
    add_coverage,
    add_rows,
    add_triangles,
    read_triangles,
    vertex_accessors,
    vertex_rows,
)
from stereopsis.show.texture import TextureFormat, decode_texture, encode_texture, encode_within
from stereopsis.show.triangle_order import in_walking_order
from stereopsis.show.viewing import read_viewing, write_viewing

_OUR_AXES_IN_GLTF = np.diag([1.0, -1.0, -1.0, 1.0])
_LINEAR, _LINEAR_MIPMAP_LINEAR, _CLAMP_TO_EDGE = 9729, 9987, 33071
_FRINGE, _COLOR = 3, 6  # the first of a fringe's accessors, which follow the mesh's; its colours
_MIME_TYPES = {"jpeg": "image/jpeg", "webp": "image/webp"}
_DAMAGE = (
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True)
class GlbOptions:
    """How a .glb is written.

    The texture has `texture_quality` (1 to 100), or as much less as makes it fit `texture_bytes`;
    None is no limit. `quantize` stores positions and texture coordinates in 16 bits, except where
    that would move a vertex visibly (by FARTHEST_MOVE); then they stay float. `meshopt` halves what
    vertices and triangles take; some programs cannot open such files.
    """

    texture_format: TextureFormat = "jpeg"
    texture_quality: int = 85
    texture_bytes: int | None = 560_000
    quantize: bool = True
    meshopt: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.texture_quality <= 100:
            raise OptionError(
                f"The texture quality is {self.texture_quality}.", "Give one from 1 to 100."
            )
        if self.texture_bytes is not None and self.texture_bytes < 1:
            raise OptionError(
                f"The texture may have {self.texture_bytes} bytes.",
                "Give a positive number of bytes, or none for no limit.",
            )


DEFAULT_OPTIONS = GlbOptions()


def to_glb(mesh: Mesh, options: GlbOptions = DEFAULT_OPTIONS) -> bytes:
    """The mesh as one binary glTF 2.0 file; the same mesh gives the same bytes.

    Raises:
        OutputError: the texture is too large for its format.
    """
    binary = glb.BinaryChunk()
    mesh = in_walking_order(mesh) if options.meshopt else mesh
    rows, layout, placement = vertex_rows(mesh, options.quantize)
    view = add_rows(binary, rows, options.meshopt)
    shown = len(mesh.vertices)
    accessors = [
        *vertex_accessors(rows[:shown], view, 0, layout),
        add_triangles(binary, mesh.faces, shown, options.meshopt),
    ]
    image_view = binary.add(_encoded_texture(mesh, options))
    if mesh.fringe is not None:
        soft = mesh.fringe
        accessors += vertex_accessors(rows[shown:], view, shown * rows.strides[0], layout)
        accessors.append(add_triangles(binary, soft.faces, len(soft.vertices), options.meshopt))
        accessors.append(add_coverage(binary, soft))
    document = {
        "asset": {"version": "2.0", "generator": "stereopsis"},
        **_extensions(options, quantized=bool(placement)),
        "scene": 0,
        "scenes": [{"nodes": [0, 1], "extras": {"stereopsis": write_viewing(mesh)}}],
        "nodes": [{"name": "photo", "mesh": 0, **placement}, _camera_node(mesh.camera)],
        "cameras": [_perspective(mesh)],
        "meshes": [{"primitives": _primitives(mesh)}],
        "materials": _materials(mesh),
        **_texture(image_view, options.texture_format),
        "accessors": accessors,
        "bufferViews": binary.views,
        "buffers": binary.buffers,
    }
    return glb.pack(document, bytes(binary.data))


def read_glb(data: bytes) -> Mesh:
    """The mesh in a .glb that `to_glb` wrote; its texture is what JPEG or WebP left of it.

    Raises:
        MeshError: the bytes are damaged, or are not such a file.
    """
    try:
        with np.errstate(all="ignore"):  # what overflows is found below
            mesh = _read(data)
    except _DAMAGE as error:
        raise MeshError(
            f"This is not a whole .glb of a 3D photo ({error}).",
            "Write it again, or use a file that stereopsis wrote.",
        ) from error
    return mesh


def _read(data: bytes) -> Mesh:
    document, binary = glb.unpack(data)
    camera, cone = read_viewing(document["scenes"][0]["extras"]["stereopsis"])
    texture = decode_texture(glb.read_view(document, binary, document["images"][0]["bufferView"]))
    if texture is None:
        raise ValueError("its picture cannot be decoded")
    surface = read_triangles(document, binary, POSITION)
    fringe = None
    if len(document["meshes"][0]["primitives"]) > 1:
        soft = read_triangles(document, binary, _FRINGE)
        coverage = glb.read_accessor(document, binary, _COLOR)[:, 3].astype(np.float32)
        if len(coverage) != len(soft[0]) or not ((coverage >= 0) & (coverage <= 1)).all():
            raise ValueError("its fringe is not whole")
        fringe = Fringe(*soft, coverage)
    return Mesh(*surface, texture, camera, cone, fringe)


def _encoded_texture(mesh: Mesh, options: GlbOptions) -> bytes:
    texture_format, quality = options.texture_format, options.texture_quality
    if options.texture_bytes is None:
        return encode_texture(mesh.texture, texture_format, quality)
    return encode_within(mesh.texture, texture_format, quality, options.texture_bytes)


def _extensions(options: GlbOptions, quantized: bool) -> Json:
    wanted = {
        "KHR_mesh_quantization": quantized,
        "EXT_texture_webp": options.texture_format == "webp",
        glb.MESHOPT: options.meshopt,
    }
    required = [name for name, used in wanted.items() if used]
    used = {"extensionsUsed": ["KHR_materials_unlit", *required]}
    return {**used, "extensionsRequired": required} if required else used


def _primitives(mesh: Mesh) -> list[Json]:
    attributes = {"POSITION": POSITION, "TEXCOORD_0": TEXCOORD}
    surface = {"attributes": attributes, "indices": INDICES, "material": 0}
    if mesh.fringe is None:
        return [surface]
    soft = {name: _FRINGE + index for name, index in attributes.items()}
    soft["COLOR_0"] = _COLOR
    return [surface, {"attributes": soft, "indices": _FRINGE + INDICES, "material": 1}]


def _materials(mesh: Mesh) -> list[Json]:
    """The unlit material, and that of a fringe: the same, but blended."""
    surface = {"baseColorTexture": {"index": 0}, "metallicFactor": 0, "roughnessFactor": 1}
    unlit: Json = {"pbrMetallicRoughness": surface, "extensions": {"KHR_materials_unlit": {}}}
    return [unlit] if mesh.fringe is None else [unlit, {**unlit, "alphaMode": "BLEND"}]


def _texture(image_view: int, texture_format: TextureFormat) -> Json:
    """The texture, its sampler and its picture."""
    source: Json = {"source": 0}
    if texture_format == "webp":
        source = {"extensions": {"EXT_texture_webp": source}}
    filters = {"magFilter": _LINEAR, "minFilter": _LINEAR_MIPMAP_LINEAR}
    return {
        "textures": [{"sampler": 0, **source}],
        "samplers": [{**filters, "wrapS": _CLAMP_TO_EDGE, "wrapT": _CLAMP_TO_EDGE}],
        "images": [{"bufferView": image_view, "mimeType": _MIME_TYPES[texture_format]}],
    }


def _camera_node(camera: Camera) -> Json:
    T_scene_from_camera = np.linalg.inv(camera.T_camera_from_scene.astype(np.float64))
    matrix = _OUR_AXES_IN_GLTF @ T_scene_from_camera @ _OUR_AXES_IN_GLTF
    node: Json = {"name": "viewpoint", "camera": 0}
    return (
        node if np.array_equal(matrix, np.eye(4)) else {**node, "matrix": matrix.T.ravel().tolist()}
    )


def _perspective(mesh: Mesh) -> Json:
    """The photo's camera as glTF can say it: centred, with square pixels."""
    camera = mesh.camera
    depth = mesh.vertices @ camera.T_camera_from_scene[2, :3] + camera.T_camera_from_scene[2, 3]
    farthest = float(depth.max())
    near = max(float(depth.min()) / 2, farthest / 1e4, 1e-6)
    lens = {
        "yfov": 2 * math.atan2(camera.height / 2, camera.focal_px),
        "aspectRatio": camera.width / camera.height,
        "znear": near,
        "zfar": max(2 * farthest, 2 * near),
    }
    return {"type": "perspective", "perspective": lens}
