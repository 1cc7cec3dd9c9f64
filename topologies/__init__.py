"""The declared agents: every module of this package. Importing the package declares all of them on ``app``."""

from schemas.discovery import modules_of
from topologies.base import app

__all__ = ["app"]

modules_of(__name__, __path__)
