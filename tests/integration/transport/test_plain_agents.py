"""Plain per-event Faust agents, on both transports."""

import asyncio
import json

import msgspec

from streams import App
from tests.integration.transport.workers import Platform, owns_all, until


class Order(msgspec.Struct):
    id: int
    amount: int


def declare(platform: Platform, seen: list[int], gate: asyncio.Event | None = None) -> App:
    app = App(f"{platform.prefix}-app", settings=platform.settings)
    orders = app.topic(f"{platform.prefix}-orders", value_type=Order)
    doubled = app.topic(f"{platform.prefix}-doubled", value_type=bytes)

    @app.agent(orders, name=f"{platform.prefix}-double")
    async def double(stream):  # type: ignore[no-untyped-def]
        async for order in stream:
            if gate is not None and order.id == 5:
                await gate.wait()
            await doubled.send(key=str(order.id), value=str(order.amount * 2).encode())
            seen.append(order.id)

    @app.agent(doubled, name=f"{platform.prefix}-sum")
    async def total(stream):  # type: ignore[no-untyped-def]
        async for value in stream:
            seen.append(-int(value))

    return app


def order(number: int) -> tuple[str, bytes]:
    return "one key", json.dumps({"id": number, "amount": number}).encode()


async def test_a_plain_agent_receives_decoded_values_and_sends_to_a_topic(platform: Platform) -> None:
    seen: list[int] = []
    app = declare(platform, seen)
    await platform.migrate(app)
    async with platform.worker(app):
        await until(owns_all(app))
        await platform.publish(f"{platform.prefix}-orders", *(order(number) for number in range(1, 51)))
        await until(lambda: len(seen) == 100)
    assert [number for number in seen if number > 0] == list(range(1, 51))
    assert sorted(-number for number in seen if number < 0) == [2 * number for number in range(1, 51)]


async def test_a_plain_agent_goes_on_at_the_next_event_after_a_restart(platform: Platform) -> None:
    topic, agent = f"{platform.prefix}-orders", f"{platform.prefix}-double"
    first: list[int] = []
    app = declare(platform, first)
    await platform.migrate(app)
    async with platform.worker(app):
        await until(owns_all(app))
        await platform.publish(topic, *(order(number) for number in range(1, 11)))
        await until(lambda: len(first) == 20)
        await platform.committed(topic, agent)
    await platform.publish(topic, *(order(number) for number in range(11, 21)))
    second: list[int] = []
    successor = declare(platform, second)
    async with platform.worker(successor):
        await until(lambda: len([number for number in second if number > 0]) == 10)
        await platform.committed(topic, agent)
    assert [number for number in second if number > 0] == list(range(11, 21))


async def test_what_a_plain_agent_had_in_its_hands_comes_again(platform: Platform) -> None:
    """The head is slow and what is behind it waits: nothing past it may be committed."""
    topic = f"{platform.prefix}-orders"
    seen: list[int] = []
    app = declare(platform, seen, gate=asyncio.Event())
    await platform.migrate(app)
    async with platform.worker(app):
        await until(owns_all(app))
        await platform.publish(topic, *(order(number) for number in range(1, 11)))
        await until(lambda: 4 in seen)
    again: list[int] = []
    async with platform.worker(declare(platform, again)):
        await until(lambda: 10 in again)
    assert [number for number in again if number > 4] == [5, 6, 7, 8, 9, 10]


async def test_a_plain_agent_goes_on_after_its_partitions_were_lost(platform: Platform) -> None:
    seen: list[int] = []
    app = declare(platform, seen)
    await platform.migrate(app)
    async with platform.worker(app):
        await until(owns_all(app))
        await platform.publish(f"{platform.prefix}-orders", *(order(number) for number in range(1, 6)))
        await until(lambda: 5 in seen)
        await app.require_engine().crash()
        await platform.publish(f"{platform.prefix}-orders", *(order(number) for number in range(6, 11)))
        await until(lambda: 10 in seen)
    assert set(range(1, 11)) <= set(seen)
