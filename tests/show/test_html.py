import base64
import html
import re
from importlib.resources import files

import cv2
import numpy as np
import pytest
from playwright.sync_api import Playwright

from stereopsis.errors import OptionError
from stereopsis.show.gltf import GlbOptions, to_glb
from stereopsis.show.html import SCRIPTS, page_around, to_html
from tests.browser import chromium
from tests.show.meshes import flat_mesh, layered_mesh


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


def test_the_page_holds_every_literal_of_its_scripts_to_the_letter() -> None:
    page = page_around(b"")
    for name in SCRIPTS:
        script = (files("stereopsis.show") / "viewer" / name).read_text(encoding="utf-8")
        script = re.sub(r"/\*.*?\*/", "", script, flags=re.DOTALL)
        for literal in re.findall(r'"[^"\n]*"|/\^[^/\n]*/', script):
            assert literal in page


def test_the_page_is_ascii_whatever_its_title(visit) -> None:
    title, description = "Zoë 在山上 🗻", "ein Bild — “schön”"
    text = to_html(layered_mesh(), title, description)
    assert text.isascii()
    page = visit(text)
    assert page.page.title() == page.page.inner_text("h1") == title
    assert page.page.get_attribute("#photo", "aria-label") == description
    page.page.keyboard.press("?")
    assert "← ↑ → ↓" in page.page.inner_text("#keys")


def test_a_mesh_packed_with_meshopt_is_refused() -> None:
    with pytest.raises(OptionError, match="meshopt"):
        to_html(layered_mesh(), options=GlbOptions(meshopt=True))


def test_the_page_names_no_address_to_load_from() -> None:
    assert not re.search(r"https?://|@import|url\(", page_around(b""))


def test_it_loads_from_a_file_asks_for_nothing_and_is_not_blank(visit) -> None:
    page = visit(to_html(layered_mesh()))
    page.page.wait_for_timeout(300)
    assert [request.url.split(":")[0] for request in page.requests] == ["file"]
    assert page.errors == []
    shown = page.page.screenshot()
    assert cv2.imdecode(np.frombuffer(shown, np.uint8), 1).std() > 20


BROKEN = to_glb(flat_mesh(32, 24))[:3000]
PACKED = to_glb(layered_mesh(), GlbOptions(meshopt=True))


@pytest.mark.parametrize("glb", [b"", b"not a glb", BROKEN, PACKED])
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
