"""Faust's contract over our logs: topic-partitions, integer offsets, commits, and who owns what."""
