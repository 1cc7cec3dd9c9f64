"""The operators' console in a real Chromium: against a running platform, and against two hundred agents."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from infra.local.processes import free_ports
from schemas.times import format_ms, now_ms
from tests.e2e.browser import browser, line_to, platform
from tests.e2e.platform import OPERATOR_KEY, Client, Process, bearer, environment, run_command
from tests.e2e.synthetic import Group
from tests.e2e.test_page import brightness
from tests.integration.gateway.harness import Platform, Running, running

__all__ = ["browser", "platform"]

SUPPORT_KEY, ADMIN_KEY = "e2e-support-key-0123456789abcdef", "e2e-admin-key-0123456789abcdef"
HARNESS_KEY = "operator-key-of-the-tests"
WAIT = 15_000
"""Milliseconds that anything on the page may take."""


@dataclass
class Embedded:
    """``pavilion run``, and a service of it."""

    url: str
    env: dict[str, str]
    client: Client

    async def publish_raw(self, lines: bytes) -> None:
        done = await asyncio.to_thread(run_command, self.env, "events", "publish", "-", "--raw", stdin=lines)
        assert done.returncode == 0, done.stderr.decode()

    async def like(self, owner: str, count: int) -> None:
        data = {"actor_id": str(uuid.uuid4()), "actor_name": "Ada", "owner_id": owner, "title": "Rye bread"}
        envelope = {"specversion": "1.0", "type": "pavilion.video.liked.v1", "source": "/test"}
        answer = await self.client.publish(
            [
                {
                    **envelope,
                    "id": str(uuid.uuid4()),
                    "time": format_ms(now_ms()),
                    "data": {**data, "video_id": str(uuid.uuid4())},
                }
                for _ in range(count)
            ]
        )
        assert answer.status_code == 202, answer.text

    async def audit(self, action: str) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
            answer = await http.get("/v1/audit", params={"action": action}, headers=bearer(ADMIN_KEY))
        assert answer.status_code == 200, answer.text
        lines: list[dict[str, Any]] = answer.json()["data"]
        return lines


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def embedded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Embedded]:
    directory: Path = tmp_path_factory.mktemp("console")
    [port] = free_ports(1)
    env = environment(
        DATA_DIR=str(directory / "data"), GATEWAY__PORT=str(port), SUPPORT_KEY=SUPPORT_KEY, ADMIN_KEY=ADMIN_KEY
    )
    process = Process("run", env, directory / "run.log")
    url = f"http://127.0.0.1:{port}"
    client = Client(url)
    try:
        await process.start(f"{url}/readyz")
        yield Embedded(url, env, client)
    finally:
        process.kill()
        await client.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser whose pages may neither throw nor say anything on the console, but that a request was refused."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(WAIT)
    problems: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if not message.text.startswith("Failed to load resource"):
            problems.append(message.text)

    context.on("console", said)
    context.on("weberror", lambda error: problems.append(str(error.error)))
    yield context
    await context.close()
    assert problems == []


async def sign_in(context: BrowserContext, url: str, key: str, where: str = "") -> Page:
    page = await context.new_page()
    await page.goto(f"{url}/console{where}")
    await page.get_by_label("Key or token").fill(key)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("[data-standing=live]")).to_be_visible(timeout=WAIT)
    return page


@pytest.mark.guarantee("G9")
async def test_only_roles_of_the_console_get_in_and_the_key_stays_in_the_tab(
    embedded: Embedded, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(f"{embedded.url}/console")
    for key, reason in (
        ("wrong", "not valid"),
        ("with spaces", "no spaces"),
        (embedded.env["PAVILION_SERVICE_KEY"], "for operators, support and admins"),
        (await embedded.client.token(str(uuid.uuid4())), "for operators, support and admins"),
    ):
        await page.get_by_label("Key or token").fill(key)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_contain_text(reason)
        assert await page.evaluate("() => sessionStorage.length") == 0
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    await page.get_by_label("Key or token").fill(OPERATOR_KEY)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("signed in as operator")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("signed in as operator")).to_be_visible()
    assert not [one for one in (*addresses, page.url) if OPERATOR_KEY in one]
    assert await page.evaluate("() => JSON.stringify([Object.entries(localStorage), document.cookie])") == '[[],""]'
    await expect(page.get_by_role("link", name="People")).to_have_count(0)
    await page.evaluate("() => { location.hash = '#/people' }")
    await expect(page.get_by_text("People is not for operator")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Key or token")).to_be_visible()
    assert await page.evaluate("() => sessionStorage.length") == 0


async def test_the_graph_is_live(embedded: Embedded, context: BrowserContext) -> None:
    page = await sign_in(context, embedded.url, OPERATOR_KEY)
    await expect(page.locator(".node.agent")).to_have_count(5)
    flow = page.locator('[data-edge="topic:video-events>agent:video"]')
    await expect(flow).to_contain_text("0/s")
    before = await page.locator('[data-node="agent:video"]').get_attribute("aria-label")
    await embedded.like(str(uuid.uuid4()), 40)
    await expect(flow.locator(".flow")).not_to_have_text("0/s", timeout=WAIT)
    await expect(page.locator('[data-edge="agent:video>topic:notifications"] .flow')).not_to_have_text("0/s")
    assert await page.locator('[data-node="agent:video"]').get_attribute("aria-label") != before
    await page.locator('[data-node="agent:video"]').click()
    panel = page.get_by_role("complementary", name="agent video")
    await expect(panel.get_by_role("row", name="notify")).to_contain_text("40")
    await expect(panel).to_contain_text("publish → done")
    assert "agent=video" in page.url
    await page.get_by_role("link", name="Workers").click()
    await expect(page.get_by_role("article")).to_have_count(1)
    await expect(page.get_by_role("row", name="video")).to_contain_text("0–15")
    await page.get_by_role("link", name="Tables").click()
    await page.get_by_role("link", name="video-seen").click()
    await expect(page.locator(".buckets li")).not_to_have_count(0)
    await page.get_by_role("link", name="Dependencies").click()
    await expect(page.get_by_role("row", name="sqlite")).to_contain_text("closed")


async def test_a_dead_letter_is_found_read_and_replayed(embedded: Embedded, context: BrowserContext) -> None:
    mark = uuid.uuid4().hex
    page = await sign_in(context, embedded.url, OPERATOR_KEY)
    await embedded.publish_raw(f"<img src=x onerror=alert(1)> {mark}\nanother one\n".encode())
    found = page.locator(".health [data-kind=dead-letters]")
    await expect(found).to_contain_text("video put aside 2 events", timeout=WAIT)
    await found.get_by_role("link").click()
    await expect(page.locator("[data-letter]")).to_have_count(2)
    await page.get_by_label("Text").fill(mark.upper())
    await page.get_by_role("button", name="Search").click()
    await expect(page.locator("[data-letter]")).to_have_count(1)
    await page.locator("[data-letter] a").click()
    panel = page.get_by_role("complementary", name="Dead letter")
    await expect(panel.locator("pre")).to_have_text(f"<img src=x onerror=alert(1)> {mark}")
    await expect(page.locator("pre img")).to_have_count(0)
    await panel.get_by_role("button", name="Hex").click()
    await expect(panel.locator("pre")).to_contain_text("3c 69 6d 67 20 73 72 63")
    await expect(panel).to_contain_text("InvalidEventType")
    await expect(panel).to_contain_text("video-events")

    await page.get_by_role("button", name="Replay all that match").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("1 letter would be published again")
    assert (await replayed(embedded, mark)) is False, "nothing is published before the question"
    await dialog.get_by_role("button", name="Cancel").click()

    await panel.get_by_role("button", name="Replay this letter").click()
    await dialog.get_by_role("button", name="Replay 1 letter").click()
    await expect(dialog).to_contain_text("1 letter replayed")
    assert await replayed(embedded, mark)
    await dialog.get_by_role("button", name="Close").click()
    await page.get_by_text("Who replayed what").click()
    await expect(page.locator(".replays tbody tr").first).to_contain_text("operator")
    [line, *_] = await embedded.audit("replay-dead-letters")
    assert (line["role"], line["result"]) == ("operator", "done")


async def replayed(embedded: Embedded, mark: str) -> bool:
    answer = await embedded.client.http.get(
        "/v1/dead-letters/replays", params={"limit": 200}, headers=bearer(OPERATOR_KEY)
    )
    letters = await embedded.client.http.get("/v1/dead-letters", params={"text": mark}, headers=bearer(OPERATOR_KEY))
    ids = {one["id"] for one in letters.json()["data"]}
    return bool(ids & {one["id"] for one in answer.json()["data"]})


@pytest.mark.guarantee("G9")
async def test_support_sees_an_inbox_and_each_look_is_in_the_audit(embedded: Embedded, context: BrowserContext) -> None:
    user = str(uuid.uuid4())
    await embedded.like(user, 3)
    async with asyncio.timeout(20):
        while (await embedded.client.counts(user))["unread"] < 3:  # its token is a session, too
            await asyncio.sleep(0.1)
    page = await sign_in(context, embedded.url, SUPPORT_KEY, "#/people")
    await expect(page.get_by_role("link", name="Dead letters")).to_have_count(0)
    await page.get_by_label("User id").fill("nonsense")
    await page.get_by_role("button", name="Look").click()
    await expect(page.get_by_role("alert").first).to_contain_text("UUID")
    assert await embedded.audit("read-user") == []
    await page.get_by_label("User id").fill(user.upper())
    await page.get_by_role("button", name="Look").click()
    figures = page.locator(".figure")
    await expect(figures.filter(has_text="unread")).to_contain_text("3")
    await expect(figures.filter(has_text="position")).to_contain_text("3")
    await expect(page.get_by_text("liked your video")).to_have_count(3)
    await expect(page.get_by_text("video_id").first).to_be_visible()
    lines = await embedded.audit("read-user")
    assert {(line["role"], line["user"], line["result"]) for line in lines} == {("support", user, "done")}
    assert len(lines) == 2, "the inbox and its first page"
    await page.get_by_role("button", name="archived").click()
    await expect(page.get_by_text("Nothing is here")).to_be_visible()
    assert len(await embedded.audit("read-user")) == 3


@pytest_asyncio.fixture(loop_scope="session")
async def group() -> Group:
    return Group(200)


@pytest_asyncio.fixture(loop_scope="session")
async def many(platform: Platform, group: Group) -> AsyncIterator[Running]:
    async with running(platform, topology=group.topology, streams=group.streams, tables=group.tables) as server:
        yield server


async def test_two_hundred_agents_are_laid_out_once_and_numbers_move(
    many: Running, group: Group, context: BrowserContext
) -> None:
    page = await sign_in(context, many.url, HARNESS_KEY)
    graph = page.locator(".graph")
    await expect(page.locator(".node.agent")).to_have_count(200)
    texts = "() => [...document.querySelectorAll('.edge .flow')].map(one => one.textContent).join()"
    await page.evaluate("() => { window.shapes = [...document.querySelectorAll('.node, .edge')] }")
    seen, ticks = await page.evaluate(texts), group.ticks
    async with asyncio.timeout(30):
        while group.ticks < ticks + 3 or await page.evaluate(texts) == seen:
            await asyncio.sleep(0.1)
    await page.mouse.move(700, 500)
    await page.mouse.wheel(0, -400)
    await page.mouse.down()
    await page.mouse.move(600, 400)
    await page.mouse.up()
    await page.evaluate("() => { location.hash = '#/topology?agent=agent-120' }")
    await expect(page.get_by_role("complementary", name="agent agent-120")).to_contain_text("running")
    await expect(page.locator('[data-node="agent:agent-120"]')).to_be_in_viewport()
    assert await graph.get_attribute("data-layouts") == "1"
    same = "() => shapes.length > 0 && shapes.every(one => one.isConnected)"
    assert await page.evaluate(same), "a tick changes numbers in place, and draws no shape again"

    await page.get_by_label("Filter by name").fill("agent-01")
    await expect(page.locator(".node.agent")).to_have_count(10)
    typed = int(await graph.get_attribute("data-layouts") or 0)
    assert 2 <= typed <= 1 + len("agent-01")
    await page.reload()
    await expect(page.locator(".node.agent")).to_have_count(10, timeout=WAIT)


async def test_faults_are_said_most_urgent_first(many: Running, group: Group, context: BrowserContext) -> None:
    page = await sign_in(context, many.url, HARNESS_KEY)
    await expect(page.locator(".health strong")).to_have_text("All is well")
    group.behind = {"agent-007": 95.0}
    first = page.locator(".health li").first
    await expect(first).to_contain_text("agent-007 is 95")
    await expect(page.locator('[data-edge="topic:events-01>agent:agent-007"]')).to_have_class("edge warn flows  ")
    group.failing = {"agent-003"}
    await expect(first).to_contain_text("agent-003 put aside")
    await expect(page.locator('[data-edge="agent:agent-003>topic:dead-letters"].bad')).to_contain_text("in 1 min")
    await expect(page.locator('[data-edge="topic:events-00>agent:agent-003"].bad')).to_have_count(1)
    group.away = "NoHostAvailable: node-1 timed out"
    await expect(first).to_contain_text("scylla is away")
    await expect(first).to_contain_text("runbook/")
    await first.get_by_role("link").click()
    await expect(page.get_by_role("row", name="scylla")).to_contain_text("node-1 timed out")
    await expect(page.get_by_role("row", name="scylla")).to_contain_text("worker-a worker-b")
    await expect(page.locator(".health strong")).to_have_text("Needs attention")


async def test_old_numbers_are_called_old(many: Running, group: Group, context: BrowserContext) -> None:
    async with line_to(many) as line:
        page = await sign_in(context, line.url, HARNESS_KEY)
        line.cut()
        await expect(page.locator("[data-standing=stale]")).to_contain_text("stale since", timeout=WAIT)
        await expect(page.locator(".health li").first).to_contain_text("No live numbers")
        await expect(page.locator(".node.agent")).to_have_count(200)
        line.mend()
        await expect(page.locator("[data-standing=live]")).to_be_visible(timeout=WAIT)
        group.silent_since = "2026-11-24T10:11:12.000Z"
        await expect(page.locator("[data-standing=stale]")).to_have_text("stale since 10:11:12 UTC")
        group.silent_since = None
        await expect(page.locator("[data-standing=live]")).to_be_visible()


@pytest_asyncio.fixture(loop_scope="session")
async def few(platform: Platform) -> AsyncIterator[Running]:
    group = Group(8)
    async with running(platform, topology=group.topology, streams=group.streams, tables=group.tables) as server:
        yield server


async def test_it_can_be_read_in_light_and_dark(few: Running, context: BrowserContext) -> None:
    page = await sign_in(context, few.url, HARNESS_KEY)
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert await dark(page) is (scheme == "dark")
    for name in ("Dark", "Light"):
        await page.get_by_role("button", name=name).click()
        assert await dark(page) is (name == "Dark"), "the choice counts more than the system's"
    await page.reload()
    await expect(page.locator(".shell")).to_be_visible()
    assert await dark(page) is False
    await page.set_viewport_size({"width": 1024, "height": 768})
    assert await page.evaluate("() => document.documentElement.scrollWidth") == 1024


async def dark(page: Page) -> bool:
    ground, text = await page.evaluate(
        "() => { const style = getComputedStyle(document.body); return [style.backgroundColor, style.color] }"
    )
    assert abs(brightness(ground) - brightness(text)) > 150
    return brightness(ground) < brightness(text)


async def test_it_can_be_used_with_the_keyboard(few: Running, context: BrowserContext) -> None:
    page = await sign_in(context, few.url, HARNESS_KEY)
    node = page.locator('[data-node="agent:agent-004"]')
    await node.focus()
    await page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="agent agent-004")
    await expect(panel).to_be_visible()
    await expect(node).to_have_attribute("aria-pressed", "true")
    await panel.get_by_role("button", name="Close").focus()
    await page.keyboard.press("Escape")
    await expect(panel).to_have_count(0)
    await expect(node).to_have_attribute("aria-pressed", "false")
    moved = await page.locator(".graph > svg > g").get_attribute("transform")
    await node.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator(".graph > svg > g")).not_to_have_attribute("transform", moved or "")
