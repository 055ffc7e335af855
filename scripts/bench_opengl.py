"""The rival of our renderer in scripts/bench.py: OpenGL, drawn off screen."""

import importlib
import time

import numpy as np

from stereopsis.scene.camera import Camera
from stereopsis.scene.mesh import Mesh

VERTEX_SHADER = """
#version 330
in vec3 position;
in vec2 uv;
uniform vec3 offset;
uniform vec2 lens;
uniform vec2 shift;
uniform float near;
out vec2 place;
void main() {
    vec3 seen = position - offset;
    gl_Position = vec4(lens * seen.xy + shift * seen.z, seen.z - 2.0 * near, seen.z);
    place = uv;
}
"""
FRAGMENT_SHADER = """
#version 330
uniform sampler2D picture;
in vec2 place;
out vec3 color;
void main() { color = texture(picture, place).rgb; }
"""


def opengl_frames(mesh: Mesh, path: list[Camera]) -> tuple[str, list[float]] | str:
    """The renderer's name and ms for each frame, read back to memory; or why there are none."""
    try:
        moderngl = importlib.import_module("moderngl")
    except ImportError:
        return "not measured: moderngl is not installed"
    try:
        context = moderngl.create_standalone_context(backend="egl")
    except Exception as error:  # noqa: BLE001  it raises nothing narrower
        return f"not measured: {error}"
    program = context.program(vertex_shader=VERTEX_SHADER, fragment_shader=FRAGMENT_SHADER)
    corners = context.buffer(np.hstack([mesh.vertices, mesh.uv]).astype(np.float32).tobytes())
    triangles = context.buffer(mesh.faces.tobytes())
    sheet = context.vertex_array(program, [(corners, "3f 2f", "position", "uv")], triangles)
    height, width = mesh.texture.shape[:2]
    context.texture((width, height), 3, mesh.texture.tobytes()).use()
    camera = mesh.camera
    frame = context.simple_framebuffer((camera.width, camera.height), components=3)
    frame.use()
    context.enable(moderngl.DEPTH_TEST)
    runs = []
    for view in [path[0], *path]:  # the first frame warms up
        start = time.perf_counter()
        for name, value in _uniforms(view).items():
            program[name].value = value
        frame.clear()
        sheet.render()
        frame.read(components=3)
        runs.append(1e3 * (time.perf_counter() - start))
    return context.info["GL_RENDERER"], runs[1:]


def _uniforms(view: Camera) -> dict[str, float | tuple[float, ...]]:
    """Our camera in OpenGL's terms; rows run upwards there, so a frame read back is upright."""
    size, center = (view.width, view.height), view.center_px
    return {
        "offset": tuple(float(-x) for x in view.T_camera_from_scene[:3, 3]),
        "lens": (2.0 * view.focal_px / size[0], 2.0 * view.focal_px / size[1]),
        "shift": (2.0 * center[0] / size[0] - 1.0, 2.0 * center[1] / size[1] - 1.0),
        "near": 0.01,
    }
