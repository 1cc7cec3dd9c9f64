"""The public keys of an outside issuer, fetched in the background: no request ever waits long for them.

What was fetched last stays good for as long as the issuer cannot be reached, or answers something that is no key set.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from gateway.backoff import Backoff
from gateway.metrics import ISSUER_KEYS_AT, ISSUER_REFRESHES
from schemas.errors import ConnectionFailed

logger = structlog.get_logger()

PublicKey = OKPKey | ECKey | RSAKey
Fetch = Callable[[str], Awaitable[tuple[bytes, Mapping[str, str]]]]
"""The body and the headers (names in lower case) of a URL; raises ConnectionFailed."""

MAX_BYTES = 256 * 1024
MAX_KEYS = 100
MIN_RSA_BITS = 2048
SECONDS = 10.0
"""For a fetch as a whole."""

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=([0-9]{1,9})(?:$|[\s,;])")


@dataclass(frozen=True, slots=True)
class Pace:
    """Durations are seconds."""

    lifetime: tuple[float, float] = (60.0, 24 * 3600.0)
    """What an answer's ``max-age`` is cut to."""
    default: float = 3600.0
    """How long an answer is good that does not say."""
    early: float = 0.8
    """The part of it after which the next is fetched."""
    retry: tuple[float, float] = (1.0, 60.0)
    """Full-jitter backoff while the issuer is away: first and longest."""
    unknown: float = 60.0
    """A key that is not among the fetched ones makes them be fetched again, at most once in so long."""
    wait: float = 2.0
    """What one request waits for keys that are being fetched."""


class RemoteKeys:
    """Keys by their id; :meth:`run` keeps them fresh for as long as it runs."""

    def __init__(
        self,
        url: str,
        algorithms: Sequence[str],
        fetch: Fetch,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._algorithms = algorithms
        self._fetch = fetch
        self._pace = pace or Pace()
        self._clock = clock
        self._keys: dict[str, PublicKey] = {}
        self._fetched = False
        self._due = asyncio.Event()
        self._settled = asyncio.Event()
        self._asked = -self._pace.unknown
        self._failing = False

    async def find(self, kid: str) -> PublicKey | None:
        """The key of that id; waits a little for one that is not known. Raises ConnectionFailed before the first fetch.

        An unknown id makes the keys be fetched again, at most once a minute, whoever asks with however many.
        """
        if kid not in self._keys:
            now = self._clock()
            if self._fetched and self._settled.is_set() and now - self._asked >= self._pace.unknown:
                self._asked = now
                self._settled.clear()
                self._due.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), self._pace.wait)
            if not self._fetched:
                raise ConnectionFailed("read token", f"the keys of {self._url} have never been there")
        return self._keys.get(kid)

    async def run(self) -> None:
        """Until it is cancelled."""
        backoff = Backoff(*self._pace.retry)
        while True:
            try:
                async with asyncio.timeout(SECONDS):
                    body, headers = await self._fetch(self._url)
                self._keys = usable_keys(body, self._algorithms)
            except (ConnectionFailed, TimeoutError, ValueError) as error:
                pause = backoff.next()
                self._report(error)
            except Exception as error:
                pause = backoff.next()
                logger.exception("fetching the keys of an issuer failed", url=self._url)
                self._report(error)
            else:
                self._fetched = True
                backoff.reset()
                pause = self._pace.early * lifetime(headers.get("cache-control", ""), self._pace)
                self._report(None)
            # A failed fetch settles it as well: those who wait go on with the keys that there are.
            self._settled.set()
            self._due.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), pause)

    def _report(self, error: BaseException | None) -> None:
        ISSUER_REFRESHES.labels(self._url, "ok" if error is None else "failed").inc()
        if error is None:
            ISSUER_KEYS_AT.labels(self._url).set_to_current_time()
        if (error is not None) != self._failing:
            self._failing = error is not None
            if error is None:
                logger.info("the keys of the issuer can be fetched again", url=self._url)
            else:
                reason = str(error) or type(error).__name__
                logger.warning(
                    "the keys of an issuer cannot be fetched, the last ones stay", url=self._url, error=reason
                )


def usable_keys(body: bytes, algorithms: Sequence[str]) -> dict[str, PublicKey]:
    """The keys of a JWK set (RFC 7517) by id, of those that may sign with one of ``algorithms``.

    Raises ValueError for what is no key set, and for one without such a key: it would lock everybody out.
    """
    try:
        listed = msgspec.json.decode(body, type=dict[str, Any]).get("keys")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"the answer is not JSON: {error}") from error
    if not isinstance(listed, list):
        raise ValueError("the answer is not a key set")
    found: dict[str, PublicKey] = {}
    for one in listed[:MAX_KEYS]:
        key = _usable(one, algorithms)
        if key is not None:
            found[one["kid"]] = key
    if not found:
        raise ValueError("the key set has no key that could be used")
    return found


def _usable(jwk: Any, algorithms: Sequence[str]) -> PublicKey | None:
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str):
        return None
    if jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]):
        return None
    if "alg" in jwk and jwk["alg"] not in algorithms:
        return None
    try:
        match jwk.get("kty"), jwk.get("crv"):
            case "OKP", "Ed25519":
                return OKPKey.import_key({name: jwk[name] for name in ("kty", "crv", "x")})
            case "EC", "P-256" | "P-384" | "P-521":
                return ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
            case "RSA", _:
                modulus = base64.urlsafe_b64decode(jwk["n"] + "=" * (-len(jwk["n"]) % 4))
                if int.from_bytes(modulus).bit_length() < MIN_RSA_BITS:
                    return None
                return RSAKey.import_key({name: jwk[name] for name in ("kty", "n", "e")})
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None


def lifetime(cache_control: str, pace: Pace) -> float:
    """How many seconds an answer with that header is good."""
    match = _MAX_AGE.search(cache_control.lower())
    shortest, longest = pace.lifetime
    return min(longest, max(shortest, float(match[1]))) if match else pace.default


def http_fetch(client: httpx.AsyncClient) -> Fetch:
    """Fetches with ``client``, which must not follow redirects: where the keys are is a setting."""

    async def fetch(url: str) -> tuple[bytes, Mapping[str, str]]:
        body = bytearray()
        try:
            # Not compressed: a few bytes could become many before they are counted.
            headers = {"accept": "application/json", "accept-encoding": "identity"}
            async with client.stream("GET", url, headers=headers) as response:
                if response.status_code != 200:
                    raise ConnectionFailed("fetch keys", f"{url} answers {response.status_code}")
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) > MAX_BYTES:
                        raise ConnectionFailed("fetch keys", f"{url} answers more than {MAX_BYTES} bytes")
                return bytes(body), response.headers
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ConnectionFailed("fetch keys", str(error) or type(error).__name__) from error

    return fetch
