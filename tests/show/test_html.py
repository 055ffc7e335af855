import base64
import html
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, CDPSession, Page, Playwright, Request, sync_playwright

from stereopsis.scene.mesh import Mesh
from stereopsis.show.gltf import GlbOptions, to_glb
from stereopsis.show.html import page_around, to_html
from stereopsis.show.render import render
from tests.browser import chromium
from tests.show.meshes import colourful, flat_mesh, layered_mesh, sheet

YELLOW = (230, 190, 40)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with chromium(playwright) as running:
        yield running


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


@pytest.fixture
def visit(browser: Browser, tmp_path: Path):
    """Opens a page from a file, with its view at rest unless `motion` is wanted."""
    contexts = []

    def open_page(
        text: str, wait: str = "[data-ready]", motion: bool = False, **settings: Any
    ) -> Visit:
        settings = {"viewport": {"width": 640, "height": 480}, **settings}
        settings["reduced_motion"] = "no-preference" if motion else "reduce"
        context = browser.new_context(**settings)
        contexts.append(context)
        visit = Visit(context.new_page())
        context.on("request", lambda request: visit.requests.append(request))
        visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
        visit.page.on(
            "console",
            lambda message: visit.errors.append(message.text) if message.type == "error" else None,
        )
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        visit.page.goto(path.as_uri())
        visit.page.wait_for_selector(wait, state="attached", timeout=20_000)
        return visit

    yield open_page
    for context in contexts:
        context.close()


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


# The page as text


def test_the_page_weighs_under_25_kb_without_its_picture() -> None:
    assert len(page_around(b"").encode()) < 25_000


def test_the_same_mesh_gives_the_same_page_and_holds_the_same_glb() -> None:
    page = to_html(layered_mesh())
    assert page == to_html(layered_mesh())
    held = re.search(r'id="glb">([^<]*)<', page)
    assert held and base64.b64decode(held[1]) == to_glb(layered_mesh())


def test_no_placeholder_is_left_and_none_is_filled_inside_a_title() -> None:
    page = page_around(b"", title="{{glb}}")
    assert page.count("{{") == page.count("{{glb}}") == 2  # the title and the heading


def test_the_page_names_no_address_to_load_from() -> None:
    assert not re.search(r"https?://|@import|url\(", page_around(b""))


# The page in a browser


def test_it_loads_from_a_file_asks_for_nothing_and_is_not_blank(visit) -> None:
    page = visit(to_html(layered_mesh()))
    page.page.wait_for_timeout(300)
    assert [request.url.split(":")[0] for request in page.requests] == ["file"]
    assert page.errors == []
    shown = page.page.screenshot()
    assert cv2.imdecode(np.frombuffer(shown, np.uint8), 1).std() > 20


@pytest.mark.parametrize(
    "options",
    [GlbOptions(), GlbOptions(quantize=False), GlbOptions(texture_format="webp")],
    ids=["default", "float", "webp"],
)
def test_the_first_view_is_the_photo(visit, options) -> None:
    mesh = flat_mesh()
    shown = visit(to_html(mesh, options=options)).picture()
    assert (shown[..., 3] == 255).all()
    expected = cv2.resize(mesh.texture, (640, 480), interpolation=cv2.INTER_LINEAR)
    assert psnr(shown[..., :3], expected) > 35


def test_a_photo_in_its_window_rests_while_the_eye_moves(visit) -> None:
    page = visit(to_html(flat_mesh()))
    assert psnr(page.picture(1, 0), page.picture(0, 0)) > 45


def test_the_eye_sees_what_the_camera_through_the_window_sees(visit) -> None:
    mesh = layered_mesh()
    page = visit(to_html(mesh))
    for eye in [(0, 0), (1, 0), (0, 1), (-0.6, -0.8), (0.3, 0.1)]:
        seen = yellow_center(page.picture(*eye)) / 2  # the page is twice as large as the photo
        offset = (eye[0] * mesh.cone.radius, eye[1] * mesh.cone.radius, 0.0)
        moved = mesh.camera.through_window(offset, mesh.cone.window_depth)
        square, _ = moved.project(mesh.vertices[-81:])
        assert np.abs(seen - square.mean(axis=0)).max() < 0.5


def test_the_page_shows_what_the_renderer_draws(visit) -> None:
    mesh = layered_mesh()
    page = visit(to_html(mesh))
    for x, y in [(0, 0), (0.8, -0.6), (-0.5, 0.2)]:
        offset = (x * mesh.cone.radius, y * mesh.cone.radius, 0.0)
        camera = mesh.camera.through_window(offset, mesh.cone.window_depth).resized(640, 480)
        assert psnr(page.picture(x, y)[..., :3], render(mesh, camera, samples=4).color) > 33


def test_a_drag_moves_near_things_along_with_the_hand(visit) -> None:
    page = visit(to_html(layered_mesh()))
    before = yellow_center(page.picture())
    page.page.mouse.move(300, 200)
    page.page.mouse.down()
    page.page.mouse.move(360, 230, steps=4)
    page.page.mouse.up()
    page.settle()
    x, y = page.eye()
    assert x < -0.1 and y < -0.1
    moved = yellow_center(page.picture()) - before
    assert moved[0] > 3 and moved[1] > 1
    page.page.mouse.move(500, 400)
    page.settle()
    assert page.eye() == (x, y)


def test_arrow_keys_look_around_and_r_returns(visit) -> None:
    page = visit(to_html(layered_mesh()))
    ways = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}
    for key, way in ways.items():
        page.page.keyboard.press(key)
        page.settle()
        assert np.dot(page.eye(), way) > 0.1
        page.page.keyboard.press("r")
        page.settle()
        assert np.hypot(*page.eye()) < 1e-3


def test_the_eye_stays_in_the_cone_and_the_crop_in_the_picture(visit) -> None:
    page = visit(to_html(layered_mesh()))
    for _ in range(12):
        page.page.keyboard.press("ArrowLeft")
        page.page.keyboard.press("ArrowUp")
        page.page.keyboard.press("+")
    page.page.mouse.move(10, 10)
    page.page.mouse.down()
    page.page.mouse.move(630, 470, steps=5)
    page.settle()
    view = page.view()
    assert np.hypot(view["x"], view["y"]) < 1.001
    assert 1 <= view["zoom"] <= 6
    assert 160 / view["zoom"] - 0.1 <= view["panX"] <= 320 - 160 / view["zoom"] + 0.1
    for _ in range(12):
        page.page.keyboard.press("-")
    page.settle()
    assert page.view()["zoom"] == pytest.approx(1, abs=1e-3)


def test_the_wheel_zooms_about_the_pointer(visit) -> None:
    page = visit(to_html(layered_mesh()))
    square = yellow_center(page.picture())
    page.page.mouse.move(*square)
    page.page.mouse.wheel(0, -400)
    page.settle()
    assert page.view()["zoom"] > 1.5
    assert np.abs(yellow_center(page.picture()) - square).max() < 2
    assert np.hypot(*page.eye()) == 0


def test_the_mesh_border_never_enters_the_view(visit) -> None:
    page = visit(to_html(bare_mesh()))
    assert page.page.evaluate("stereopsis.rimGap") > 0.005
    assert (page.picture(0, 0)[..., 3] == 255).all()
    for angle in np.linspace(0, 2 * np.pi, 9):
        edge = page.picture(np.cos(angle), np.sin(angle))[..., 3]
        border = np.concatenate([edge[0], edge[-1], edge[:, 0], edge[:, -1]])
        # The two planes part in the middle; only there may anything shine through the border.
        assert (border == 255).mean() > 0.9
        assert (edge[:, :2] == 255).all() and (edge[:, -2:] == 255).all()


def test_a_mesh_that_reaches_beyond_the_picture_is_not_cropped(visit) -> None:
    assert visit(to_html(layered_mesh())).page.evaluate("stereopsis.rimGap") == 0


SMALL = {"width": 160, "height": 120}  # many frames, each drawn in software


def test_gentle_motion_runs_and_stops_for_a_hand(visit) -> None:
    page = visit(to_html(layered_mesh()), motion=True, viewport=SMALL)
    page.wait("Math.hypot(stereopsis.view.x, stereopsis.view.y) > 0.05")
    page.page.mouse.move(80, 50)
    page.page.mouse.down()
    page.page.mouse.move(82, 50)
    page.page.mouse.up()
    page.settle()
    rest = page.eye()
    page.page.wait_for_timeout(200)
    assert page.eye() == rest


def test_gentle_motion_resumes_and_space_ends_it(visit) -> None:
    page = visit(to_html(layered_mesh()), motion=True, viewport=SMALL)
    page.page.keyboard.press("ArrowRight")
    page.settle()
    rest = page.eye()
    page.wait(f"stereopsis.view.x !== {rest[0]}")
    page.page.keyboard.press("Space")
    page.settle()
    assert page.page.get_attribute("#motion", "aria-pressed") == "false"


def test_reduced_motion_is_honoured_until_it_is_asked_for(visit) -> None:
    page = visit(to_html(layered_mesh()))
    page.page.wait_for_timeout(200)
    assert page.eye() == (0, 0)
    page.page.click("#motion")
    page.wait("Math.hypot(stereopsis.view.x, stereopsis.view.y) > 0.02")


PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


def touch(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    spots = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})


def test_on_a_phone_fingers_look_around_and_zoom(visit) -> None:
    page = visit(to_html(layered_mesh()), **PHONE)
    shown = page.picture()
    assert shown.shape[:2] == (2 * 844, 2 * 390)
    rows = np.flatnonzero((shown[..., 3] == 255).all(axis=1))
    assert len(rows) == pytest.approx(2 * 390 * 240 / 320, abs=2)  # the whole picture, not more
    session = page.page.context.new_cdp_session(page.page)
    touch(session, "touchStart", (200, 420))
    touch(session, "touchMove", (230, 420))
    touch(session, "touchMove", (260, 420))
    touch(session, "touchEnd")
    page.settle()
    assert page.eye()[0] < -0.2
    touch(session, "touchStart", (150, 420), (250, 420))
    touch(session, "touchMove", (100, 420), (300, 420))
    touch(session, "touchMove", (50, 420), (350, 420))
    touch(session, "touchEnd")
    page.settle()
    assert page.view()["zoom"] > 2
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.errors == []


def test_a_double_click_fills_the_screen_and_shows_all_again(visit) -> None:
    page = visit(to_html(layered_mesh()), viewport={"width": 400, "height": 600})
    assert (page.picture()[0, :, 3] == 0).all()
    page.page.mouse.dblclick(200, 300)
    page.settle()
    assert (page.picture()[..., 3] == 255).all()
    page.page.mouse.dblclick(200, 300)
    page.settle()
    assert (page.picture()[0, :, 3] == 0).all()


def test_a_page_can_start_by_filling_the_screen(visit) -> None:
    text = page_around(to_glb(layered_mesh()), fit="cover")
    page = visit(text, viewport={"width": 400, "height": 600})
    assert (page.picture()[..., 3] == 255).all()
    page.page.set_viewport_size({"width": 300, "height": 700})
    page.wait("document.getElementById('photo').width === 300")
    assert (page.picture()[..., 3] == 255).all()


def test_tilting_the_device_looks_around(visit) -> None:
    page = visit(to_html(layered_mesh()), motion=True, **PHONE)
    session = page.page.context.new_cdp_session(page.page)

    def tilt(beta: float, gamma: float) -> None:
        angles = {"alpha": 0, "beta": beta, "gamma": gamma}
        session.send("DeviceOrientation.setDeviceOrientationOverride", angles)

    assert page.page.is_visible("#tilt")
    tilt(60, 0)
    page.wait("document.getElementById('tilt').hidden")
    tilt(60, 10)
    page.wait("stereopsis.view.x < -0.3")
    tilt(70, 0)
    page.wait("stereopsis.view.y < -0.3")


def test_where_tilt_needs_leave_a_tap_asks_for_it(visit) -> None:
    page = visit(to_html(layered_mesh()), motion=True, **PHONE)
    page.page.evaluate(
        """() => DeviceOrientationEvent.requestPermission = async () => {
            document.documentElement.dataset.asked = "";
            return "denied";
        }"""
    )
    assert page.page.is_visible("#tilt")
    page.page.tap("#tilt")
    page.page.wait_for_selector("[data-asked]", state="attached")
    assert not page.page.is_visible("#tilt")
    assert page.errors == []


def test_keys_open_help_and_full_screen(visit) -> None:
    page = visit(to_html(layered_mesh()))
    page.page.keyboard.press("?")
    assert page.page.is_visible("#keys")
    page.page.keyboard.press("Escape")
    assert not page.page.is_visible("#keys")
    page.page.keyboard.press("f")
    page.wait("document.fullscreenElement !== null")
    assert page.errors == []


def test_controls_fade_and_come_back(visit) -> None:
    page = visit(to_html(layered_mesh()))
    page.page.wait_for_selector("[data-quiet]", state="attached")
    page.page.mouse.move(100, 100)
    page.page.wait_for_selector("html:not([data-quiet])", state="attached")


def test_a_lost_graphics_context_comes_back(visit) -> None:
    page = visit(to_html(layered_mesh()))
    before = page.picture(0.5, 0.2)
    page.page.evaluate(
        """async () => {
            const canvas = document.getElementById("photo");
            const lose = canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
            const told = (name) => new Promise((done) => canvas.addEventListener(name, done));
            const lost = told("webglcontextlost"), back = told("webglcontextrestored");
            lose.loseContext();
            await lost;
            stereopsis.paint();
            await new Promise(requestAnimationFrame);
            lose.restoreContext();
            await back;
        }"""
    )
    assert np.array_equal(page.picture(0.5, 0.2), before)
    assert page.errors == []


def test_without_webgl_the_photo_still_shows(playwright: Playwright, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    mesh = bare_mesh()
    path.write_text(to_html(mesh), encoding="utf-8")
    with chromium(playwright, "--disable-3d-apis") as browser:
        page = browser.new_page(viewport={"width": 640, "height": 480})
        page.goto(path.as_uri())
        page.wait_for_selector("[data-failed]", state="attached")
        assert "WebGL 2" in page.inner_text("#message")
        url = page.evaluate("document.getElementById('photo').toDataURL()")
    shown = decode(base64.b64decode(url.split(",")[1]))
    assert psnr(shown[..., :3], mesh.texture) > 35


@pytest.mark.parametrize("glb", [b"", b"not a glb", to_glb(flat_mesh(32, 24))[:3000]])
def test_a_damaged_photo_is_told(visit, glb) -> None:
    page = visit(page_around(glb), wait="[data-failed]")
    assert page.page.inner_text("#message") == "This 3D photo is damaged and cannot be shown."


def test_titles_and_descriptions_are_text_and_nothing_else(visit) -> None:
    title = '</title></script><script>document.title = "run"</script>"\'&lt;'
    description = '" onload="alert(1)" <img src=x onerror=alert(2)>'
    page = visit(to_html(layered_mesh(), title, description))
    assert page.page.title() == page.page.inner_text("h1") == title
    assert page.page.get_attribute("#photo", "aria-label") == description
    assert page.page.get_attribute("#photo", "role") == "img"
    assert page.page.locator("script").count() == 2
    assert page.errors == []


def test_the_policy_lets_nothing_else_run_or_load(visit) -> None:
    page = visit(to_html(layered_mesh()))
    page.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'run'";
            document.body.append(script);
            const image = new Image();
            image.src = "https://example.invalid/picture.png";
            document.body.append(image);
        }"""
    )
    page.page.wait_for_timeout(100)
    assert page.page.title() != "run"
    assert len(page.errors) == 2 and all("Content Security Policy" in e for e in page.errors)
    assert [request.failure for request in page.requests[1:]] == ["csp"]


def test_without_javascript_and_on_paper_a_sentence_is_left(visit) -> None:
    page = visit(to_html(layered_mesh()), wait="noscript p", java_script_enabled=False)
    assert page.page.is_visible("noscript p")
    page.page.emulate_media(media="print")
    assert page.page.is_visible("#paper")
    assert not page.page.is_visible("#bar")


def test_a_missing_browser_is_a_failure_and_no_skip(playwright: Playwright, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AssertionError, match="need Chromium"), chromium(playwright):
        pass


def test_titles_are_escaped_in_the_text() -> None:
    assert html.escape("<b>&\"'") in page_around(b"", title="<b>&\"'")
