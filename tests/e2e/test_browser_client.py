"""The browser client in a real Chromium: tabs in step, lost networks, restarts, tokens, pages of other origins."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from gateway.demo import DEMO_USER
from gateway.limits import Limits
from tests.e2e.browser import browser, context, items, kept, line_to, platform, server, shown, site, tab
from tests.integration.gateway.harness import SERVICE, Platform, Running, eventually, running

__all__ = ["browser", "context", "platform", "server"]


# -- tabs


@pytest.mark.guarantee("G3")
async def test_two_tabs_are_in_step_over_one_socket(
    platform: Platform, server: Running, context: BrowserContext
) -> None:
    first, second = await tab(context, server.url), await tab(context, server.url)
    assert len(server.gateway.hub.connections) == 1
    await platform.deliver(DEMO_USER, 3)
    for page in (first, second):
        await expect(items(page)).to_have_count(3)
    await items(second).nth(0).hover()
    await items(second).nth(0).get_by_role("button", name="Mark read").click()
    for page in (first, second):
        await expect(page.locator("#bell .badge")).to_have_text("2")
        await expect(page.locator("#inbox .item.unread")).to_have_count(2)
    [top] = await platform.stores.inbox.summaries([DEMO_USER])
    assert top.unread == 2
    assert len(server.gateway.hub.connections) == 1


@pytest.mark.guarantee("G3")
async def test_when_the_leading_tab_is_closed_the_other_goes_on(
    platform: Platform, server: Running, context: BrowserContext
) -> None:
    first, second = await tab(context, server.url), await tab(context, server.url)
    await platform.deliver(DEMO_USER)
    await expect(items(second)).to_have_count(1)
    [connection] = server.gateway.hub.connections
    requests: list[str] = []
    second.on("request", lambda request: requests.append(request.url))
    await first.close()
    await platform.deliver(DEMO_USER, 2)
    await expect(items(second)).to_have_count(3)
    await platform.deliver(DEMO_USER)
    await expect(items(second)).to_have_count(4)
    await expect(second.locator("#bell .badge")).to_have_text("4")
    [following] = server.gateway.hub.connections
    assert following is not connection
    assert following.session_id == connection.session_id, "the session is shared, tokens too"
    assert [url for url in requests if "notifications" in url or "session" in url] == [], "resumed"


async def test_a_sign_out_reaches_every_tab_and_one_signs_all_in_again(
    server: Running, context: BrowserContext
) -> None:
    first, second = await tab(context, server.url), await tab(context, server.url)
    [connection] = server.gateway.hub.connections
    ended = await server.http.delete(f"/v1/sessions/{connection.session_id}", headers=SERVICE)
    assert ended.status_code == 204
    for page in (first, second):
        await expect(page.locator("#state")).to_have_text("Stopped")
        await expect(page.locator("#inbox .notice")).to_contain_text("You are signed out.")
    await second.locator("#inbox").get_by_role("button", name="Sign in again").click()
    for page in (first, second):
        await expect(page.locator("#state")).to_have_text("Live")
        await expect(page.locator("#inbox .notice")).to_be_hidden()


# -- the network and the gateway


@pytest.mark.guarantee("G3")
async def test_what_happens_while_the_network_is_cut_is_there_when_it_is_back(
    platform: Platform, server: Running, context: BrowserContext
) -> None:
    async with line_to(server) as line:
        page = await tab(context, line.url)
        await platform.deliver(DEMO_USER, 3)
        await expect(items(page)).to_have_count(3)
        line.cut()
        await expect(page.locator("#state")).to_have_text("Reconnecting")
        await platform.deliver(DEMO_USER, 4)
        # What the user does meanwhile shows, and is sent later.
        await items(page).nth(2).focus()
        await page.keyboard.press("e")
        await expect(items(page)).to_have_count(2)
        await expect(page.locator("#inbox .notice span")).to_have_text("Reconnecting…")
        line.mend()
        await expect(page.locator("#state")).to_have_text("Live", timeout=15_000)
        await expect(items(page)).to_have_count(6)
        await expect(page.locator("#bell .badge")).to_have_text("6")
        await expect(page.locator("#inbox .notice")).to_be_hidden()
    assert await shown(page) == await kept(platform)


@pytest.mark.guarantee("G3")
async def test_a_gateway_restarted_under_it_is_hardly_noticed(
    platform: Platform, server: Running, context: BrowserContext
) -> None:
    async with line_to(server) as line:
        page = await tab(context, line.url)
        await platform.deliver(DEMO_USER, 2)
        await expect(items(page)).to_have_count(2)
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        server.stop.set()
        await asyncio.wait_for(asyncio.shield(server.done), 10)
        await platform.deliver(DEMO_USER, 2)
        async with running(platform) as successor:
            line.target = successor.port
            await expect(page.locator("#state")).to_have_text("Live", timeout=15_000)
            await expect(items(page)).to_have_count(4)
            await platform.deliver(DEMO_USER)
            await expect(items(page)).to_have_count(5)
            assert await shown(page) == await kept(platform)
    assert [url for url in requests if "/v1/notifications" in url] == [], "it was resumed, not loaded again"


@pytest.mark.guarantee("G3")
async def test_what_quiet_hours_withheld_shows_when_they_end(platform: Platform, context: BrowserContext) -> None:
    midnight = 1_795_046_400_000
    clock = [midnight]
    limits = Limits(check=(60.0, 60.0), tick=0.05)
    async with running(platform, limits, clock=lambda: clock[0]) as server:
        night = {"quiet_hours": {"start": "22:00", "end": "07:00", "time_zone": "UTC"}}
        headers = await server.bearer(DEMO_USER)
        assert (await server.http.put("/v1/preferences", json=night, headers=headers)).status_code == 200
        first, second = await tab(context, server.url), await tab(context, server.url)
        await expect(first.locator("#inbox .blank")).to_be_visible()
        asked: list[str] = []
        await platform.deliver(DEMO_USER, 2)
        await first.wait_for_timeout(500)
        for page in (first, second):
            await expect(items(page)).to_have_count(0)
            page.on("request", lambda request: asked.append(request.url))
        clock[0] += 7 * 3_600_000
        for page in (first, second):
            await expect(items(page)).to_have_count(2)
            await expect(page.locator("#bell .badge")).to_have_text("2")
        assert any("/v1/notifications" in url for url in asked)
        await platform.deliver(DEMO_USER)
        await expect(items(second)).to_have_count(3)
        assert await shown(second) == await kept(platform)


# -- tokens


@pytest.fixture
def short_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("gateway.tokens", "gateway.sessions"):
        monkeypatch.setattr(f"{module}.ACCESS_SECONDS", 3)


@pytest.mark.usefixtures("short_tokens")
async def test_tokens_are_renewed_inside_the_open_socket(
    platform: Platform, server: Running, context: BrowserContext
) -> None:
    page = await tab(context, server.url)
    other = await tab(context, server.url)
    [connection] = server.gateway.hub.connections
    renewals: list[str] = []
    context.on("request", lambda request: renewals.append(request.url) if "sessions" in request.url else None)
    await eventually(lambda: len(renewals) >= 3, 15)
    assert server.gateway.hub.connections == [connection], "it never came apart"
    await platform.deliver(DEMO_USER)
    for each in (page, other):
        await expect(items(each)).to_have_count(1)
    assert all(url.endswith("/v1/sessions/refresh") for url in renewals), "one session, renewed by one tab"
    session = await server.gateway.sessions.find(connection.session_id)
    assert not session.revoked


@pytest.mark.usefixtures("short_tokens")
async def test_a_token_that_expired_while_away_is_renewed_first(
    platform: Platform, server: Running, context: BrowserContext
) -> None:
    async with line_to(server) as line:
        page = await tab(context, line.url)
        [connection] = server.gateway.hub.connections
        line.cut()
        await platform.deliver(DEMO_USER)
        await asyncio.sleep(4)
        line.mend()
        await expect(page.locator("#state")).to_have_text("Live", timeout=20_000)
        await expect(items(page)).to_have_count(1)
        assert len(server.gateway.hub.connections) == 1
    assert connection.ended


# -- product pages

PRODUCT_PAGE = """<!doctype html><html lang="en"><title>Shop</title><body><pavilion-inbox inline></pavilion-inbox>
<script type="module">
  import { Client } from "GATEWAY/client/pavilion-client.js";
  import "GATEWAY/client/pavilion-inbox.js";
  const client = new Client({ url: "GATEWAY", session: async () => (TOKENS) });
  document.querySelector("pavilion-inbox").client = client;
  client.start();
</script>"""


async def test_a_page_of_another_origin_imports_it_and_uses_it(platform: Platform, browser: Browser) -> None:
    async with site() as shop:
        listed = platform.settings.gateway.model_copy(update={"origins": [shop.origin]})
        async with running(platform, settings={"gateway": listed}) as server:
            await platform.deliver(DEMO_USER, 2)
            tokens = (await server.http.post("/demo/session")).text
            shop.html = PRODUCT_PAGE.replace("GATEWAY", server.url).replace("TOKENS", tokens)
            page = await browser.new_page()
            await page.goto(shop.origin)
            await expect(page.locator(".item")).to_have_count(2)
            await page.locator(".item").nth(0).focus()
            await page.keyboard.press("r")
            await expect(page.locator(".item.unread")).to_have_count(1)
            await page.close()
