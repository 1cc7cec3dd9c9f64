"""Recovery by position, and what to do with a live entry: decisions without I/O.

The semantics are those of Centrifugo's stream recovery. Recovery is all or nothing: either every missed entry follows,
in order, or the client is told so and reloads over REST. The tail (the id of the entry at an offset) is compared as
well as the offset, since a store that lost writes in a failover may give an offset twice; the tail proves continuity.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from gateway.withholding import Shown
from infra.stores.ports import Summary
from schemas.records import InboxEntry, Position

MAX_MISSED = 300
"""How many entries are replayed at most; a client further behind reloads."""

MAX_OFFSET = 2**53 - 1
"""The largest integer that JavaScript keeps; no inbox log gets there, so anything above was made up."""


class Recovery(NamedTuple):
    """``entries`` are all that were missed, in order; empty unless ``recovered``. Before they are told, some of them
    may be withheld.
    """

    recovered: bool
    entries: Sequence[Shown] = ()


NOT_RECOVERED = Recovery(False)


def plausible(position: Position) -> bool:
    """Whether the position can be asked of a store at all."""
    return 0 <= position.offset <= MAX_OFFSET


def recover(position: Position | None, top: Summary, entries: Sequence[InboxEntry]) -> Recovery:
    """Decide for a client at ``position``.

    ``top`` and ``entries`` (those after the position, at most ``MAX_MISSED``) were read from the inbox at one moment.
    """
    if position is None:
        return NOT_RECOVERED
    missed = top.position.offset - position.offset
    if not 0 <= missed <= MAX_MISSED or len(entries) < missed:
        return NOT_RECOVERED
    last = position  # of the epoch and with the tail that the first entry names, or else of the top itself
    for entry in entries[:missed]:
        if not follows(last, entry):
            return NOT_RECOVERED
        last = entry.position
    return Recovery(True, entries[:missed]) if last == top.position else NOT_RECOVERED


def follows(last: Position, entry: InboxEntry) -> bool:
    """Whether ``entry`` is the very next after ``last``, of the same history."""
    return entry.position.epoch == last.epoch and entry.position.offset == last.offset + 1 and entry.before == last.tail


def may_reach(position: Position, top: Position) -> bool:
    """Whether entries may lead from one to the other; if they do is seen when they are told."""
    return position == top or (position.epoch == top.epoch and position.offset < top.offset)


class Step(Enum):
    """What a live entry asks for."""

    SEND = "send"
    IGNORE = "ignore"
    READ = "read"
    """Something is missing or does not fit: the inbox's log decides, not the entry."""


def step(last: Position, entry: InboxEntry) -> Step:
    """The next entry is sent, an older one changes nothing, and anything else makes the gateway read the inbox."""
    if follows(last, entry):
        return Step.SEND
    if entry.position.epoch != last.epoch or entry.position.offset > last.offset:
        return Step.READ
    if entry.position.offset == last.offset and entry.position.tail != last.tail:
        return Step.READ
    return Step.IGNORE


class Merged(NamedTuple):
    """``entries`` to send in order; ``complete`` is False if the inbox must be read again after them."""

    entries: list[InboxEntry]
    complete: bool


def merge(last: Position, held: Iterable[InboxEntry]) -> Merged:
    """Merge by offset what arrived live while the log was read, for a client that the log has brought to ``last``."""
    entries: list[InboxEntry] = []
    for entry in sorted(held, key=lambda entry: entry.position.offset):
        what = step(last, entry)
        if what is Step.READ:
            return Merged(entries, complete=False)
        if what is Step.SEND:
            entries.append(entry)
            last = entry.position
    return Merged(entries, complete=True)
