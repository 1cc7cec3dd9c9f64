"""Settings of tokens and outside issuers: what is wrong stops the start with one line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr

from schemas.settings import SettingsError, load_settings

GOOD: dict[str, Any] = {"issuer": "https://i.example", "jwks_url": "https://i.example/keys", "audience": "us"}
VARIABLE = "PAVILION_TOKENS__ISSUERS"


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({"jwks_url": "http://i.example/keys"}, "jwks_url of entry 0: neither an https URL nor an http one of this"),
        ({"jwks_url": "http://127.0.0.1.example/keys"}, "jwks_url of entry 0: neither"),
        ({"jwks_url": "https://user@i.example/keys"}, "jwks_url of entry 0: neither"),
        ({"jwks_url": "file:///etc/keys"}, "jwks_url of entry 0: neither"),
        ({"jwks_url": "https://["}, "jwks_url of entry 0: neither"),
        ({"algorithms": ["HS256"]}, "algorithms.0 of entry 0: "),
        ({"algorithms": ["none"]}, "algorithms.0 of entry 0: "),
        ({"algorithms": []}, "algorithms of entry 0: "),
        ({"audience": ""}, "audience of entry 0: "),
        ({"user_claim": ""}, "user_claim of entry 0: "),
        ({"max_age": "ten"}, "max_age of entry 0: "),
        ({"issuer": "pavilion"}, "the issuer 'pavilion' is there twice, or is our own"),
        ({"secret": "x"}, "secret of entry 0: "),
    ],
    ids=str,
)
def test_what_is_wrong_with_an_issuer(entry: dict[str, Any], line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, json.dumps([{**GOOD, **entry}]))
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value).startswith(f"{VARIABLE}: {line}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("value", ["", "x", "{}", "[5]", "[{}]", json.dumps([GOOD, GOOD])])
def test_what_is_no_list_of_issuers(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(SettingsError, match=rf"^{VARIABLE}: .+$"):
        load_settings()


def test_several_issuers_and_one_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for host in ("127.0.0.1:8080", "localhost", "[::1]:80"):
        local = {"issuer": "local", "jwks_url": f"http://{host}/keys", "audience": "us", "algorithms": ["ES256"]}
        monkeypatch.setenv(VARIABLE, json.dumps([GOOD, local]))
        assert [one.issuer for one in load_settings().tokens.issuers] == ["https://i.example", "local"]


def test_keys_turn_no_faster_than_tokens_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAVILION_TOKENS__ROTATION", "59m")
    with pytest.raises(SettingsError, match=r"^PAVILION_TOKENS__ROTATION: shorter than 1h"):
        load_settings()


@pytest.mark.guarantee("G9")
@pytest.mark.parametrize("name", ["service_key", "previous_service_key", "operator_key", "support_key", "admin_key"])
def test_an_empty_key_is_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"PAVILION_{name.upper()}", "")
    assert getattr(load_settings(), name) is None
    assert getattr(load_settings(**{name: SecretStr("")}), name) is None
