"""The limits and intervals of the gateway: constructor values, so that a test can make them short."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Durations are seconds."""

    connect: float = 10.0
    """From the handshake to the ``connect`` frame."""
    ping: float = 25.0
    pong: float = 10.0
    close: float = 5.0
    """What a peer that does not read gets to take the close frame, before its connection is cut."""
    frames_per_second: float = 20.0
    frame_burst: int = 60
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
    start: float = 5.0
    """What a new socket waits for the readers of a gateway that has just started."""
