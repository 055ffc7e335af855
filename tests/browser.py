"""A real headless Chromium, for tests of pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",  # the tests may run as root
    "--use-angle=swiftshader",  # WebGL in software, the same on every machine
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
)


@contextmanager
def chromium(playwright: Playwright, *flags: str) -> Iterator[Browser]:
    """A running Chromium with these flags beside the usual ones."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert path, "The tests need Chromium. Run scripts/test, or: apt-get install chromium"
    browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])
    try:
        yield browser
    finally:
        browser.close()
