"""The page of trials, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from stereopsis.errors import OptionError
from stereopsis.search.trials.pareto_page import to_html
from stereopsis.search.trials.store import Record
from tests.browser import chromium
from tests.search.trials.finished import done, failed

TRAP = "</script><script>document.title = 'trapped'</script>"
RECORDS = [
    done({"rate": 0.1, "arch": "ir_k3_s2_e6_c24"}, 0.5, {"madds": 1e6}, (0.25, 0.5)),
    done({"rate": 0.2, "arch": TRAP}, 0.4, {"madds": 2e6}),
    done({"rate": 0.3, "arch": "ir_k5_s2_e6_c24"}, 0.75, {"madds": 3e6}),
    failed({"rate": 9.0}),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium(playwright) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page that fails the test if scripts do, or if anything is fetched."""
    with browser.new_context(viewport={"width": 1200, "height": 900}) as context:
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text))
        page.on("request", lambda request: faults.append(request.url))
        yield page
        assert [fault for fault in faults if not fault.startswith("file://")] == []


def show(page: Page, tmp_path: Path, records: list[Record]) -> None:
    path = tmp_path / "pareto.html"
    path.write_text(to_html(records, "madds", "A search <of> nets"), encoding="utf-8")
    page.goto(path.as_uri())


def test_shows_trials_and_the_front(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, RECORDS)
    assert page.title() == page.inner_text("h1") == "A search <of> nets"
    assert page.inner_text("#summary") == "3 done, 1 failed; 2 on the front"
    assert page.locator(".dot").count() == 3
    assert page.locator(".dot.best").count() == 2
    rows = page.locator("#front tbody tr").all_inner_texts()
    assert [row.split("\t")[:2] for row in rows] == [["1M", "0.5"], ["3M", "0.75"]]


def test_dots_stand_where_their_figures_are(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, RECORDS)
    places = [page.locator(f'[data-key="{r.trial.key}"]').bounding_box() for r in RECORDS[:3]]
    x, y = zip(*[(place["x"], place["y"]) for place in places if place], strict=True)
    assert x[0] < x[1] < x[2], "costs grow to the right"
    assert y[2] < y[0] < y[1], "scores grow upwards"


def test_pointing_at_a_trial_shows_it(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, RECORDS)
    first, second = (f'[data-key="{record.trial.key}"]' for record in RECORDS[:2])
    page.hover(first)
    told = page.inner_text("#trial")
    for part in ("score 0.5", "1M", "0.1", "ir_k3_s2_e6_c24", "host:1", RECORDS[0].trial.key):
        assert part in told
    assert page.locator("#trial .curve polyline").get_attribute("points") == "0,38 100,2"
    page.hover(second)
    assert TRAP in page.inner_text("#trial"), "text is text, whatever it is"
    assert page.locator("#trial .curve").count() == 0
    assert page.locator(".dot.shown").count() == 1


def test_a_click_keeps_a_trial_and_keys_reach_all(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, RECORDS)
    page.click(f'[data-key="{RECORDS[0].trial.key}"]')
    page.hover(f'[data-key="{RECORDS[2].trial.key}"]')
    page.hover("h1")
    assert "score 0.5" in page.inner_text("#trial")
    page.locator(".dot").last.focus()
    assert "score 0.75" in page.inner_text("#trial")


def test_rows_of_the_front_show_their_trial_too(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, RECORDS)
    page.hover("#front tbody tr:nth-child(2)")
    assert "score 0.75" in page.inner_text("#trial")


@pytest.mark.parametrize("count", [0, 1])
def test_few_trials_are_no_trouble(page: Page, tmp_path: Path, count: int) -> None:
    show(page, tmp_path, RECORDS[:count])
    assert page.locator(".dot").count() == count
    drawn = page.locator("#plot")
    assert ("No trial is done yet." in (drawn.text_content() or "")) == (count == 0)
    assert "NaN" not in drawn.inner_html()


def test_wide_costs_are_drawn_on_powers_of_ten(page: Page, tmp_path: Path) -> None:
    costs = (1e5, 1e6, 1e7)
    wide = [done({"x": x}, x, {"madds": cost}) for x, cost in enumerate(costs)]
    show(page, tmp_path, wide)
    x = [page.locator(f'[data-key="{record.trial.key}"]').bounding_box() for record in wide]
    middles = [place["x"] + place["width"] / 2 for place in x if place]
    assert middles[1] - middles[0] == pytest.approx(middles[2] - middles[1], abs=1.5)
    assert "1M" in page.locator("#plot text").all_text_contents()


def test_refuses_an_unknown_cost() -> None:
    with pytest.raises(OptionError, match="No trial has a cost named ms"):
        to_html(RECORDS, "ms")
