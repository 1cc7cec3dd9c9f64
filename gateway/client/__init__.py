"""A typed client for services, and for tests as a user's device; the socket needs the extra ``client``.

>>> async with ServiceClient(url, key) as service, UserClient(url, await service.open_session(user)) as device:
...     async with device.stream() as stream:
...         async for item in stream:
...             ...

How it speaks is in docs/protocol.md, how it is used in docs/python-client.md.
"""

from gateway.client.errors import ClientError, ProtocolError, Refused, SessionEnded, Unreachable
from gateway.client.items import Arrived, Changed, Item, Reloaded
from gateway.client.service import ServiceClient
from gateway.client.stream import Stream
from gateway.client.user import UserClient

__all__ = [
    "Arrived",
    "Changed",
    "ClientError",
    "Item",
    "ProtocolError",
    "Refused",
    "Reloaded",
    "ServiceClient",
    "SessionEnded",
    "Stream",
    "Unreachable",
    "UserClient",
]
