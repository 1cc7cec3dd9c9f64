"""Pulsar, Redis and Cassandra that speak TLS and ask for a client certificate, with certificates made for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from infra.local import Cassandra, Pulsar, Redis
from infra.local.processes import accepts, free_ports
from infra.local.pulsar import overridden

ADDRESS = "127.0.0.1"
PASSWORD = b"of the test alone"


@dataclass
class Pair:
    cert: Path
    key: Path


class Certificates:
    """An authority, what it issued to servers (for 127.0.0.1 alone) and to clients, and a client's of another one."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self._directory = directory
        own, other = (trustme.CA(key_type=trustme.KeyType.RSA) for _ in range(2))
        self.trust, self.other_trust = self._authority("trust", own), self._authority("other-trust", other)
        self.server = self._issue("server", own)
        self.client = self._issue("client", own)
        self.stranger = self._issue("stranger", other)
        self.keystore, self.truststore = directory / "server.p12", directory / "trust.p12"
        certificate = x509.load_pem_x509_certificate(self.server.cert.read_bytes())
        encryption = BestAvailableEncryption(PASSWORD)
        key: Any = load_pem_private_key(self.server.key.read_bytes(), None)
        self.keystore.write_bytes(pkcs12.serialize_key_and_certificates(b"server", key, certificate, None, encryption))
        trusted = x509.load_pem_x509_certificate(self.trust.read_bytes())
        entry = pkcs12.PKCS12Certificate(trusted, b"authority")
        self.truststore.write_bytes(pkcs12.serialize_java_truststore([entry], encryption))

    def _authority(self, name: str, authority: trustme.CA) -> Path:
        path = self._directory / f"{name}.pem"
        authority.cert_pem.write_to_path(path)
        return path

    def _issue(self, name: str, authority: trustme.CA) -> Pair:
        issued = authority.issue_cert(ADDRESS, key_type=trustme.KeyType.RSA)
        pair = Pair(self._directory / f"{name}.pem", self._directory / f"{name}.key")
        issued.cert_chain_pems[0].write_to_path(pair.cert)
        key = load_pem_private_key(issued.private_key_pem.bytes(), None)
        # Java reads no other form.
        pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return pair


class SecurePulsar(Pulsar):
    def __init__(self, directory: Path, certificates: Certificates) -> None:
        super().__init__(directory)
        self._certificates = certificates
        self.tls_port, self.tls_admin_port = free_ports(2)

    def _configuration(self) -> Path:
        path = super()._configuration()
        settings = {
            "brokerServicePortTls": str(self.tls_port),
            "webServicePortTls": str(self.tls_admin_port),
            "tlsCertificateFilePath": str(self._certificates.server.cert),
            "tlsKeyFilePath": str(self._certificates.server.key),
            "tlsTrustCertsFilePath": str(self._certificates.trust),
            "tlsRequireTrustedClientCertOnConnect": "true",
        }
        path.write_text(overridden(path.read_text(), settings))
        return path


class SecureCassandra(Cassandra):
    def __init__(self, directory: Path, certificates: Certificates) -> None:
        super().__init__(directory)
        self._certificates = certificates

    def _configuration(self, data: Path) -> dict[str, Any]:
        return super()._configuration(data) | {
            "client_encryption_options": {
                "enabled": True,
                "optional": False,
                "require_client_auth": True,
                "store_type": "PKCS12",
                "keystore": str(self._certificates.keystore),
                "keystore_password": PASSWORD.decode(),
                "truststore": str(self._certificates.truststore),
                "truststore_password": PASSWORD.decode(),
            }
        }


@dataclass
class SecureRedis:
    """One server that is the master of a Sentinel, and one that is a cluster of one, without a port in clear."""

    directory: Path
    certificates: Certificates
    services: list[Redis] = field(default_factory=list)

    def start(self) -> None:
        self.single = self._server("single", {})
        self.cluster = self._server("cluster", {"cluster-enabled": "yes", "tls-cluster": "yes"})
        self.sentinel = self._server("sentinel", {}, sentinel_of=self.single.port)
        for service in (self.single, self.cluster, self.sentinel):
            service.start()
            self.services.append(service)

    def stop(self) -> None:
        for service in self.services:
            service.stop()

    def _server(self, name: str, options: dict[str, str], sentinel_of: int | None = None) -> Redis:
        return _Server(self.directory / name, self.certificates, options, sentinel_of)


class _Server(Redis):
    def __init__(
        self, directory: Path, certificates: Certificates, options: dict[str, str], sentinel_of: int | None
    ) -> None:
        super().__init__(directory)
        self._certificates = certificates
        self._options = options
        self._sentinel_of = sentinel_of

    def command(self) -> list[str]:
        executable, configuration, *rest = super().command()
        options = {
            "tls-cert-file": str(self._certificates.server.cert),
            "tls-key-file": str(self._certificates.server.key),
            "tls-ca-cert-file": str(self._certificates.trust),
            "tls-auth-clients": "yes",
            "tls-replication": "yes",
            "port": "0",
            "tls-port": str(self.port),
            **self._options,
        }
        if self._sentinel_of is not None:
            path = self.directory / "sentinel.conf"
            lines = [f"{name} {value}" for name, value in options.items()]
            path.write_text("\n".join([*lines, f"sentinel monitor inbox {ADDRESS} {self._sentinel_of} 1"]) + "\n")
            return [executable, str(path), "--sentinel", "--bind", ADDRESS]
        words = (word for key, value in options.items() for word in (f"--{key}", value))
        return [executable, configuration, *rest, *words]

    def ready(self) -> bool:
        return accepts(self.port)
