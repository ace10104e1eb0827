"""A real browser for tests. What the console complains of, and every breach of the content policy, fails the test."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from werkzeug.serving import make_server

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# What browser and htmx say of an answer of 4xx or 5xx or of a server that is gone: tests of failed parts mean it, and a
# server may end before the page that still asks it. htmx names "afterRequest" as an error only just before one of the two
# after it, which a page that is being closed may no longer come to say.
MEANT = ("Failed to load resource", "Response Status Error", "htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Debian chromium for the session."""
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a desk, 1280 wide, in a context of its own (no cookies of other tests)."""
    with watched(browser.new_context(viewport=DESK, locale="zh-CN")) as watched_page:
        yield watched_page


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page of a phone, 390 wide, with touch."""
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True, locale="zh-CN")
    with watched(context) as watched_page:
        yield watched_page


@contextmanager
def watched(context: BrowserContext) -> Iterator[Page]:
    """A page whose console errors (policy breaches are among them) and uncaught exceptions fail the test at its end."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(MEANT):
            complaints.append(message.text)

    context.on("console", hear)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    fresh = context.new_page()
    fresh.set_default_timeout(10_000)
    yield fresh
    context.close()
    assert complaints == []


@pytest.fixture
def overflow() -> Callable[[Page], int]:
    """By how many pixels a page is wider than its window: must be 0, else it scrolls sideways."""
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return lambda page: int(page.evaluate(width))


@pytest.fixture
def photograph() -> Callable[[Page, str], None]:
    """Takes a picture of the whole page for human eyes, when PICTURES names a folder."""
    folder = os.environ.get("PICTURES", "")

    def take(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    return take


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """Serve an app on a free port of loopback until the test ends; gives its address."""
    running = []

    def start(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()
