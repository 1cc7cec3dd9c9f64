"""Which partition a key belongs to: Pulsar's JavaStringHash, as the Java and Go clients route.

Python's client hashes otherwise, and cannot be told to (an event of one key published by services in two languages
would then be on two partitions), so every producer of ours routes by itself.
"""

from __future__ import annotations


def java_string_hash(key: str) -> int:
    """``String.hashCode() & Integer.MAX_VALUE``: over UTF-16 code units."""
    value = 0
    if key.isascii():
        for unit in key.encode():
            value = (31 * value + unit) & 0xFFFFFFFF
    else:
        encoded = key.encode("utf-16-be", "surrogatepass")
        for high, low in zip(encoded[::2], encoded[1::2], strict=True):
            value = (31 * value + (high << 8 | low)) & 0xFFFFFFFF
    return value & 0x7FFFFFFF


def partition_of(key: str, partitions: int) -> int:
    return java_string_hash(key) % partitions
