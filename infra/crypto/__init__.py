"""Encryption at rest: configured keys wrap a data key per user, and data keys encrypt what is stored about the user."""
