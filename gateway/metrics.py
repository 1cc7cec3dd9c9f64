"""What the gateway measures of itself."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

CONNECTIONS = Gauge("pavilion_gateway_connections", "Open connections of devices that have connected")
TRANSPORTS = Gauge("pavilion_gateway_transport_connections", "The same by transport: websocket, sse", ["transport"])
FRAMES = Counter("pavilion_gateway_frames_total", "Frames handed to connections", ["type"])
RESUMES = Counter("pavilion_gateway_resumes_total", "Connects, by what became of the client's position", ["result"])
CLOSES = Counter("pavilion_gateway_closes_total", "Closed connections", ["code"])
REPAIRED = Counter("pavilion_gateway_positions_repaired_total", "Entries that came from the inbox, not from fan-out")
LOST = Counter("pavilion_gateway_positions_lost_total", "Users whose position could not be continued")
WITHHELD = Counter("pavilion_gateway_withheld_total", "Entries told as a bare position, per user", ["reason"])
RELEASED = Counter("pavilion_gateway_releases_total", "Ends of quiet hours that released what was withheld")
READERS = Gauge("pavilion_gateway_fan_out_readers", "Fan-out partitions with an open reader")
REQUESTS = Counter("pavilion_gateway_requests_total", "REST requests", ["route", "status"])
LIMITED = Counter("pavilion_gateway_limited_total", "Requests and handshakes refused for their rate", ["policy"])
UNSHARED_LIMITS = Counter(
    "pavilion_gateway_limits_unshared_total", "Counted in this gateway alone, since Redis was away", ["limit"]
)
GAVE_WAY = Counter("pavilion_gateway_gave_way_total", "Silent connections that were cut for newer ones", ["missing"])
CERTIFICATE_EXPIRES = Gauge(
    "pavilion_gateway_certificate_expires_timestamp_seconds", "When the certificate in use expires; 0 without TLS"
)
CERTIFICATE_LOADS = Counter("pavilion_gateway_certificate_loads_total", "Loads of the certificate's files", ["result"])
EVENTS = Counter("pavilion_gateway_events_total", "Platform events accepted over REST", ["type"])
ISSUER_REFRESHES = Counter("pavilion_gateway_issuer_refreshes_total", "Fetches of an issuer's keys", ["url", "result"])
ISSUER_KEYS_AT = Gauge("pavilion_gateway_issuer_keys_timestamp_seconds", "When an issuer's keys last came", ["url"])
UNCHECKED = Counter("pavilion_gateway_sessions_unchecked_total", "REST calls let in while the session store was away")
REFUSED = Counter("pavilion_gateway_refused_total", "What the table of roles and owners refused", ["action", "reason"])
MISDIRECTED = Counter("pavilion_gateway_misdirected_total", "Fan-out records that name another user than their key")
AUDIT_FAILED = Counter("pavilion_gateway_audit_failed_total", "Audit lines that could not be written")
AUDIT_DROPPED = Counter("pavilion_gateway_audit_dropped_total", "Failed authentications whose address is not kept")

_NAMED = {1000, 1001, 1002, 1005, 1006, 1009, 1011, 1012, 1013} | {4001, 4005, 4008, 4010, 4012, 4013, 4014}
_NAMED |= {4500, 4501, 4502, 4503}

# Prometheus sees a first one only as a rise, so what is known to be counted is shown before it happens.
for _measure, _values in (
    (TRANSPORTS, ("websocket", "sse")),
    (RESUMES, ("new", "recovered", "not_recovered")),
    (CLOSES, (*map(str, sorted(_NAMED)), "other")),
    (WITHHELD, ("opted-out", "quiet-hours")),
    (LIMITED, ("user", "service", "operator", "address", "handshakes")),
    (UNSHARED_LIMITS, ("rates", "connections")),
    (GAVE_WAY, ("request", "body", "connect")),
    (CERTIFICATE_LOADS, ("loaded", "failed")),
):
    for _value in _values:
        _measure.labels(_value)


def count_close(code: int) -> None:
    """A client may send any code: only known ones become a label, so that labels stay few."""
    CLOSES.labels(str(code) if code in _NAMED else "other").inc()
