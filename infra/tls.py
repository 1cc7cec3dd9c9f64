"""TLS towards Pulsar, Redis and Scylla: the files of the settings, checked before anything is connected.

Chain and name of a server are always checked. Every reason names the variable that has to be changed.
"""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import certifi

from infra.dependencies import failure
from schemas.settings import RedisSettings, ScyllaSettings, SettingsError, TlsSettings


class File(NamedTuple):
    """A file, and the variable that names it."""

    variable: str
    path: Path

    def check(self) -> None:
        """Raise SettingsError unless it can be read."""
        try:
            self.path.read_bytes()
        except OSError as error:
            raise SettingsError(f"{self.variable}: {self.path}: {error.strerror}") from None


PULSAR_PORT = 6651
ALERT_SECONDS = 0.3
"""How soon a server says that it misses a client certificate: in TLS 1.3 only after the handshake has ended."""


class ClientTls(NamedTuple):
    """What a client trusts, and with what it says who it is. Make one with :func:`client_tls`, which checks it."""

    context: ssl.SSLContext
    trust: Path | None
    cert: Path | None
    key: Path | None


def client_tls(settings: TlsSettings | RedisSettings | ScyllaSettings) -> ClientTls:
    """Raises SettingsError for a file that cannot be read or is not what it should be, and for half of a pair."""
    if isinstance(settings, TlsSettings):
        prefix, trust, cert, key = "PAVILION_TLS__", settings.trust_path, settings.cert_path, settings.key_path
    else:
        prefix = "PAVILION_REDIS__TLS_" if isinstance(settings, RedisSettings) else "PAVILION_SCYLLA__TLS_"
        trust, cert, key = settings.tls_trust_path, settings.tls_cert_path, settings.tls_key_path
    # Pulsar's client trusts Mozilla's list unless it is told whom to trust, so that the admin API must do the same.
    context = ssl.create_default_context(cafile=certifi.where() if isinstance(settings, TlsSettings) else None)
    if trust is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _trust(context, File(f"{prefix}TRUST_PATH", trust))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if (cert is None) != (key is None):
        given, missing = ("CERT", "KEY") if key is None else ("KEY", "CERT")
        raise SettingsError(f"{prefix}{missing}_PATH: it is needed, since {prefix}{given}_PATH is set")
    if cert is not None and key is not None:
        load_pair(context, File(f"{prefix}CERT_PATH", cert), File(f"{prefix}KEY_PATH", key))
    return ClientTls(context, trust, cert, key)


def load_pair(context: ssl.SSLContext, cert: File, key: File) -> None:
    """Give ``context`` a certificate and its key, PEM; raises SettingsError with the name of what is wrong."""
    for file in (cert, key):
        file.check()
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cert.path)
    except ssl.SSLError:
        raise SettingsError(f"{cert.variable}: {cert.path} holds no certificate in PEM") from None
    try:
        context.load_cert_chain(cert.path, key.path, _no_password)
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise SettingsError(f"{key.variable}: {key.path} is not the key of {cert.path} ({reason})") from None


async def greet_pulsar(url: str, context: ssl.SSLContext, seconds: float) -> None:
    """Raise ConnectionFailed with the reason if the first host of ``url`` that answers and we do not trust each other.

    Pulsar's client would only say that it could not connect. A host that does not answer is its to wait for.
    """
    for name in urlsplit(url).netloc.split(","):
        host, port = urlsplit(f"//{name}").hostname or "", urlsplit(f"//{name}").port or PULSAR_PORT
        try:
            opening = asyncio.open_connection(host, port, ssl=context, ssl_handshake_timeout=seconds)
            reader, writer = await asyncio.wait_for(opening, seconds)
        except ssl.SSLError as error:
            raise failure("pulsar", "connect to pulsar", error, {"host": f"{host}:{port}"}) from error
        except (OSError, TimeoutError):
            continue
        try:
            await asyncio.wait_for(reader.read(1), ALERT_SECONDS)
        except ssl.SSLError as error:
            raise failure("pulsar", "connect to pulsar", error, {"host": f"{host}:{port}"}) from error
        except (OSError, TimeoutError):
            pass
        finally:
            writer.close()
        return


def _trust(context: ssl.SSLContext, file: File) -> None:
    file.check()
    try:
        context.load_verify_locations(file.path)
    except ssl.SSLError:
        raise SettingsError(f"{file.variable}: {file.path} holds no certificate in PEM") from None


def _no_password() -> str:
    # Otherwise OpenSSL would ask for one at the terminal.
    return ""
