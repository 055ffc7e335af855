"""The page inside other pages: hidden, out of sight, in a sandbox, on a sharper screen."""

from pathlib import Path

import pytest
from playwright.sync_api import Frame

from stereopsis.show.html import to_html
from tests.show.meshes import layered_mesh
from tests.show.pages import Visit

HOST = '<!doctype html><body><iframe src="photo.html" width="320" height="240" {}></iframe>'


@pytest.fixture
def embed(visit, tmp_path: Path):
    """Opens a page that holds a 3D photo in a frame with these attributes."""

    def open_host(attributes: str = "", **settings: object) -> tuple[Visit, Frame]:
        (tmp_path / "photo.html").write_text(to_html(layered_mesh()), encoding="utf-8")
        page = visit(HOST.format(attributes), wait="iframe", **settings)
        return page, page.page.frames[1]

    return open_host


def style(page: Visit, text: str) -> None:
    page.page.evaluate(f"document.querySelector('iframe').style = '{text}'")
    page.page.wait_for_timeout(200)


def ready(frame: Frame) -> None:
    frame.wait_for_selector("[data-ready]", state="attached", timeout=20_000)


@pytest.mark.parametrize("hidden", ["display: none", "height: 0"])
def test_a_frame_that_is_hidden_at_first_shows_its_photo_later(embed, hidden: str) -> None:
    page, frame = embed(f'style="{hidden}"')
    frame.wait_for_function("window.stereopsis !== undefined")
    page.page.wait_for_timeout(300)
    style(page, "")
    ready(frame)
    assert frame.evaluate("document.getElementById('photo').width") == 320
    assert page.errors == []


@pytest.mark.parametrize("hidden", ["display: none", "height: 0"])
def test_a_frame_hidden_for_a_while_keeps_its_view(embed, hidden: str) -> None:
    page, frame = embed()
    ready(frame)
    frame.evaluate("stereopsis.look(0.3, 0.1)")
    before = frame.evaluate("({...stereopsis.view})")
    style(page, hidden)
    style(page, "")
    assert frame.evaluate("({...stereopsis.view})") == before


def test_gentle_motion_rests_out_of_sight(visit) -> None:
    page = visit(to_html(layered_mesh()), motion=True, viewport={"width": 160, "height": 120})
    page.wait("Math.hypot(stereopsis.view.x, stereopsis.view.y) > 0.02")
    page.page.evaluate("document.getElementById('photo').style = 'top: 200vh'")
    page.page.wait_for_timeout(300)
    rest = page.eye()
    page.page.wait_for_timeout(300)
    assert page.eye() == rest
    page.page.evaluate("document.getElementById('photo').style = ''")
    page.wait(f"stereopsis.view.x !== {rest[0]}")


def test_help_closes_in_a_sandbox(embed) -> None:
    _, frame = embed('sandbox="allow-scripts"')
    ready(frame)
    frame.click("#help")
    frame.click("#close")
    assert not frame.is_visible("#keys")


def test_on_a_sharper_screen_the_photo_is_drawn_sharper(visit) -> None:
    page = visit(to_html(layered_mesh()))
    page.page.evaluate("document.getElementById('photo').style = 'width: 320px; height: 240px'")
    page.wait("document.getElementById('photo').width === 320")
    session = page.page.context.new_cdp_session(page.page)
    for ratio in (2, 3):  # Chromium tells of an emulated ratio where the window changes with it
        screen = {"width": 640 + ratio, "height": 480, "deviceScaleFactor": ratio, "mobile": False}
        session.send("Emulation.setDeviceMetricsOverride", screen)
        page.wait(f"document.getElementById('photo').width === {320 * ratio}")
