"""Bytes on a TCP connection, for what no client library would send."""

from __future__ import annotations

import asyncio
import json
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    """One WebSocket frame as a client sends it; ``reserved`` are the three bits that extensions use."""
    first = (0x80 if final else 0) | reserved << 4 | opcode
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head = struct.pack("!BB", first, bit | len(payload))
    elif len(payload) < 65_536:
        head = struct.pack("!BBH", first, bit | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, bit | 127, len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def handshake(port: int, *, extensions: str = "") -> bytes:
    lines = [
        "GET /v1/stream HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *([f"Sec-WebSocket-Extensions: {extensions}"] if extensions else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


@dataclass
class Raw:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, timeout: float = 5.0) -> str:
        """A response's line and headers."""
        async with asyncio.timeout(timeout):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    async def rest(self, timeout: float = 5.0) -> bytes:
        """All there is until the server closes; a reset ends it too."""
        found = b""
        async with asyncio.timeout(timeout):
            try:
                while chunk := await self.reader.read(65_536):
                    found += chunk
            except ConnectionResetError:
                pass
        return found

    async def frame(self, timeout: float = 5.0) -> tuple[int, bytes]:
        async with asyncio.timeout(timeout):
            first, length = await self.reader.readexactly(2)
            if length == 126:
                [length] = struct.unpack("!H", await self.reader.readexactly(2))
            return first & 0x0F, await self.reader.readexactly(length)

    async def closed(self, timeout: float = 5.0) -> int:
        """The code of the server's close frame, after whatever else it sends; 1006 without one."""
        try:
            while True:
                opcode, payload = await self.frame(timeout)
                if opcode == CLOSE:
                    return int(struct.unpack("!H", payload[:2])[0])
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return 1006

    async def connect(self, token: str) -> dict[str, Any]:
        await self.send(frame(TEXT, json.dumps({"type": "connect", "token": token}).encode()))
        answer: dict[str, Any] = json.loads((await self.frame())[1])
        return answer


@asynccontextmanager
async def tcp(port: int, *, limit: int = 2**16) -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=limit)
    try:
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def websocket(port: int, *, extensions: str = "") -> AsyncIterator[Raw]:
    """After the handshake, before anything else."""
    async with tcp(port) as raw:
        await raw.send(handshake(port, extensions=extensions))
        head = await raw.head()
        assert head.startswith("HTTP/1.1 101"), head
        yield raw
