"""The keys with which services, support, operators and admins speak to the gateway.

In the embedded mode missing ones are generated once into the data directory, readable by the owner alone. Elsewhere
nothing starts with a default secret.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from schemas.settings import Settings, SettingsError

FILE = "keys.json"
NAMES = ("service_key", "operator_key", "support_key", "admin_key")


def with_keys(settings: Settings, *, generate: bool = False) -> Settings:
    """The settings with the keys that are known; ``generate`` makes those that an embedded process misses.

    Raises SettingsError outside the embedded mode if there is no service key.
    """
    if not settings.broker.embedded:
        if settings.service_key is None:
            raise SettingsError("PAVILION_SERVICE_KEY: set it; outside the embedded mode there is no default")
        return settings
    path = settings.data_dir / FILE
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    names = [name for name in NAMES if getattr(settings, name) is None]
    if generate and any(name not in kept for name in names):
        kept = {**{name: secrets.token_urlsafe(32) for name in names}, **kept}
        _write(path, kept)
    return settings.model_copy(update={name: SecretStr(kept[name]) for name in names if name in kept})


def _write(path: Path, keys: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(keys, file)
    temporary.replace(path)
