from tests.integration.transport.workers import platform

__all__ = ["platform"]
