"""The browser, and visits to pages in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser import chromium
from tests.show.pages import (
    Visit,
)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with chromium(playwright) as running:
        yield running


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
