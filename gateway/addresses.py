"""Who a connection comes from: by its peer's address, or by what a trusted proxy says of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.requests import HTTPConnection

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Addresses:
    """``trusted``: networks of proxies whose ``X-Forwarded-For`` is believed."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted = [ipaddress.ip_network(network) for network in trusted]

    def limited(self, connection: HTTPConnection) -> str:
        """What limits go by: an IPv4 address, or the /64 of an IPv6 one, since whoever has one has the whole of it."""
        address = self._client(connection)
        if isinstance(address, ipaddress.IPv6Address):
            return str(ipaddress.ip_network((address, 64), strict=False))
        return str(address or "unknown")

    def shown(self, connection: HTTPConnection) -> str:
        """The address itself, for people to read; empty if there is none."""
        return str(self._client(connection) or "")

    def _client(self, connection: HTTPConnection) -> IPAddress | None:
        """The peer, or whom a trusted proxy names. What is no address ends the reading.

        Each proxy adds to the right of ``X-Forwarded-For`` whom it saw, and whatever stood there before is only what
        a client claimed. So it is read from the right, for as long as it names proxies of ours, and the first other
        address counts.
        """
        peer = None if connection.client is None else _address(connection.client.host)
        if peer is not None and self._trusts(peer):
            hops = ",".join(connection.headers.getlist("x-forwarded-for")).split(",")
            for hop in reversed(hops):
                address = _address(_without_port(hop.strip()))
                if address is None:
                    break
                peer = address
                if not self._trusts(peer):
                    break
        return peer

    def _trusts(self, address: IPAddress) -> bool:
        return any(address in network for network in self._trusted)


def _address(text: str) -> IPAddress | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # How a socket for both families shows an IPv4 peer.
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(hop: str) -> str:
    """Some proxies write ``192.0.2.1:4711`` and ``[2001:db8::1]:4711``."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
