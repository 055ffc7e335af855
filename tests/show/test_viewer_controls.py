import numpy as np
import pytest
from playwright.sync_api import CDPSession

from stereopsis.show.html import to_html
from tests.show.meshes import layered_mesh
from tests.show.pages import (
    yellow_center,
)


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
    assert page.eye() == pytest.approx(rest, abs=1e-9)


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
    page.page.focus("#help")
    page.page.keyboard.press("Space")
    assert page.page.is_visible("#keys")
    page.page.click("#close")
    page.page.keyboard.press("f")
    page.wait("document.fullscreenElement !== null")
    assert page.errors == []


def test_controls_fade_and_come_back(visit) -> None:
    page = visit(to_html(layered_mesh()))
    page.page.wait_for_selector("[data-quiet]", state="attached")
    page.page.mouse.move(100, 100)
    page.page.wait_for_selector("html:not([data-quiet])", state="attached")
