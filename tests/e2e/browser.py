"""A real Chromium, and a line to the gateway that a test can cut. Debian's ``chromium``: no browser is downloaded."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from gateway.demo import DEMO_USER
from infra.stores.ports import Filter
from tests.integration.gateway.harness import Platform, Running, open_platform, running


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    assert path is not None, "install chromium with apt: apt-get install chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with open_platform(tmp_path) as platform:
        yield platform


@pytest_asyncio.fixture
async def server(platform: Platform) -> AsyncIterator[Running]:
    async with running(platform) as server:
        yield server


def watch(page: Page) -> list[str]:
    """Errors of the page's code, and what its content security policy refused, as they come."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if "Content Security" in message.text else None)
    return problems


async def live(page: Page, url: str) -> Page:
    await page.goto(url)
    await expect(page.locator("#state")).to_have_text("Live")
    return page


@pytest_asyncio.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """The tabs of one browser; whatever their code throws fails the test."""
    context = await browser.new_context()
    problems: list[list[str]] = []
    context.on("page", lambda page: problems.append(watch(page)))
    yield context
    await context.close()
    assert [problem for of_page in problems for problem in of_page] == []


async def tab(context: BrowserContext, url: str) -> Page:
    return await live(await context.new_page(), url)


async def shown(page: Page) -> list[str]:
    """The ids in the list, in its order."""
    found: list[str] = await page.locator("#inbox .item").evaluate_all("items => items.map(item => item.dataset.id)")
    return found


async def kept(platform: Platform) -> list[str]:
    """The ids in the inbox, newest first."""
    entries, _ = await platform.stores.inbox.page(DEMO_USER, None, 200, Filter(None, None))
    return [entry.id for entry in entries]


def items(page: Page) -> Locator:
    return page.locator("#inbox .item")


class Line:
    """Passes bytes on to a port, until it is cut: then nothing comes through, and nobody gets in."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.up = True
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        self.up = False
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self.up = True

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if not self.up:
                return
            there_reader, there = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers.add(there)
            await asyncio.gather(self._pass(reader, there), self._pass(there_reader, writer))
        except OSError:
            pass
        finally:
            for one in (writer, *(other for other in self._writers if other.is_closing())):
                one.transport.abort()
                self._writers.discard(one)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def line_to(server: Running) -> AsyncIterator[Line]:
    line = Line(server.port)
    listener = await asyncio.start_server(line.accept, "127.0.0.1", 0)
    line.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield line
        line.cut()


@dataclass
class Site:
    """A web site of its own origin, with one page."""

    origin: str
    html: str = ""


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = made.html.encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    made = Site(f"http://localhost:{listener.sockets[0].getsockname()[1]}")
    async with listener:
        yield made
