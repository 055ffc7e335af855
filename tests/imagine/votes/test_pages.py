"""The pages in a real browser, by keyboard alone."""

import re
import threading
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from stereopsis.imagine.votes.config import VoteConfig
from stereopsis.imagine.votes.export import taken
from stereopsis.imagine.votes.records import Keep, Review, Vote
from stereopsis.imagine.votes.rooms import GRID
from stereopsis.imagine.votes.server import open_server
from stereopsis.imagine.votes.store import VoteStore
from tests.browser import chromium
from tests.imagine.votes.world import fill, served

expect.set_options(timeout=30_000)  # ms; for a busy machine

PAIRS = 9
PICTURES = 2 * PAIRS


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium(playwright) as running:
        yield running


@pytest.fixture
def page(store: VoteStore, browser: Browser) -> Iterator[Page]:
    """The first page; fails the test if a script does, or if anything is fetched elsewhere."""
    fill(store, PAIRS)
    with served(store, VoteConfig(repeats=0)) as address, browser.new_context(
        viewport={"width": 1280, "height": 800}, base_url=address
    ) as context:  # fmt: skip
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text))
        page.on("request", lambda sent: sent.url.startswith(address) or faults.append(sent.url))
        page.goto("/")
        yield page
        assert [fault for fault in faults if not fault.startswith("data:")] == []


def enter(page: Page, room: str, name: str = "Ann") -> None:
    """Enters under a name and opens a page by its number."""
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator("nav a").first).to_be_focused()
    page.keyboard.press(room)
    expect(page.locator("#count")).not_to_be_empty()


def count(page: Page, text: str) -> None:
    expect(page.locator("#count")).to_have_text(text)


def test_generalists_drop_what_they_mark_and_keep_the_rest(page: Page, store: VoteStore) -> None:
    enter(page, "1")
    count(page, f"0 of {PICTURES}")
    cells = page.locator("#grid button")
    expect(cells).to_have_count(GRID)
    expect(cells.nth(0)).to_be_focused()
    for key in ("ArrowRight", "Space", "ArrowDown", "d", "ArrowLeft", " ", "z"):
        page.keyboard.press(key)
    expect(page.locator(".drop")).to_have_count(2)
    page.keyboard.press("Enter")
    count(page, f"{GRID} of {PICTURES}")
    page.keyboard.press("Enter")
    expect(page.locator("#end")).to_be_visible()
    expect(page.locator("#end")).to_have_text("All done, thank you. Nothing is left here.")
    assert len(store.standing(Keep)) == PICTURES
    dropped = {keep.image for keep in store.standing(Keep) if keep.verdict == "drop"}
    assert len(dropped) == 2
    page.keyboard.press("z")  # page back, twice, and change one's mind
    expect(cells).to_have_count(PICTURES - GRID)
    page.keyboard.press("Backspace")
    expect(cells).to_have_count(GRID)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.locator(".drop")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#end")).to_be_visible()
    assert len({k.image for k in store.standing(Keep) if k.verdict == "drop"}) == 1


def reviewed(page: Page, done: int) -> None:
    """Waits until the picture after so many reviews is there."""
    count(page, f"{done} of {PICTURES}")
    expect(page.locator("#take")).to_be_enabled()


def test_specialists_grade_caption_and_take(page: Page, store: VoteStore) -> None:
    enter(page, "2")
    reviewed(page, 0)
    for key in "1112334444566777c":
        page.keyboard.press(key)
    page.keyboard.press("Control+a")
    page.keyboard.type("take 1 red – field\nof t & l")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    reviewed(page, 1)
    page.keyboard.press("l")
    reviewed(page, 2)
    first, second = store.standing(Review)
    told = (first.composition, first.lighting, first.color, first.subject_background)
    assert told == ("strong", "weak", "fine", "")
    assert (first.story, first.improvable, first.among_best) == ("yes", "no", "")
    assert (first.verdict, second.verdict, second.composition) == ("take", "leave", "")
    assert first.caption == "take 1 red – field\nof t & l"
    assert [candidate.path for candidate in taken(store)] == [first.image]
    page.keyboard.press("z")
    expect(page.locator("#leave.chosen")).to_be_enabled()
    page.keyboard.press("z")
    expect(page.locator("#take.chosen")).to_be_enabled()
    expect(page.locator("#caption")).to_have_value(first.caption)
    assert page.locator(":checked").evaluate_all("all => all.map(one => one.value)") == [
        "strong", "weak", "fine", "yes", "no"
    ]  # fmt: skip
    page.keyboard.press("l")
    expect(page.locator(".chosen")).to_have_count(0)
    assert taken(store) == []


def see(page: Page, done: int) -> None:
    """Waits until the pair after so many votes is there and may be voted on."""
    count(page, f"{done} of {PAIRS}")
    expect(page.locator(".side").first).to_be_enabled()


def test_votes_on_appeal_hide_the_text_and_a_mistake_is_mended(page: Page, store) -> None:
    enter(page, "3")
    for place, key in enumerate(("ArrowLeft", "b", "t", "ArrowDown")):
        see(page, place)
        assert "prompt" not in page.inner_text("body")
        page.keyboard.press(key)
    see(page, 4)
    choices = [v.choice if v.choice == "tie" else v.choice == v.left for v in store.standing(Vote)]
    assert choices == [True, False, "tie", "tie"]
    shown = page.locator(".side img").first.get_attribute("src")
    page.keyboard.press("z")
    expect(page.locator(".side img").first).not_to_have_attribute("src", shown or "")
    see(page, 4)
    page.keyboard.press("a")
    see(page, 4)
    assert len(store.history(Vote)) == 5
    assert [vote.choice for vote in store.standing(Vote)].count("tie") == 1


def test_votes_on_faithfulness_show_the_text(page: Page, store: VoteStore) -> None:
    enter(page, "4")
    keys = ("o", "n", "ArrowUp", "ArrowDown", "a", "ArrowRight", "o", "o", "o")
    for place, key in enumerate(keys):
        see(page, place)
        assert page.inner_text("#prompt").startswith("prompt ")
        page.keyboard.press(key)
    expect(page.locator("#end")).to_be_visible()
    choices = [vote.choice for vote in store.standing(Vote)]
    assert choices[:4] == ["both", "neither", "both", "neither"]
    assert len(choices) == PAIRS and set(choices[4:6]) <= {"a", "b"}


def test_a_key_pressed_twice_is_one_vote(page: Page, store: VoteStore) -> None:
    enter(page, "3")
    see(page, 0)
    page.evaluate(
        """() => { for (let i = 0; i < 20; i++) setTimeout(() => document.body.dispatchEvent(
            new KeyboardEvent("keydown", { key: "a", bubbles: true })), i * 5); }"""
    )
    see(page, 1)
    assert len(store.history(Vote)) == 1


def test_a_page_outlives_its_server(store: VoteStore, browser: Browser) -> None:
    fill(store, PAIRS)
    config = VoteConfig(repeats=0)
    with browser.new_context() as context:
        page = context.new_page()
        with served(store, config) as address:
            page.goto(address)
            enter(page, "3")
            see(page, 0)
        page.keyboard.press("a")
        expect(page.locator("#fault")).to_contain_text("Nothing is lost")
        port = int(address.rpartition(":")[2])
        with open_server(store, config, "127.0.0.1", port) as server:
            thread = threading.Thread(target=server.run)
            thread.start()
            see(page, 1)
            expect(page.locator("#fault")).to_be_hidden()
            server.stop()
            thread.join()
    assert len(store.history(Vote)) == 1


@pytest.fixture
def shaky(store: VoteStore, browser: Browser) -> Iterator[Page]:
    """The first page, where every picture's first two requests come to nothing."""
    fill(store, PAIRS)
    tried: Counter[str] = Counter()

    def answer(route: Route) -> None:
        tried[route.request.url] += 1
        if tried[route.request.url] <= 2:
            route.abort()
        else:
            route.continue_()

    with served(store, VoteConfig(repeats=0)) as address, browser.new_context() as context:
        page = context.new_page()
        page.route(re.compile("/(ballots|pictures)/"), answer)
        page.goto(address)
        yield page


def test_a_pair_that_did_not_come_at_first_can_be_voted_on(shaky: Page, store: VoteStore) -> None:
    enter(shaky, "3")
    see(shaky, 0)
    expect(shaky.locator("#fault")).to_be_hidden()
    shaky.keyboard.press("a")
    see(shaky, 1)
    assert len(store.history(Vote)) == 1


def test_nothing_is_kept_before_it_was_seen(shaky: Page, store: VoteStore) -> None:
    enter(shaky, "1")
    shaky.keyboard.press("Enter")
    assert store.history(Keep) == []
    count(shaky, f"{GRID} of {PICTURES}")
    assert {keep.verdict for keep in store.standing(Keep)} == {"keep"}


def test_what_cannot_be_seen_is_not_kept(shaky: Page, store: VoteStore) -> None:
    (store.folder / "tuned_0.png").unlink()
    enter(shaky, "1")
    for done in (GRID, PICTURES):
        shaky.keyboard.press("Enter")
        count(shaky, f"{done} of {PICTURES}")
    dropped = [keep.image for keep in store.standing(Keep) if keep.verdict == "drop"]
    assert dropped == ["tuned_0.png"]


def test_pairs_that_cannot_be_shown_are_told_at_the_end(shaky: Page, store: VoteStore) -> None:
    for place in range(PAIRS):
        if place != 4:
            (store.folder / f"tuned_{place}.png").unlink()
    enter(shaky, "3")
    see(shaky, 0)
    shaky.keyboard.press("a")
    expect(shaky.locator("#end")).to_be_visible()
    expect(shaky.locator("#fault")).to_contain_text(f"Not asked: {PAIRS - 1}")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_every_page_fits_its_screen(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    enter(page, "1")
    for room in ("keep", "review", "appeal", "faithfulness"):
        page.goto(f"/{room}")
        expect(page.locator("#count")).not_to_be_empty()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width > 1000 or room in ("appeal", "faithfulness"):
            assert page.evaluate("document.documentElement.scrollHeight") <= height
    before = page.locator("#prompt").text_content()
    page.evaluate(
        "find => { document.querySelector(find).textContent = 'x'.repeat(1000); }", "#prompt"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("told => { document.querySelector('#prompt').textContent = told; }", before)
    sides = [side.bounding_box() for side in page.locator(".side img").all()]
    assert sum(box["width"] * box["height"] for box in sides if box) > 0.6 * width * height
