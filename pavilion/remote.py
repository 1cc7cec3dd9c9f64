"""Commands of the embedded mode talk over HTTP to the process that holds the data directory."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from pavilion.keys import with_keys
from schemas.errors import ConnectionFailed, NotificationError
from schemas.settings import GatewaySettings, Settings, SettingsError, WorkerSettings

SECONDS = 30.0


class Remote:
    """The gateway (or the worker's listener) of these settings, called with their keys."""

    def __init__(self, client: httpx.AsyncClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    @classmethod
    @contextlib.asynccontextmanager
    async def gateway(cls, settings: Settings) -> AsyncIterator[Remote]:
        async with cls._at(settings, settings.gateway) as remote:
            yield remote

    @classmethod
    @contextlib.asynccontextmanager
    async def statistics(cls, settings: Settings) -> AsyncIterator[Remote]:
        """Where the engine runs: `pavilion run`, or a worker."""
        async with cls._at(settings, settings.gateway if settings.broker.embedded else settings.worker) as remote:
            yield remote

    @classmethod
    @contextlib.asynccontextmanager
    async def _at(cls, settings: Settings, place: GatewaySettings | WorkerSettings) -> AsyncIterator[Remote]:
        if settings.broker.embedded:
            settings = with_keys(settings)
        local = "127.0.0.1" if place.host == "0.0.0.0" else place.host
        certificate = place.tls_cert_path if isinstance(place, GatewaySettings) else None
        scheme, verify = ("http", False) if certificate is None else ("https", _trust_only(certificate))
        async with httpx.AsyncClient(
            base_url=f"{scheme}://{local}:{place.port}", timeout=SECONDS, trust_env=False, verify=verify
        ) as client:
            yield cls(client, settings)

    async def get(self, path: str, **query: Any) -> Any:
        """With the operator key; raises NotificationError with the problem's detail."""
        return (await self._call("GET", path, self._key("operator_key"), params=query)).json()

    async def post(self, path: str, body: bytes, content_type: str, *, operator: bool = False) -> None:
        key = self._key("operator_key" if operator else "service_key")
        await self._call("POST", path, key, content=body, headers={"content-type": content_type})

    async def ask(self, path: str, body: bytes = b"") -> Any:
        """POST JSON with the operator key, and return the answer."""
        headers = {"content-type": "application/json"}
        return (await self._call("POST", path, self._key("operator_key"), content=body, headers=headers)).json()

    async def delete(self, path: str) -> Any:
        """With the admin key; returns the answer."""
        return (await self._call("DELETE", path, self._key("admin_key"))).json()

    def _key(self, name: str) -> str:
        key: SecretStr | None = getattr(self._settings, name)
        if key is None:
            where = f" (nor {self._settings.data_dir / 'keys.json'})" if self._settings.broker.embedded else ""
            raise NotificationError("connect", f"PAVILION_{name.upper()} is not set{where}")
        return key.get_secret_value()

    async def _call(self, method: str, path: str, key: str, **options: Any) -> httpx.Response:
        headers = {**options.pop("headers", {}), "authorization": f"Bearer {key}"}
        try:
            response = await self._client.request(method, path, headers=headers, **options)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise ConnectionFailed("connect", f"nothing answers at {self._client.base_url}: {reason}") from error
        if not response.is_success:
            try:
                problem = response.json()
                reason = problem.get("detail") or problem.get("title")
            except ValueError:
                reason = response.text[:200]
            raise NotificationError(f"{method} {path}", f"{response.status_code} {reason}")
        return response


def _trust_only(certificate: Path) -> ssl.SSLContext:
    """The gateway's own certificate and no other: it is made out for the name that clients use, not for this host."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(certificate)
    except (ssl.SSLError, OSError) as error:
        raise SettingsError(f"PAVILION_GATEWAY__TLS_CERT_PATH: {certificate}: {error}") from None
    return context
