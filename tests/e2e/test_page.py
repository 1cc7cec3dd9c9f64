"""The demo page in a real Chromium."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gateway.demo import DEMO_USER
from tests.e2e.browser import browser, live, platform, server, watch
from tests.integration.gateway.harness import SERVICE, Platform, Running

__all__ = ["browser", "platform", "server"]


@pytest_asyncio.fixture
async def page(browser: Browser, server: Running) -> AsyncIterator[Page]:
    page = await browser.new_page()
    problems = watch(page)
    await live(page, server.url)
    yield page
    await page.close()
    assert problems == []


async def test_the_inbox_is_live(platform: Platform, server: Running, page: Page) -> None:
    bell, items = page.locator("#bell .badge"), page.locator("#inbox .item")
    await expect(page.locator("#inbox .blank")).to_be_visible()
    await expect(bell).to_be_hidden()
    [added] = await platform.deliver(DEMO_USER)
    await expect(items.first).to_contain_text(added.notification.content)
    await expect(bell).to_have_text("1")
    await platform.deliver(DEMO_USER, 2)
    await expect(bell).to_have_text("3")
    await expect(items).to_have_count(3)
    await expect(page).to_have_title("(3) Pavilion inbox")

    await items.nth(0).get_by_role("button", name="Mark read").click()
    await expect(bell).to_have_text("2")
    await expect(page.locator("#inbox .item.unread")).to_have_count(2)
    await items.nth(1).get_by_role("button", name="Archive").click()
    await expect(items).to_have_count(2)
    await page.get_by_role("button", name="Archived").click()
    await expect(items).to_have_count(1)
    await page.get_by_role("button", name="Unread", exact=True).click()
    await expect(items).to_have_count(1)
    await page.get_by_role("button", name="All", exact=True).click()
    await expect(items).to_have_count(2)

    await page.get_by_role("button", name="Mark all read").click()
    await expect(bell).to_be_hidden()
    await expect(page.locator("#inbox .item.unread")).to_have_count(0)
    await expect(page).to_have_title("Pavilion inbox")
    [top] = await platform.stores.inbox.summaries([DEMO_USER])
    assert (top.unseen, top.unread) == (0, 0)


async def test_text_of_notifications_is_never_markup(platform: Platform, page: Page) -> None:
    content = "<img src=x onerror=document.title='hacked'><b>bold</b>"
    await platform.deliver(DEMO_USER, content=content)
    await expect(page.locator("#inbox .item .content")).to_have_text(content)
    await expect(page.locator(".item img, .item b")).to_have_count(0)
    await expect(page).to_have_title("(1) Pavilion inbox")


async def test_coming_back_misses_nothing(platform: Platform, server: Running, page: Page) -> None:
    await platform.deliver(DEMO_USER)
    await expect(page.locator("#inbox .item")).to_have_count(1)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    [connection] = server.gateway.hub.connections
    await platform.deliver(DEMO_USER, 2, fan_out=False)
    connection._abort()
    await expect(page.locator("#inbox .item")).to_have_count(3, timeout=10_000)
    await expect(page.locator("#state")).to_have_text("Live")
    await expect(page.locator("#bell .badge")).to_have_text("3")
    assert not [url for url in requests if "/v1/notifications" in url], "it was resumed, not loaded again"


async def test_a_lost_position_reloads(platform: Platform, server: Running, page: Page) -> None:
    await platform.deliver(DEMO_USER, 2)
    await expect(page.locator("#inbox .item")).to_have_count(2)

    def lose(db: sqlite3.Connection) -> None:
        db.execute("UPDATE inbox SET epoch = 'after-failover' WHERE user_id = ?", (DEMO_USER,))

    await platform.database.write(lose)
    await platform.deliver(DEMO_USER)
    await expect(page.locator("#inbox .item")).to_have_count(3, timeout=10_000)
    await expect(page.locator("#state")).to_have_text("Live")


async def test_make_an_event_publishes_one(platform: Platform, page: Page) -> None:
    async with page.expect_response("**/demo/event") as answered:
        await page.get_by_role("button", name="Make an event").click()
    assert (await (await answered.value).json()) == {"accepted": 1}
    published = [raw for group in ("video", "comment", "user") for raw in await platform.published(f"{group}-events")]
    assert len(published) == 1
    assert DEMO_USER.encode() in published[0]


async def test_signing_out_elsewhere_stops_and_can_start_again(platform: Platform, server: Running, page: Page) -> None:
    [connection] = server.gateway.hub.connections
    ended = await server.http.delete(f"/v1/sessions/{connection.session_id}", headers=SERVICE)
    assert ended.status_code == 204
    await expect(page.locator("#state")).to_have_text("Stopped")
    await page.get_by_role("button", name="Sign in again").click()
    await expect(page.locator("#state")).to_have_text("Live")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_can_be_read_in_light_and_dark(
    platform: Platform, server: Running, browser: Browser, scheme: str, tmp_path: Path
) -> None:
    await platform.deliver(DEMO_USER, 3)
    page = await browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    await page.goto(server.url)
    await expect(page.locator("#inbox .item")).to_have_count(3)
    await page.screenshot(path=tmp_path / f"{scheme}.png")
    ground, text = await page.evaluate(
        "() => { const style = getComputedStyle(document.body); return [style.backgroundColor, style.color] }"
    )
    dark_ground = brightness(ground) < brightness(text)
    assert dark_ground is (scheme == "dark")
    assert abs(brightness(ground) - brightness(text)) > 150
    await page.close()


def brightness(colour: str) -> float:
    parts = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(parts) / 3
