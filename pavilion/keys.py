"""The keys with which services, support, operators and admins speak to the gateway.

In the embedded mode missing ones are generated once into the data directory, readable by the owner alone, and so is
the key that notifications are encrypted under. Elsewhere nothing starts with a default secret.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

from pydantic import SecretStr, ValidationError

from schemas.settings import ENCRYPTION_KEY_BYTES, EncryptionSettings, Settings, SettingsError

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


def with_encryption_keys(settings: Settings) -> Settings:
    """The settings with the encryption keys of the data directory behind those given; the first is made if none is.

    Outside the embedded mode they are as given. Call it while the directory is held.
    """
    if not settings.broker.embedded:
        return settings
    path = settings.data_dir / FILE
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if "encryption_keys" not in kept and not settings.encryption.keys:
        # A random id: keys of a file that was lost and made anew are told apart.
        key = base64.b64encode(secrets.token_bytes(ENCRYPTION_KEY_BYTES)).decode()
        kept = {**kept, "encryption_keys": f"local-{secrets.token_hex(4)}:{key}"}
        _write(path, kept)
    given = {key.get_secret_value() for key in settings.encryption.keys}
    keys = [*settings.encryption.keys]
    keys += [SecretStr(key) for key in kept.get("encryption_keys", "").split(",") if key and key not in given]
    try:
        return settings.model_copy(update={"encryption": EncryptionSettings(keys=keys)})
    except ValidationError as error:
        message = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise SettingsError(f"PAVILION_ENCRYPTION__KEYS, with encryption_keys of {path}: {message}") from None


def _write(path: Path, keys: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(keys, file)
    temporary.replace(path)
