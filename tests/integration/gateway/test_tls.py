"""HTTPS and WSS, and a certificate that is renewed while sockets are open."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from cryptography import x509
from websockets.asyncio.client import connect

from gateway.certificate import Certificate
from gateway.limits import Limits
from pavilion.remote import Remote
from schemas.errors import NotificationError
from schemas.settings import GatewaySettings, Settings, SettingsError
from tests.integration.gateway.harness import SERVICE, Client, Platform, Running, running
from tests.integration.gateway.raw import tcp

NAME = "gateway.example.com"


class Files:
    """A certificate and its key, which are replaced as a whole, as tools that renew them do."""

    def __init__(self, directory: Path, authority: trustme.CA) -> None:
        self.cert, self.key = directory / "cert.pem", directory / "key.pem"
        self._authority = authority
        self.renew()

    def renew(self, *names: str) -> int:
        """The serial number of the new certificate."""
        issued = self._authority.issue_cert(*(names or (NAME, "127.0.0.1")))
        self.write(b"".join(blob.bytes() for blob in issued.cert_chain_pems), issued.private_key_pem.bytes())
        return x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes()).serial_number

    def write(self, cert: bytes, key: bytes) -> None:
        for path, content in ((self.cert, cert), (self.key, key)):
            fresh = path.with_suffix(".new")
            fresh.write_bytes(content)
            fresh.replace(path)


@dataclass
class Secure:
    server: Running
    files: Files
    trust: ssl.SSLContext
    http: httpx.AsyncClient

    def open(self, **options: Any) -> connect:
        url = f"wss://127.0.0.1:{self.server.port}/v1/stream"
        return connect(url, compression=None, ssl=self.trust, **options)

    async def serial(self, *, name: str | None = None) -> int:
        """Of the certificate in a new handshake, with or without the name of a host in it."""
        options = {"server_hostname": name} if name else {}
        _, writer = await asyncio.open_connection("127.0.0.1", self.server.port, ssl=self.trust, **options)
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.transport.abort()
        return x509.load_der_x509_certificate(der).serial_number

    async def metric(self, name: str) -> float:
        lines = (await self.http.get("/metrics")).text.splitlines()
        [line] = [line for line in lines if line.startswith(f"{name} ")]
        return float(line.rpartition(" ")[2])


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def files(tmp_path: Path, authority: trustme.CA) -> Files:
    return Files(tmp_path, authority)


@asynccontextmanager
async def secured(platform: Platform, files: Files, authority: trustme.CA) -> AsyncIterator[Secure]:
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    gateway = GatewaySettings(port=0, drain="300ms", tls_cert_path=files.cert, tls_key_path=files.key)
    limits = Limits(check=(60.0, 60.0), certificate=0.05, head=0.5, close=0.5)
    async with (
        running(platform, limits, settings={"gateway": gateway}) as server,
        httpx.AsyncClient(base_url=f"https://127.0.0.1:{server.port}", verify=trust, trust_env=False) as http,
    ):
        yield Secure(server, files, trust, http)


async def test_https_and_wss(platform: Platform, files: Files, authority: trustme.CA, user: str) -> None:
    async with secured(platform, files, authority) as secure:
        opened = await secure.http.post("/v1/sessions", json={"user_id": user}, headers=SERVICE)
        assert opened.status_code == 201
        async with secure.open() as socket:
            client = Client(socket)
            await client.send(type="connect", token=opened.json()["access_token"])
            assert (await client.next())["type"] == "connected"
            [added] = await platform.deliver(user)
            assert (await client.next())["position"]["offset"] == added.position.offset
            secure.server.stop.set()
            assert (await client.next())["type"] == "reconnect"
            assert await client.closed() == 1012


async def test_a_renewed_certificate_is_used_and_open_sockets_stay(
    platform: Platform, files: Files, authority: trustme.CA, user: str
) -> None:
    async with secured(platform, files, authority) as secure:
        token = (await secure.http.post("/v1/sessions", json={"user_id": user}, headers=SERVICE)).json()["access_token"]
        async with secure.open() as socket:
            client = Client(socket)
            await client.send(type="connect", token=token)
            await client.next()
            before = await secure.serial()
            renewed = files.renew()
            assert renewed != before
            await _until(lambda: secure.serial(), renewed)
            assert await secure.serial(name=NAME) == renewed
            [added] = await platform.deliver(user)
            assert (await client.next())["position"]["offset"] == added.position.offset
            expires = x509.load_pem_x509_certificate(files.cert.read_bytes()).not_valid_after_utc.timestamp()
            assert await secure.metric("pavilion_gateway_certificate_expires_timestamp_seconds") == expires


@pytest.mark.parametrize("broken", ["no-certificate", "another-key", "half", "gone"])
async def test_files_that_are_wrong_keep_the_old_certificate(
    platform: Platform, files: Files, authority: trustme.CA, broken: str
) -> None:
    failed = 'pavilion_gateway_certificate_loads_total{result="failed"}'
    async with secured(platform, files, authority) as secure:
        before = await secure.serial()
        cert, key = files.cert.read_bytes(), files.key.read_bytes()
        count = (await secure.http.get("/metrics")).text.count(failed)
        failures = await secure.metric(failed) if count else 0.0
        match broken:
            case "no-certificate":
                files.write(b"nonsense", key)
            case "another-key":
                files.write(cert, authority.issue_cert("x").private_key_pem.bytes())
            case "half":
                files.write(cert[: len(cert) // 3], key)
            case "gone":
                files.key.unlink()
        await asyncio.sleep(0.3)
        assert await secure.metric(failed) > failures
        assert await secure.serial() == before
        renewed = files.renew()  # and when they are right again, they are used
        await _until(lambda: secure.serial(), renewed)


async def _until(ask: Any, expected: int) -> None:
    async with asyncio.timeout(5):
        while await ask() != expected:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_versions_of_tls_are_refused(
    platform: Platform, files: Files, authority: trustme.CA, version: ssl.TLSVersion
) -> None:
    async with secured(platform, files, authority) as secure:
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authority.configure_trust(old)
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = version
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", secure.server.port, ssl=old)
        for good in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            secure.trust.minimum_version = secure.trust.maximum_version = good
            await secure.serial()


async def test_whoever_begins_no_handshake_is_cut(platform: Platform, files: Files, authority: trustme.CA) -> None:
    async with (
        secured(platform, files, authority) as secure,
        tcp(secure.server.port) as silent,
        tcp(secure.server.port) as plain,
    ):
        await plain.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await secure.http.get("/healthz")).status_code == 200
        assert b"200 OK" not in await plain.rest()
        await silent.rest()


# -- at the start


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"tls_key_path": None}, "PAVILION_GATEWAY__TLS_KEY_PATH: it is needed, since "),
        ({"tls_cert_path": None}, "PAVILION_GATEWAY__TLS_CERT_PATH: it is needed, since "),
        ({"tls_cert_path": "/nowhere/cert.pem"}, "PAVILION_GATEWAY__TLS_CERT_PATH: /nowhere/cert.pem: No such file"),
        ({"tls_key_path": "/nowhere/key.pem"}, "PAVILION_GATEWAY__TLS_KEY_PATH: /nowhere/key.pem: No such file"),
        ({"tls_cert_path": __file__}, f"PAVILION_GATEWAY__TLS_CERT_PATH: {__file__} holds no certificate in PEM"),
        ({"tls_key_path": __file__}, f"PAVILION_GATEWAY__TLS_KEY_PATH: {__file__} is not the key of"),
    ],
)
async def test_a_wrong_file_stops_the_start(
    platform: Platform, files: Files, settings: dict[str, Any], line: str
) -> None:
    files_given = {"tls_cert_path": files.cert, "tls_key_path": files.key}
    given = GatewaySettings.model_validate({"port": 0, **files_given, **settings})
    with pytest.raises(SettingsError) as caught:
        async with running(platform, settings={"gateway": given}):
            pass
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


async def test_links_that_are_turned_are_a_change(tmp_path: Path, authority: trustme.CA) -> None:
    """As Kubernetes does with a mounted secret."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        Files(tmp_path / name, authority)
    current = tmp_path / "current"
    current.symlink_to("first")
    certificate = Certificate(current / "cert.pem", current / "key.pem")
    assert not certificate.reload()
    turned = tmp_path / "turned"
    turned.symlink_to("second")
    turned.replace(current)
    assert certificate.reload()
    assert not certificate.reload()


async def test_commands_reach_a_process_with_tls(platform: Platform, files: Files, authority: trustme.CA) -> None:
    """They trust its own certificate, whoever signed it and for whatever name, and no other."""
    files.renew("only-this-name.example.com")
    async with secured(platform, files, authority) as secure:
        gateway = secure.server.gateway.settings.gateway.model_copy(update={"port": secure.server.port})
        settings: Settings = secure.server.gateway.settings.model_copy(update={"gateway": gateway})
        async with Remote.statistics(settings) as remote:
            assert "gateway" in await remote.get("/stats/streams")
        other = Files(files.cert.parent / "..", authority)
        gateway = gateway.model_copy(update={"tls_cert_path": other.cert})
        async with Remote.statistics(settings.model_copy(update={"gateway": gateway})) as remote:
            with pytest.raises(NotificationError, match="CERTIFICATE_VERIFY_FAILED"):
                await remote.get("/stats/streams")
