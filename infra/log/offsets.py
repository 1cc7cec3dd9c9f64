"""Pulsar's message ids as one integer, and integers as text.

``ledger << 64 | entry << 24 | batch_index + 2``: never 0 (Faust takes 0 for none), in the order of the partition. As
text an offset has a fixed width, so that texts compare as the numbers do: as numbers they would lose precision in Lua
and JavaScript.
"""

from __future__ import annotations

OFFSET_DIGITS = 32


def encode_offset(ledger: int, entry: int, batch_index: int) -> int:
    """``batch_index`` is -1 for a message that was not batched."""
    return ledger << 64 | entry << 24 | (batch_index + 2)


def decode_offset(offset: int) -> tuple[int, int, int]:
    """Ledger, entry and batch index."""
    return offset >> 64, (offset >> 24) & 0xFFFFFFFFFF, (offset & 0xFFFFFF) - 2


def format_offset(offset: int) -> str:
    return f"{offset:0{OFFSET_DIGITS}x}"


def parse_offset(text: str) -> int:
    return int(text, 16)
