"""What an error of a dependency means for the call that met it: one table for Redis, CQL and Pulsar.

*transient*: the dependency cannot serve this now, and may later; so is a refused login, which an operator can mend and
which concerns every call. *overload*: it could, if less were asked of it. *permanent*: this call will not pass as it
is, whoever waits, while others may.
"""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

import cassandra
import pulsar.asyncio as pulsar_asyncio
from cassandra import cluster, connection, pool, protocol
from pulsar import Result
from redis import exceptions as redis

from schemas.errors import ConnectionFailed, Dependency, NotificationError

Kind = Literal["transient", "permanent", "overload"]

MIGRATE = "run `pavilion migrate`"
REDIS_LOGIN = "check PAVILION_REDIS__USERNAME and PAVILION_REDIS__PASSWORD"
SCYLLA_LOGIN = "check PAVILION_SCYLLA__USERNAME and PAVILION_SCYLLA__PASSWORD"
TLS = {"redis": "PAVILION_REDIS__TLS_", "scylla": "PAVILION_SCYLLA__TLS_", "pulsar": "PAVILION_TLS__"}
BROKER_LOGIN = "check PAVILION_BROKER__TOKEN and PAVILION_TLS__…"


class Row(NamedTuple):
    """``error`` is a type, or a result of Pulsar's client; ``text`` is a pattern that its message must contain."""

    dependency: Dependency
    error: type[BaseException] | Result
    kind: Kind
    text: str = ""
    hint: str = ""

    def fits(self, error: BaseException) -> bool:
        if isinstance(self.error, Result):
            return isinstance(error, pulsar_asyncio.PulsarException) and error.error() == self.error
        return isinstance(error, self.error) and re.search(self.text, str(error)) is not None


def _code(word: str) -> str:
    """A reply that begins with an error code, or (Redis 6) tells of one that a script met."""
    return rf"(^|[-\s]){word}\b"


ROWS: tuple[Row, ...] = (
    # -- Redis
    Row("redis", redis.AuthenticationError, "transient", hint=REDIS_LOGIN),
    Row("redis", redis.ExternalAuthProviderError, "transient", hint=REDIS_LOGIN),
    Row("redis", redis.AuthenticationWrongNumberOfArgsError, "transient", hint=REDIS_LOGIN),
    Row("redis", redis.AuthorizationError, "permanent", hint="the Redis user lacks a right"),
    Row("redis", redis.NoPermissionError, "permanent", hint="the Redis user lacks a right"),
    Row("redis", redis.MaxConnectionsError, "overload"),
    Row("redis", redis.ConnectionError, "overload", "max number of clients reached"),
    Row("redis", redis.BusyLoadingError, "transient"),
    Row("redis", redis.ConnectionError, "transient"),
    Row("redis", redis.TimeoutError, "transient"),
    Row("redis", redis.InvalidResponse, "transient"),
    Row("redis", redis.OutOfMemoryError, "overload"),
    Row("redis", redis.ReadOnlyError, "transient"),
    Row("redis", redis.MasterDownError, "transient"),
    Row("redis", redis.ClusterDownError, "transient"),
    Row("redis", redis.TryAgainError, "transient"),
    Row("redis", redis.AskError, "transient"),
    Row("redis", redis.NoScriptError, "transient"),
    Row("redis", redis.ClusterCrossSlotError, "permanent"),
    Row("redis", redis.SlotNotCoveredError, "transient"),
    Row("redis", redis.CrossSlotTransactionError, "permanent"),
    Row("redis", redis.InvalidPipelineStack, "permanent"),
    Row("redis", redis.RedisClusterException, "transient"),
    Row("redis", redis.ResponseError, "overload", _code("OOM")),
    Row("redis", redis.ResponseError, "overload", _code("BUSY")),
    Row("redis", redis.ResponseError, "transient", _code("(READONLY|LOADING|CLUSTERDOWN|MASTERDOWN|NOREPLICAS)")),
    Row("redis", redis.ResponseError, "transient", _code("MISCONF"), "Redis cannot write its file to disk"),
    Row("redis", redis.ResponseError, "permanent", _code("WRONGTYPE"), "another program writes to these keys"),
    Row("redis", redis.RedisError, "permanent"),
    # -- CQL
    Row("scylla", protocol.OverloadedErrorMessage, "overload"),
    Row("scylla", cassandra.RateLimitReached, "overload"),
    Row("scylla", connection.ConnectionBusy, "overload"),
    Row("scylla", pool.NoConnectionsAvailable, "overload"),
    Row("scylla", cassandra.AuthenticationFailed, "transient", hint=SCYLLA_LOGIN),
    Row("scylla", cassandra.Unauthorized, "permanent", hint="the CQL role lacks a right"),
    Row("scylla", cassandra.FunctionFailure, "permanent"),
    Row("scylla", connection.ProtocolVersionUnsupported, "permanent"),
    Row("scylla", cassandra.Unavailable, "transient"),
    Row("scylla", cassandra.Timeout, "transient"),
    Row("scylla", cassandra.CoordinationFailure, "transient"),
    Row("scylla", cassandra.OperationTimedOut, "transient"),
    Row("scylla", protocol.IsBootstrappingErrorMessage, "transient"),
    Row("scylla", protocol.TruncateError, "transient"),
    Row("scylla", protocol.ServerError, "transient"),
    Row("scylla", cassandra.UnresolvableContactPoints, "transient"),
    Row("scylla", cluster.QueryExhausted, "transient"),
    Row("scylla", connection.ConnectionException, "transient"),
    Row("scylla", cassandra.InvalidRequest, "permanent", "(?i)unconfigured table|does not exist", MIGRATE),
    Row("scylla", cassandra.InvalidRequest, "permanent", "(?i)undefined column|unknown identifier", MIGRATE),
    Row("scylla", cassandra.InvalidRequest, "permanent"),
    Row("scylla", protocol.SyntaxException, "permanent"),
    # -- Pulsar
    Row("pulsar", Result.UnknownError, "transient"),
    Row("pulsar", Result.Timeout, "transient"),
    Row("pulsar", Result.LookupError, "transient"),
    Row("pulsar", Result.ConnectError, "transient"),
    Row("pulsar", Result.ReadError, "transient"),
    Row("pulsar", Result.NotConnected, "transient"),
    Row("pulsar", Result.AlreadyClosed, "transient"),
    Row("pulsar", Result.Interrupted, "transient"),
    Row("pulsar", Result.BrokerMetadataError, "transient"),
    Row("pulsar", Result.BrokerPersistenceError, "transient"),
    Row("pulsar", Result.ServiceUnitNotReady, "transient"),
    Row("pulsar", Result.ChecksumError, "transient"),
    Row("pulsar", Result.ConsumerBusy, "transient"),
    Row("pulsar", Result.ConsumerAssignError, "transient"),
    Row("pulsar", Result.ConsumerNotFound, "transient"),
    Row("pulsar", Result.ConsumerNotInitialized, "transient"),
    Row("pulsar", Result.ProducerBusy, "transient"),
    Row("pulsar", Result.ProducerFenced, "transient"),
    Row("pulsar", Result.ProducerNotInitialized, "transient"),
    Row("pulsar", Result.AuthenticationError, "transient", hint=BROKER_LOGIN),
    Row("pulsar", Result.ErrorGettingAuthenticationData, "transient", hint=BROKER_LOGIN),
    Row("pulsar", Result.TooManyLookupRequestException, "overload"),
    Row("pulsar", Result.ProducerQueueIsFull, "overload"),
    Row("pulsar", Result.MemoryBufferIsFull, "overload"),
    Row("pulsar", Result.ProducerBlockedQuotaExceededError, "overload", hint="a backlog quota is used up"),
    Row("pulsar", Result.ProducerBlockedQuotaExceededException, "overload", hint="a backlog quota is used up"),
    Row("pulsar", Result.AuthorizationError, "permanent", hint="the token's role lacks a right"),
    Row("pulsar", Result.TopicNotFound, "permanent", hint=MIGRATE),
    Row("pulsar", Result.SubscriptionNotFound, "permanent", hint=MIGRATE),
    Row("pulsar", Result.TopicTerminated, "permanent"),
    Row("pulsar", Result.InvalidTopicName, "permanent"),
    Row("pulsar", Result.InvalidUrl, "permanent", hint="check PAVILION_BROKER__URL"),
    Row("pulsar", Result.InvalidConfiguration, "permanent"),
    Row("pulsar", Result.InvalidMessage, "permanent"),
    Row("pulsar", Result.MessageTooBig, "permanent", hint="the broker's maxMessageSize must be at least 5 MiB"),
    Row("pulsar", Result.IncompatibleSchema, "permanent", hint="a schema was set on a topic that takes bytes"),
    Row("pulsar", Result.CryptoError, "permanent"),
    Row("pulsar", Result.NotAllowedError, "permanent"),
    Row("pulsar", Result.OperationNotSupported, "permanent"),
    Row("pulsar", Result.UnsupportedVersionError, "permanent"),
    Row("pulsar", Result.CumulativeAcknowledgementNotAllowedError, "permanent"),
)
"""The first row that fits decides. No connection at all (OSError, a time limit) is transient, for each of them; what
stands in no row is permanent: the client was used wrongly."""


def classify(error: BaseException) -> Kind:
    return _judge(error)[0]


def failure(
    dependency: Dependency, op: str, error: BaseException, context: dict[str, Any] | None = None
) -> NotificationError:
    """What an adapter raises for ``error``: ConnectionFailed, or NotificationError if it is permanent.

    Its context says what an operator can do, where the table knows.
    """
    kind, hint = _judge(error)
    hint = hint or _tls_hint(dependency, error)
    context = {**(context or {}), **({"hint": hint} if hint else {})}
    if kind == "permanent":
        return NotificationError(op, error, context)
    return ConnectionFailed(op, error, context, dependency=dependency, overload=kind == "overload")


def _tls_hint(dependency: Dependency, error: BaseException) -> str:
    """Clients hand on what OpenSSL said, wrapped in errors of their own: the text is all that they have in common."""
    text, prefix = str(error).upper(), TLS.get(dependency, "")
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"check {prefix}TRUST_PATH, and which names the server's certificate is for"
    # Java tells of a stranger as an internal error, and Cassandra of a certificate that it misses by hanging up.
    if re.search(r"SSL.*ALERT|SSL.*EOF OCCURRED", text):
        return f"the server refuses our certificate, or misses one: check {prefix}CERT_PATH"
    return ""


def _judge(error: BaseException) -> tuple[Kind, str]:
    if isinstance(error, cluster.NoHostAvailable):
        return _judge_hosts(error)
    for row in ROWS:
        if row.fits(error):
            return row.kind, row.hint
    return ("transient", "") if isinstance(error, OSError) else ("permanent", "")


def _judge_hosts(error: cluster.NoHostAvailable) -> tuple[Kind, str]:
    """It holds an error per host: overload if any host said so, permanent only if all did."""
    found = [_judge(each) for each in error.errors.values() if isinstance(each, BaseException)]
    kinds = {kind for kind, _ in found}
    hint = next((hint for _, hint in found if hint), "")
    if "overload" in kinds:
        return "overload", hint
    return ("permanent" if kinds == {"permanent"} else "transient"), hint
