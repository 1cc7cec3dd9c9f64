"""One case for each row of the table of errors, and what adapters make of them."""

from __future__ import annotations

import cassandra
import pulsar
import pulsar.asyncio as pulsar_asyncio
import pytest
from cassandra import cluster, connection, pool, protocol
from redis import exceptions as redis
from redis.asyncio import Redis as Client

from infra.dependencies import ROWS, Row, classify, failure
from infra.local import Redis
from schemas.errors import ConnectionFailed, NotificationError

ERRORS: list[tuple[BaseException, str]] = [
    (redis.AuthenticationError("WRONGPASS"), "transient"),
    (redis.ExternalAuthProviderError("problem with LDAP service"), "transient"),
    (redis.AuthenticationWrongNumberOfArgsError(), "transient"),
    (redis.AuthorizationError(), "permanent"),
    (redis.NoPermissionError("this user has no permissions to run the 'evalsha' command"), "permanent"),
    (redis.MaxConnectionsError(), "overload"),
    (redis.ConnectionError("max number of clients reached"), "overload"),
    (redis.BusyLoadingError("Redis is loading the dataset in memory"), "transient"),
    (redis.ConnectionError("Error 111 connecting to 127.0.0.1:6379"), "transient"),
    (redis.TimeoutError("Timeout reading from 127.0.0.1:6379"), "transient"),
    (redis.InvalidResponse("Protocol Error"), "transient"),
    (redis.OutOfMemoryError("command not allowed when used memory > 'maxmemory'."), "overload"),
    (redis.ReadOnlyError("You can't write against a read only replica."), "transient"),
    (redis.MasterDownError("Link with MASTER is down and replica-serve-stale-data is set to 'no'."), "transient"),
    (redis.ClusterDownError("The cluster is down"), "transient"),
    (redis.TryAgainError("Multiple keys request during rehashing of slot"), "transient"),
    (redis.MovedError("3999 127.0.0.1:6381"), "transient"),
    (redis.NoScriptError("No matching script."), "transient"),
    (redis.ClusterCrossSlotError(), "permanent"),
    (redis.SlotNotCoveredError(), "transient"),
    (redis.CrossSlotTransactionError(), "permanent"),
    (redis.InvalidPipelineStack(), "permanent"),
    (redis.RedisClusterException("Redis Cluster cannot be connected"), "transient"),
    (redis.ResponseError("Error running script (call to f_2f): @user_script:9: @user_script: 9: -OOM no"), "overload"),
    (redis.ResponseError("BUSY Redis is busy running a script."), "overload"),
    (redis.ResponseError("NOREPLICAS Not enough good replicas to write."), "transient"),
    (redis.ResponseError("MISCONF Redis is configured to save RDB snapshots, but it's unable to"), "transient"),
    (redis.ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"), "permanent"),
    (redis.ResponseError("unknown command 'EVALSHA'"), "permanent"),
    (protocol.OverloadedErrorMessage(0, "", None), "overload"),
    (cassandra.RateLimitReached(cassandra.OperationType.Write, False), "overload"),
    (connection.ConnectionBusy(), "overload"),
    (pool.NoConnectionsAvailable(), "overload"),
    (cassandra.AuthenticationFailed(), "transient"),
    (cassandra.Unauthorized(), "permanent"),
    (cassandra.FunctionFailure("", "", "", []), "permanent"),
    (connection.ProtocolVersionUnsupported(None, 4), "permanent"),
    (cassandra.Unavailable(""), "transient"),
    (cassandra.WriteTimeout("", write_type=cassandra.WriteType.SIMPLE), "transient"),
    (cassandra.WriteFailure("", write_type=cassandra.WriteType.SIMPLE), "transient"),
    (cassandra.OperationTimedOut(), "transient"),
    (protocol.IsBootstrappingErrorMessage(0, "", None), "transient"),
    (protocol.TruncateError(0, "", None), "transient"),
    (protocol.ServerError(0, "", None), "transient"),
    (cassandra.UnresolvableContactPoints({}), "transient"),
    (cluster.QueryExhausted(), "transient"),
    (connection.ConnectionShutdown(""), "transient"),
    (cassandra.InvalidRequest("unconfigured table notifications"), "permanent"),
    (cassandra.InvalidRequest("Undefined column name seen_at in table pavilion.states"), "permanent"),
    (cassandra.InvalidRequest("Invalid STRING constant"), "permanent"),
    (protocol.SyntaxException(0, "", None), "permanent"),
    *((pulsar_asyncio.PulsarException(row.error), row.kind) for row in ROWS if isinstance(row.error, pulsar.Result)),
]
PULSAR_KINDS = {
    "transient": "UnknownError Timeout LookupError ConnectError ReadError NotConnected AlreadyClosed Interrupted "
    "BrokerMetadataError BrokerPersistenceError ServiceUnitNotReady ChecksumError ConsumerBusy ConsumerAssignError "
    "ConsumerNotFound ConsumerNotInitialized ProducerBusy ProducerFenced ProducerNotInitialized AuthenticationError "
    "ErrorGettingAuthenticationData",
    "overload": "TooManyLookupRequestException ProducerQueueIsFull MemoryBufferIsFull "
    "ProducerBlockedQuotaExceededError ProducerBlockedQuotaExceededException",
}
TRANSACTIONS = {
    "InvalidTxnStatusError",
    "TransactionConflict",
    "TransactionCoordinatorNotFoundError",
    "TransactionNotFound",
}


@pytest.mark.parametrize(
    ("row", "case"), list(zip(ROWS, ERRORS, strict=True)), ids=[f"{row.dependency}-{row.error}" for row in ROWS]
)
@pytest.mark.guarantee("G7")
def test_each_row_decides_its_case(row: Row, case: tuple[BaseException, str]) -> None:
    error, kind = case
    assert next(one for one in ROWS if one.fits(error)) is row, "an earlier row takes it"
    assert classify(error) == row.kind == kind
    raised = failure(row.dependency, "call", error, {"place": 1})
    assert raised.cause is error
    assert raised.context == {"place": 1} | ({"hint": row.hint} if row.hint else {})
    assert isinstance(raised, ConnectionFailed) == raised.transient == (kind != "permanent")
    if isinstance(raised, ConnectionFailed):
        assert (raised.dependency, raised.overload) == (row.dependency, kind == "overload")


def test_every_result_of_pulsars_client_has_a_row() -> None:
    kinds = {row.error.name: row.kind for row in ROWS if isinstance(row.error, pulsar.Result)}
    assert set(kinds) == set(pulsar.Result.__members__) - TRANSACTIONS - {"Ok"}
    for kind, names in PULSAR_KINDS.items():
        assert {name for name, found in kinds.items() if found == kind} == set(names.split())


@pytest.mark.parametrize("error", [ConnectionRefusedError(), TimeoutError(), ConnectionResetError()])
def test_no_connection_at_all_is_transient(error: OSError) -> None:
    assert classify(error) == "transient"


@pytest.mark.parametrize("error", [ValueError(), TypeError(), RuntimeError()])
def test_what_stands_in_no_row_is_permanent(error: BaseException) -> None:
    assert classify(error) == "permanent"


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ({}, "transient"),
        ({"a": OSError(), "b": cassandra.Unauthorized()}, "transient"),
        ({"a": cassandra.Unauthorized(), "b": cassandra.FunctionFailure("", "", "", [])}, "permanent"),
        ({"a": OSError(), "b": protocol.OverloadedErrorMessage(0, "", None)}, "overload"),
    ],
)
def test_no_host_available_says_what_its_hosts_said(errors: dict[str, BaseException], kind: str) -> None:
    assert classify(cluster.NoHostAvailable("", errors)) == kind


@pytest.mark.parametrize(
    ("dependency", "error"),
    [
        ("scylla", cassandra.InvalidRequest("table pavilion.notifications does not exist")),
        ("pulsar", pulsar_asyncio.PulsarException(pulsar.Result.TopicNotFound)),
    ],
)
def test_what_was_not_prepared_names_the_command(dependency: str, error: BaseException) -> None:
    raised = failure("scylla" if dependency == "scylla" else "pulsar", "call", error)
    assert type(raised) is NotificationError
    assert "run `pavilion migrate`" in str(raised)


SCRIPT = "return redis.call('SET', KEYS[1], string.rep('x', 1024))"


async def test_what_a_real_redis_answers(redis_server: Redis) -> None:
    """A script passes on what its calls met, in words that differ between releases."""
    async with Client.from_url(redis_server.url) as client:

        async def refused(script: str = SCRIPT) -> BaseException:
            with pytest.raises(redis.RedisError) as caught:
                await client.eval(script, 1, "dependencies")
            return caught.value

        await client.config_set("maxmemory", "1")
        try:
            assert classify(await refused()) == "overload"
        finally:
            await client.config_set("maxmemory", "0")
        await client.config_set("min-replicas-to-write", "1")
        try:
            assert classify(await refused()) == "transient"
        finally:
            await client.config_set("min-replicas-to-write", "0")
        await client.set("dependencies", "text")
        assert classify(await refused("return redis.call('HGET', KEYS[1], 'field')")) == "permanent"
        await client.delete("dependencies")
