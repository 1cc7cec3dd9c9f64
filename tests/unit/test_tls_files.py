"""The files with which a client speaks TLS: what is wrong with them is told by the variable that names them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trustme

from infra.tls import client_tls
from schemas.settings import RedisSettings, ScyllaSettings, SettingsError, TlsSettings

SECTIONS = {
    "PAVILION_TLS__": lambda **paths: TlsSettings(**paths),
    "PAVILION_REDIS__TLS_": lambda **paths: RedisSettings(**{f"tls_{name}": path for name, path in paths.items()}),
    "PAVILION_SCYLLA__TLS_": lambda **paths: ScyllaSettings(**{f"tls_{name}": path for name, path in paths.items()}),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    found = {name: directory / name for name in ("trust", "cert", "key", "other-key", "text", "missing")}
    issued, other = authority.issue_cert("one"), authority.issue_cert("other")
    authority.cert_pem.write_to_path(found["trust"])
    issued.cert_chain_pems[0].write_to_path(found["cert"])
    issued.private_key_pem.write_to_path(found["key"])
    other.private_key_pem.write_to_path(found["other-key"])
    found["text"].write_text("no certificate")
    return found


@pytest.mark.parametrize("prefix", SECTIONS)
@pytest.mark.parametrize(
    ("given", "variable", "reason"),
    [
        ({"trust_path": "missing"}, "TRUST_PATH", "No such file"),
        ({"trust_path": "text"}, "TRUST_PATH", "holds no certificate in PEM"),
        ({"cert_path": "missing", "key_path": "key"}, "CERT_PATH", "No such file"),
        ({"cert_path": "cert", "key_path": "missing"}, "KEY_PATH", "No such file"),
        ({"cert_path": "text", "key_path": "key"}, "CERT_PATH", "holds no certificate in PEM"),
        ({"cert_path": "cert", "key_path": "other-key"}, "KEY_PATH", "is not the key of"),
        ({"cert_path": "cert"}, "KEY_PATH", "it is needed, since"),
        ({"key_path": "key"}, "CERT_PATH", "it is needed, since"),
    ],
)
def test_what_is_wrong_is_told_by_its_variable(
    files: dict[str, Path], prefix: str, given: dict[str, str], variable: str, reason: str
) -> None:
    settings: Any = SECTIONS[prefix](**{name: files[file] for name, file in given.items()})
    with pytest.raises(SettingsError, match=reason) as refused:
        client_tls(settings)
    assert str(refused.value).startswith(f"{prefix}{variable}: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("prefix", SECTIONS)
def test_names_and_chains_are_always_checked(files: dict[str, Path], prefix: str) -> None:
    given = {"trust_path": files["trust"], "cert_path": files["cert"], "key_path": files["key"]}
    for paths in ({}, given):
        context = client_tls(SECTIONS[prefix](**paths)).context
        assert context.check_hostname
        assert context.verify_mode.name == "CERT_REQUIRED"
