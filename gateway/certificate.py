"""The gateway's TLS certificate: loaded anew when its files change, without a connection being dropped."""

from __future__ import annotations

import asyncio
import ssl
from datetime import datetime
from pathlib import Path

import structlog
from cryptography import x509

from gateway.metrics import CERTIFICATE_EXPIRES, CERTIFICATE_LOADS
from infra.tls import File, load_pair
from schemas.settings import GatewaySettings, SettingsError

logger = structlog.get_logger()

CERT, KEY = "PAVILION_GATEWAY__TLS_CERT_PATH", "PAVILION_GATEWAY__TLS_KEY_PATH"


class Certificate:
    """Handshakes on :attr:`context` get the certificate that was loaded last; open connections keep theirs.

    Each load makes a context of its own, so that a handshake never sees a new certificate with an old key.
    """

    def __init__(self, cert: Path, key: Path) -> None:
        """Raises SettingsError with the name of the setting that is wrong."""
        self._cert, self._key = cert, key
        self._seen = self._stamp()
        self._current, self.expires = self._load()
        self._loaded()
        self.context = _bare_context()
        # A context that listens must have a certificate, but each handshake is given the current one.
        load_pair(self.context, File(CERT, cert), File(KEY, key))
        self.context.sni_callback = self._choose

    def reload(self) -> bool:
        """Load the files if they have changed; whether there is a new certificate. Wrong files change nothing."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            self._current, self.expires = self._load()
        except SettingsError as error:
            CERTIFICATE_LOADS.labels("failed").inc()
            logger.error("the new certificate is not used, the old one stays", error=str(error), expires=self.expires)
            return False
        self._loaded()
        return True

    async def reload_for_ever(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            self.reload()

    def _loaded(self) -> None:
        CERTIFICATE_LOADS.labels("loaded").inc()
        CERTIFICATE_EXPIRES.set(self.expires.timestamp())
        logger.info("certificate loaded", path=str(self._cert), expires=self.expires.isoformat())

    def _choose(self, handshake: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        # Called for clients that name no host, too.
        handshake.context = self._current

    def _load(self) -> tuple[ssl.SSLContext, datetime]:
        context = _bare_context()
        load_pair(context, File(CERT, self._cert), File(KEY, self._key))
        first = x509.load_pem_x509_certificates(self._cert.read_bytes())[0]
        return context, first.not_valid_after_utc

    def _stamp(self) -> tuple[object, ...]:
        """Changes with the files, also where they are links that are turned to others."""
        found: list[object] = []
        for path in (self._cert, self._key):
            try:
                status = path.stat()
                found.append((status.st_ino, status.st_dev, status.st_mtime_ns, status.st_size))
            except OSError:
                found.append(None)
        return tuple(found)


def certificate_of(settings: GatewaySettings) -> Certificate | None:
    """None without the two settings. Raises SettingsError."""
    cert, key = settings.tls_cert_path, settings.tls_key_path
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        given, missing = (KEY, CERT) if cert is None else (CERT, KEY)
        raise SettingsError(f"{missing}: it is needed, since {given} is set")
    return Certificate(cert, key)


def _bare_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
