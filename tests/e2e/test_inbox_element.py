"""``<pavilion-inbox>`` in a real Chromium: the list, the keyboard, screen readers, themes, settings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from gateway.demo import DEMO_USER
from schemas.errors import ConnectionFailed
from tests.e2e.browser import browser, context, items, kept, live, platform, server, shown, tab
from tests.integration.gateway.harness import Platform, Running, as_json

__all__ = ["browser", "context", "platform", "server"]


# -- the list


async def test_scrolling_loads_every_older_page_once(
    platform: Platform, server: Running, context: BrowserContext
) -> None:
    await platform.deliver(DEMO_USER, 75, fan_out=False)
    page = await tab(context, server.url)
    await expect(items(page)).to_have_count(30)
    for count in (60, 75):
        await items(page).last.scroll_into_view_if_needed()
        await page.mouse.wheel(0, 3000)
        await expect(items(page)).to_have_count(count)
    assert await shown(page) == await kept(platform)


async def test_what_the_gateway_refuses_is_taken_back_and_said(
    platform: Platform, server: Running, context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await tab(context, server.url)
    await platform.deliver(DEMO_USER, 2)
    await expect(items(page)).to_have_count(2)

    async def refuse(*arguments: object) -> None:
        raise ConnectionFailed("mark", "the inbox is away")

    monkeypatch.setattr(server.gateway.marks, "apply", refuse)
    await items(page).nth(0).focus()
    await page.keyboard.press("Delete")
    await expect(page.locator("#inbox .notice")).to_contain_text("That could not be changed")
    await expect(items(page)).to_have_count(2)
    await expect(page.locator("#bell .badge")).to_have_text("2")


async def test_a_list_that_cannot_be_loaded_says_so_and_can_be_asked_for_again(
    platform: Platform, server: Running, context: BrowserContext
) -> None:
    await platform.deliver(DEMO_USER)
    page = await context.new_page()
    await page.route("**/v1/notifications?*", lambda route: route.abort())
    await live(page, server.url)
    await expect(page.locator("#inbox .blank")).to_contain_text("could not be loaded")
    await page.unroute("**/v1/notifications?*")
    await page.locator("#inbox").get_by_role("button", name="Try again").click()
    await expect(items(page)).to_have_count(1)


# -- people


@pytest_asyncio.fixture
async def page(platform: Platform, server: Running, context: BrowserContext) -> Page:
    """With three notifications."""
    await platform.deliver(DEMO_USER, 3)
    page = await tab(context, server.url)
    await expect(items(page)).to_have_count(3)
    return page


async def focused(page: Page) -> str:
    """The class of the element that has the focus, inside the element too."""
    name: str = await page.evaluate(
        "() => { let at = document.activeElement;"
        " while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at.className }"
    )
    return name


async def test_the_bell_works_with_the_keyboard_alone(platform: Platform, page: Page) -> None:
    bell = page.locator("#bell").get_by_role("button", name="Notifications, 3 unread")
    await page.keyboard.press("Tab")
    assert await focused(page) == "bell"
    await expect(bell).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Notifications")).to_be_visible()
    await expect(page.locator("#bell .bell")).to_have_attribute("aria-expanded", "true")
    articles = page.get_by_role("dialog").get_by_role("article")
    await expect(articles).to_have_count(3)
    await page.keyboard.press("ArrowDown")
    await expect(articles.nth(0)).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(articles.nth(1)).to_be_focused()
    await page.keyboard.press("End")
    await expect(articles.nth(2)).to_be_focused()
    await page.keyboard.press("Home")

    await page.keyboard.press("r")
    await expect(page.locator("#bell .badge")).to_have_text("2")
    await page.keyboard.press("e")
    await expect(articles).to_have_count(2)
    await expect(articles.nth(0)).to_be_focused()
    await page.keyboard.press("Tab")  # into the item's own buttons
    await page.keyboard.press("Tab")
    await expect(articles.nth(0).get_by_role("button", name="Mark read")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await focused(page) == "bell"


async def test_screen_readers_hear_of_arrivals_and_find_their_way(platform: Platform, page: Page) -> None:
    inbox = page.locator("#inbox")
    feed = inbox.get_by_role("feed", name="Notifications")
    await expect(feed).to_have_attribute("aria-busy", "false")
    first = feed.get_by_role("article").nth(0)
    await expect(first).to_have_attribute("aria-posinset", "1")
    await expect(first).to_have_attribute("aria-setsize", "3")
    [added] = await platform.deliver(DEMO_USER)
    spoken = inbox.locator("p[role=status]")
    await expect(spoken).to_have_text(added.notification.content)
    await expect(first).to_have_accessible_name(added.notification.content)
    await platform.deliver(DEMO_USER, 3)
    await expect(spoken).to_have_text("3 new notifications")
    for name in ("Mark read", "Archive", "Delete"):
        button = first.get_by_role("button", name=name)
        await expect(button).to_have_attribute("aria-keyshortcuts", {"Mark read": "R", "Archive": "E"}.get(name, name))


async def test_opening_the_bell_is_seeing_and_choosing_is_reading(
    platform: Platform, browser: Browser, server: Running, page: Page
) -> None:
    await page.evaluate("() => document.getElementById('inbox').remove()")  # else it is seen already
    await page.locator("#bell .bell").click()
    await eventually_async(lambda: unseen_and_unread(platform), (0, 3))
    await page.evaluate(
        "() => document.addEventListener('pavilion-open', ({ detail }) => window.chosen = detail.notification.id)"
    )
    chosen = page.locator("#bell .item").nth(1)
    identifier = await chosen.get_attribute("data-id")
    await chosen.locator(".content").click()
    assert await page.evaluate("() => window.chosen") == identifier
    await eventually_async(lambda: unseen_and_unread(platform), (0, 2))
    await page.locator("h1").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def unseen_and_unread(platform: Platform) -> tuple[int, int]:
    [top] = await platform.stores.inbox.summaries([DEMO_USER])
    return top.unseen, top.unread


async def test_light_dark_and_stillness_are_the_users_choice(browser: Browser, server: Running) -> None:
    page = await browser.new_page(color_scheme="light", reduced_motion="reduce")
    await live(page, server.url)
    ground = (
        "() => getComputedStyle(document.querySelector('#inbox').shadowRoot.querySelector('.panel')).backgroundColor"
    )
    assert await page.evaluate(ground) == "rgb(255, 255, 255)"
    await page.evaluate("() => document.getElementById('inbox').setAttribute('theme', 'dark')")
    assert await page.evaluate(ground) == "rgb(26, 26, 35)"
    await page.evaluate(
        "() => document.getElementById('inbox').style.setProperty('--pavilion-surface', 'rgb(1, 2, 3)')"
    )
    assert await page.evaluate(ground) == "rgb(1, 2, 3)"
    await page.locator("#bell .bell").click()
    motion = "() => getComputedStyle(document.querySelector('#bell').shadowRoot.querySelector('.panel')).animationName"
    assert await page.evaluate(motion) == "none"
    await page.close()


async def test_on_a_narrow_screen_the_panel_is_a_sheet_inside_it(browser: Browser, server: Running) -> None:
    page = await browser.new_page(viewport={"width": 360, "height": 640}, reduced_motion="reduce")
    await live(page, server.url)
    await page.locator("#bell .bell").click()
    box = await page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert (box["x"], box["width"], box["y"] + box["height"]) == (0, 360, 640)
    assert await page.evaluate("() => document.documentElement.scrollWidth") <= 360
    await page.close()


async def test_preferences_are_shown_and_what_is_changed_is_saved(platform: Platform, page: Page) -> None:
    sent: list[Any] = []
    page.on("request", lambda request: sent.append(request.post_data_json) if request.method == "PUT" else None)
    inbox = page.locator("#inbox")
    await inbox.get_by_role("button", name="Settings").click()
    await expect(items(page).first).to_be_hidden()
    await expect(inbox.get_by_label("Video liked")).to_be_checked()
    await inbox.get_by_label("Video shared").uncheck()
    await inbox.get_by_label("Keep quiet every day").check()
    await inbox.get_by_label("Until").fill("08:30")
    await inbox.get_by_role("button", name="Save").click()
    await expect(inbox.get_by_text("Saved")).to_be_visible()
    zone = await page.evaluate("() => Intl.DateTimeFormat().resolvedOptions().timeZone")
    quiet = {"start": "22:00", "end": "08:30", "time_zone": zone}
    assert sent == [{"types": {"video.shared": False}, "quiet_hours": quiet}]
    newest = (await platform.stores.preferences.newest([DEMO_USER]))[DEMO_USER].preferences
    assert (newest.types, as_json(newest.quiet_hours)) == ({"video.shared": False}, quiet)

    await inbox.get_by_role("button", name="Back to the list").click()
    await expect(items(page).first).to_be_visible()
    await inbox.get_by_role("button", name="Settings").click()
    await expect(inbox.get_by_label("Video shared")).not_to_be_checked()
    await expect(inbox.get_by_label("Until")).to_have_value("08:30")


async def test_what_nobody_opts_out_of_is_shown_as_such(page: Page) -> None:
    """No declared type is mandatory so far, so the answer is made up."""
    declared = {"account.closed": {"default": True, "mandatory": True}}
    held = {"types": {"account.closed": True}, "quiet_hours": None, "classes": declared}
    await page.route("**/v1/preferences", lambda route: route.fulfill(json=held))
    await page.locator("#inbox").get_by_role("button", name="Settings").click()
    await expect(page.locator("#inbox").get_by_label("Account closed")).to_be_disabled()
    await expect(page.locator("#inbox").get_by_text("Always on")).to_be_visible()


async def eventually_async(ask: Callable[[], Awaitable[object]], wanted: object, seconds: float = 5.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while (found := await ask()) != wanted:
        assert asyncio.get_running_loop().time() < deadline, found
        await asyncio.sleep(0.05)
