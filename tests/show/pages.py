"""A page in a browser, and photos to look at."""

import base64
import time
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from playwright.sync_api import Page, Request

from stereopsis.scene.mesh import Mesh
from tests.show.meshes import colourful, layered_mesh, sheet

YELLOW = (230, 190, 40)


@dataclass
class Visit:
    """A page under test, and all that it asked for or complained about."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def view(self) -> dict[str, float]:
        return self.page.evaluate("({...stereopsis.view})")

    def eye(self) -> tuple[float, float]:
        view = self.view()
        return view["x"], view["y"]

    def wait(self, condition: str) -> None:
        """Waits until this JavaScript is true (the page's own policy forbids to wait inside)."""
        end = time.monotonic() + 15
        while not self.page.evaluate(condition):
            assert time.monotonic() < end, condition
            self.page.wait_for_timeout(20)

    def settle(self) -> None:
        """Waits until the view rests (three frames alike)."""
        self.page.evaluate(
            """async () => {
                let same = 0, last = "";
                while (same < 3) {
                    await new Promise(requestAnimationFrame);
                    const now = JSON.stringify(stereopsis.view);
                    same = now === last ? same + 1 : 0;
                    last = now;
                }
            }"""
        )

    def picture(self, x: float | None = None, y: float | None = None) -> np.ndarray:
        """The canvas (h, w, 4) as it is, or as seen from (x, y) in the unit disk."""
        move = "" if x is None else f"stereopsis.look({x}, {y});"
        url = self.page.evaluate(
            f"{move} stereopsis.paint(); document.getElementById('photo').toDataURL()"
        )
        return decode(base64.b64decode(url.split(",")[1]))


def decode(png: bytes) -> np.ndarray:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(png, np.uint8), -1), cv2.COLOR_BGRA2RGBA)


def psnr(seen: np.ndarray, expected: np.ndarray) -> float:
    error = np.mean((seen.astype(float) - expected) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-3)))


def bare_mesh() -> Mesh:
    """A photo without anything beyond its border, in two planes far apart."""
    mesh = layered_mesh()
    left, left_faces = sheet(mesh.camera, (0, 0, 160, 240), 4.0)
    right, right_faces = sheet(mesh.camera, (160, 0, 320, 240), 1.0)
    pixels, _ = mesh.camera.project(np.concatenate([left, right]))
    return replace(
        mesh,
        vertices=np.concatenate([left, right]),
        faces=np.concatenate([left_faces, right_faces + len(left)]).astype(np.int32),
        uv=(pixels / np.float32([320, 240])).clip(0, 1),
        texture=colourful(240, 320),
    )


def yellow_center(picture: np.ndarray) -> np.ndarray:
    """The middle (x, y) of all yellow pixels."""
    alike = np.abs(picture[..., :3].astype(int) - YELLOW).max(axis=2) < 12
    assert alike.any()
    rows, columns = np.nonzero(alike)
    return np.array([columns.mean() + 0.5, rows.mean() + 0.5])
