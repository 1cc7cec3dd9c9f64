"""What an error of the CQL driver means for the call that met it."""

from __future__ import annotations

from typing import Literal

import cassandra
from cassandra import cluster, connection, pool, protocol

Kind = Literal["transient", "permanent", "overload"]

KINDS: tuple[tuple[type[BaseException], Kind], ...] = (
    (protocol.OverloadedErrorMessage, "overload"),
    (cassandra.RateLimitReached, "overload"),
    (connection.ConnectionBusy, "overload"),
    (pool.NoConnectionsAvailable, "overload"),
    (cassandra.AuthenticationFailed, "permanent"),
    (cassandra.Unauthorized, "permanent"),
    (cassandra.FunctionFailure, "permanent"),
    (connection.ProtocolVersionUnsupported, "permanent"),
    (cassandra.Unavailable, "transient"),
    (cassandra.Timeout, "transient"),
    (cassandra.CoordinationFailure, "transient"),
    (cassandra.OperationTimedOut, "transient"),
    (protocol.IsBootstrappingErrorMessage, "transient"),
    (protocol.TruncateError, "transient"),
    (protocol.ServerError, "transient"),
    (cassandra.UnresolvableContactPoints, "transient"),
    (cluster.QueryExhausted, "transient"),
    (connection.ConnectionException, "transient"),
    (OSError, "transient"),
)
"""The first row that fits decides. Everything else is permanent: a syntax error, a missing table, a wrong value."""


def classify(error: BaseException) -> Kind:
    """Whether the same call may pass later, never will, or came while the cluster was overloaded.

    NoHostAvailable holds an error per host: overload if any host said so, permanent only if all did.
    """
    if isinstance(error, cluster.NoHostAvailable):
        kinds = {classify(each) for each in error.errors.values() if isinstance(each, BaseException)}
        if "overload" in kinds:
            return "overload"
        return "permanent" if kinds == {"permanent"} else "transient"
    return next((kind for type_, kind in KINDS if isinstance(error, type_)), "permanent")
