import base64
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Playwright

from stereopsis.show.gltf import GlbOptions, to_glb
from stereopsis.show.html import page_around, to_html
from stereopsis.show.render import render
from tests.browser import chromium
from tests.show.meshes import flat_mesh, layered_mesh
from tests.show.pages import (
    bare_mesh,
    decode,
    psnr,
    yellow_center,
)
from tests.show.soft import soft_mesh


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


@pytest.mark.parametrize("make", [layered_mesh, soft_mesh])
def test_the_page_shows_what_the_renderer_draws(visit, make) -> None:
    mesh = make()
    page = visit(to_html(mesh))
    for x, y in [(0, 0), (0.8, -0.6), (-0.5, 0.2)]:
        offset = (x * mesh.cone.radius, y * mesh.cone.radius, 0.0)
        camera = mesh.camera.through_window(offset, mesh.cone.window_depth).resized(640, 480)
        assert psnr(page.picture(x, y)[..., :3], render(mesh, camera, samples=4).color) > 33


def test_a_fringe_is_half_yellow_and_solid(visit) -> None:
    plain, soft = (visit(to_html(mesh)).picture() for mesh in (layered_mesh(), soft_mesh()))
    strip = np.s_[180:300, 390:420]
    expected = (plain[strip][..., :3].astype(float) + np.array((230, 190, 40))) / 2
    assert np.abs(soft[strip][..., :3] - expected).mean() < 3
    assert (soft[..., 3] == 255).all()


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


def test_a_page_can_start_by_filling_the_screen(visit) -> None:
    text = page_around(to_glb(layered_mesh()), fit="cover")
    page = visit(text, viewport={"width": 400, "height": 600})
    assert (page.picture()[..., 3] == 255).all()
    page.page.set_viewport_size({"width": 300, "height": 700})
    page.wait("document.getElementById('photo').width === 300")
    assert (page.picture()[..., 3] == 255).all()


def test_a_lost_graphics_context_comes_back(visit) -> None:
    mesh = flat_mesh()
    page = visit(to_html(mesh))
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
            window.still = document.getElementById("photo").toDataURL();
            lose.restoreContext();
            await back;
        }"""
    )
    still = decode(base64.b64decode(page.page.evaluate("still").split(",")[1]))
    assert psnr(still[..., :3], mesh.texture) > 35
    assert np.array_equal(page.picture(0.5, 0.2), before)
    assert page.errors == []


def test_a_texture_too_large_for_the_graphics_card_is_shown_smaller(visit) -> None:
    mesh = flat_mesh()
    tall = replace(mesh, texture=cv2.resize(mesh.texture, (64, 20_000)))
    shown = visit(to_html(tall)).picture()
    expected = cv2.resize(mesh.texture, (640, 480), interpolation=cv2.INTER_LINEAR)
    assert psnr(shown[..., :3], expected) > 25


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
