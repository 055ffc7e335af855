"""Half a million triangles, drawn by our renderer and by its rival, OpenGL off screen."""

import importlib
import time
from pathlib import Path

import numpy as np
from PIL import Image

from stereopsis.scene.camera import Camera, ViewingCone
from stereopsis.scene.mesh import Mesh
from stereopsis.show.moves import camera_path
from stereopsis.show.render import render

FRAME = (1280, 960)
GRID = (577, 434)  # vertices across and down
TRIANGLES = 2 * (GRID[0] - 1) * (GRID[1] - 1)
TEXTURE = (2048, 1536)

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


def our_frames(photo: Path, count: int) -> list[float]:
    """Milliseconds for each frame of a move around the photo's wavy mesh, drawn by us."""
    mesh = wavy_mesh(photo)
    runs = []
    for view in _path(mesh, count):
        start = time.perf_counter()
        render(mesh, view)
        runs.append(1e3 * (time.perf_counter() - start))
    return runs[1:]  # the first frame warms up


def opengl_frames(photo: Path, count: int) -> tuple[str, list[float]] | str:
    """OpenGL's name and ms for each of the same frames, read back; or why there are none."""
    try:
        moderngl = importlib.import_module("moderngl")
    except ImportError:
        return "not measured: moderngl is not installed"
    try:
        context = moderngl.create_standalone_context(backend="egl")
    except Exception as error:  # noqa: BLE001  it raises nothing narrower
        return f"not measured: {error}"
    mesh = wavy_mesh(photo)
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
    for view in _path(mesh, count):
        start = time.perf_counter()
        for name, value in _uniforms(view).items():
            program[name].value = value
        frame.clear()
        sheet.render()
        frame.read(components=3)
        runs.append(1e3 * (time.perf_counter() - start))
    return context.info["GL_RENDERER"], runs[1:]


def _path(mesh: Mesh, count: int) -> list[Camera]:
    """One view to warm up, and `count` to be timed."""
    return camera_path("orbit", mesh.camera, mesh.cone, count + 1)


def _uniforms(view: Camera) -> dict[str, float | tuple[float, ...]]:
    """Our camera in OpenGL's terms; rows run upwards there, so a frame read back is upright."""
    size, center = (view.width, view.height), view.center_px
    return {
        "offset": tuple(float(-x) for x in view.T_camera_from_scene[:3, 3]),
        "lens": (2.0 * view.focal_px / size[0], 2.0 * view.focal_px / size[1]),
        "shift": (2.0 * center[0] / size[0] - 1.0, 2.0 * center[1] / size[1] - 1.0),
        "near": 0.01,
    }


def wavy_mesh(photo: Path) -> Mesh:
    """A photo on a hilly sheet of GRID vertices that reaches a little beyond the picture."""
    width, height = FRAME
    camera = Camera.from_focal_35mm(width, height)
    x, y = np.meshgrid(
        np.linspace(-20, width + 20, GRID[0]), np.linspace(-20, height + 20, GRID[1])
    )
    pixels = np.column_stack([x.ravel(), y.ravel()]).astype(np.float32)
    hill = np.exp(-((x - width / 2) ** 2 + (y - height / 2) ** 2) / 200.0**2)
    inverse_depth = 0.25 + 0.5 * hill + 0.05 * np.sin(x / 30) * np.sin(y / 30)
    corner = (np.arange(GRID[1] - 1)[:, None] * GRID[0] + np.arange(GRID[0] - 1)).ravel()
    a, b, c, d = corner, corner + 1, corner + GRID[0] + 1, corner + GRID[0]
    with Image.open(photo) as picture:
        texture = np.asarray(picture.convert("RGB").resize(TEXTURE))
    return Mesh(
        vertices=camera.unproject(pixels, inverse_depth.ravel().astype(np.float32)),
        faces=np.stack([a, b, c, a, c, d], axis=1).reshape(-1, 3).astype(np.int32),
        uv=(pixels / np.array(FRAME, np.float32)).clip(0, 1),
        texture=texture,
        camera=camera,
        cone=ViewingCone(radius=0.1, window_depth=2.5),
    )
