"""The limits and intervals of the gateway: constructor values, so that a test can make them short."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Durations are seconds."""

    connect: float = 10.0
    """From the handshake to the ``connect`` frame."""
    join: float = 20.0
    """From the ``connect`` frame to the ``connected`` one; then the stores are too slow, and the client comes back."""
    head: float = 10.0
    """From a TCP connection, or the first bytes of a request on one that is kept, to the end of its headers."""
    body: float = 30.0
    """From the end of the headers to that of the body."""
    unread: float = 60.0
    """What a client gets to read an answer that does not fit into the buffers of its connection."""
    silent: int = 5000
    """TCP connections that may be without a request at a time; past that the oldest is cut."""
    unconnected: int = 5000
    """WebSockets that may be without their ``connect`` frame at a time; past that the oldest closes with 1013."""
    ping: float = 25.0
    pong: float = 10.0
    close: float = 5.0
    """What a peer that does not read gets to take the close frame, before its connection is cut."""
    frames_per_second: float = 20.0
    frame_burst: int = 60
    pieces_per_second: float = 50.0
    piece_burst: int = 500
    """Pings, pongs and fragments, which only the protocol sees."""
    queue_frames: int = 1000
    queue_bytes: int = 4 * 1024 * 1024
    """What may wait for one connection. A recovery that is more than that is none, see gateway/device.py."""
    held_entries: int = 300
    """Live entries kept per user while his log is read; past that they are read from the log too."""
    check: tuple[float, float] = (25.0, 40.0)
    """The positions of all held users are compared with the inbox at a random interval between these two."""
    tick: float = 1.0
    """How often it is looked whether quiet hours are over: how late what was withheld is released at most."""
    watch: float = 1.0
    """How often the readers' connections are looked at."""
    reopen: tuple[float, float] = (0.1, 10.0)
    """Full-jitter backoff of readers and of inbox reads: first and longest."""
    certificate: float = 2.0
    """How often the files of the certificate are looked at."""
    start: float = 5.0
    """What a new socket waits for the readers of a gateway that has just started."""
