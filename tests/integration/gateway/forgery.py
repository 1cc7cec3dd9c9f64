"""Access tokens put together by hand, so that nothing in a library keeps a test from making a wrong one."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from tests.integration.gateway.harness import Running

Sign = Callable[[bytes], bytes]


def text(part: bytes | dict[str, Any]) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token(header: dict[str, Any], claims: dict[str, Any], sign: Sign) -> str:
    signed = f"{text(header)}.{text(claims)}"
    return f"{signed}.{text(sign(signed.encode()))}"


class Forger:
    """Has the gateway's own signing key, and says what it likes with it; knows how a good token looks."""

    def __init__(self, server: Running, user: str, session: str) -> None:
        self.kid, key = server.gateway.tokens.keys.current()
        private = key.private_key
        assert isinstance(private, Ed25519PrivateKey)
        self.sign: Sign = private.sign
        self.public = private.public_key().public_bytes_raw()
        self.header = {"alg": "EdDSA", "typ": "JWT", "kid": self.kid}
        now = int(time.time())
        self.claims = {"iss": "pavilion", "aud": "pavilion-gateway", "sub": user, "sid": session, "typ": "access"}
        self.claims |= {"iat": now - 5, "exp": now + 300}  # type: ignore[dict-item]

    def made(self, header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> str:
        """Signed by the right key; a value of None leaves the name out."""
        return token(_with(self.header, header), _with(self.claims, claims), self.sign)

    def wrong(self, other_user: str) -> dict[str, str]:
        """Tokens that no gateway may accept, by what is wrong with them."""
        now = int(time.time())
        rsa = generate_private_key(65537, 2048)
        own = Ed25519PrivateKey.generate()
        own_jwk = {"kty": "OKP", "crv": "Ed25519", "x": text(own.public_key().public_bytes_raw())}
        good = self.made()
        header, claims, signature = good.split(".")

        def by(sign: Sign, **changes: Any) -> str:
            return token({**self.header, **changes}, self.claims, sign)

        found = {
            "typ refresh": self.made(claims={"typ": "refresh"}),
            "no typ": self.made(claims={"typ": None}),
            "another audience": self.made(claims={"aud": "another"}),
            "no audience": self.made(claims={"aud": None}),
            "another issuer": self.made(claims={"iss": "https://issuer.example"}),
            "no issuer": self.made(claims={"iss": None}),
            "no end": self.made(claims={"exp": None}),
            "no session": self.made(claims={"sid": None}),
            "session is no id": self.made(claims={"sid": "*"}),
            "user is no id": self.made(claims={"sub": "admin"}),
            "not yet valid": self.made(claims={"nbf": now + 3600}),
            "issued in the future": self.made(claims={"iat": now + 3600, "exp": now + 7200}),
            "end that is no number": self.made(claims={"exp": "never"}),
            "end beyond all time": self.made(claims={"exp": 10**40}),
            "no kid": self.made({"kid": None}),
            "unknown kid": self.made({"kid": "unknown"}),
            "kid as a path": self.made({"kid": "../../../dev/null"}),
            "kid as our own URL": self.made({"kid": "/.well-known/jwks.json"}),
            "kid as SQL": self.made({"kid": "' OR 1=1 --"}),
            "kid as a list": self.made({"kid": [self.kid]}),
            "kid in capitals": self.made({"kid": self.kid.upper() + "x"}),
            "alg Ed25519": self.made({"alg": "Ed25519"}),
            "no alg": self.made({"alg": None}),
            "critical": self.made({"crit": ["exp"]}),
            "alg none": by(lambda _: b"", alg="none"),
            "alg None": by(lambda _: b"", alg="None"),
            "HS256 with the public key": by(lambda data: hmac.digest(self.public, data, "sha256"), alg="HS256"),
            "HS256 with the kid": by(lambda data: hmac.digest(self.kid.encode(), data, "sha256"), alg="HS256"),
            "RS256": by(lambda data: rsa.sign(data, PKCS1v15(), SHA256()), alg="RS256"),
            "own key": by(own.sign),
            "own key in the header": by(own.sign, jwk=own_jwk),
            "own key at a URL": by(own.sign, jku="https://evil.example/keys"),
            "no signature": f"{header}.{claims}.",
            "two parts": f"{header}.{claims}",
            "five parts": f"{good}.x.y",
            "tampered": f"{header}.{text({**self.claims, 'sub': other_user})}.{signature}",
            "tampered header": f"{text({**self.header, 'typ': 'x'})}.{claims}.{signature}",
            "signature of zeros": f"{header}.{claims}.{text(bytes(64))}",
            "nothing": "x",
        }
        assert good not in found.values()
        return found


def _with(given: dict[str, Any], changes: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in {**given, **(changes or {})}.items() if value is not None}
