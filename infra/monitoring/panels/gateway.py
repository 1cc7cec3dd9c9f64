"""Clients: their connections, how they come back, what they are told and ask for, and who is refused."""

from infra.monitoring.grafana import Dashboard, Panel, Query, Row, graph

RATE = "[$__rate_interval]"

CONNECTIONS = Row(
    "Connections",
    [
        graph(
            "Connections by gateway",
            "Devices that have connected.",
            Query('sum by (instance) (pavilion_gateway_connections{@,job="pavilion-gateway"})', "{{instance}}"),
            stacked=True,
        ),
        graph(
            "By transport",
            "WebSockets, and streams of Server-Sent Events.",
            Query("sum by (transport) (pavilion_gateway_transport_connections{@})", "{{transport}}"),
            stacked=True,
        ),
        graph(
            "Coming back",
            "recovered: got what it missed. not_recovered: has to load its list. new: came without a position.",
            Query(f"sum by (result) (rate(pavilion_gateway_resumes_total{{@}}{RATE}))", "{{result}}"),
            unit="ops",
            stacked=True,
        ),
        graph(
            "Come back without recovery",
            "The part of those with a position who have to load their list.",
            Query(
                f'sum(rate(pavilion_gateway_resumes_total{{@,result="not_recovered"}}{RATE}))'
                f' / sum(rate(pavilion_gateway_resumes_total{{@,result=~"recovered|not_recovered"}}{RATE}))',
                "not recovered",
            ),
            unit="percentunit",
            alert="PavilionResumesFail",
        ),
        graph(
            "Closes by code",
            "1005 and 1006: the client left, or was cut. 1012: a deploy. 4008: too slow. 4010: its position was lost.",
            Query(f"sum by (code) (rate(pavilion_gateway_closes_total{{@}}{RATE})) > 0", "{{code}}"),
            unit="ops",
            stacked=True,
        ),
        graph(
            "Closed as too slow",
            "In ten minutes. They come back from their positions.",
            Query('sum by (instance) (increase(pavilion_gateway_closes_total{@,code="4008"}[10m]))', "{{instance}}"),
            alert="PavilionSlowConsumers",
        ),
    ],
)

TOLD = Row(
    "What clients are told",
    [
        graph(
            "Frames by type",
            "Frames handed to connections.",
            Query(f"sum by (type) (rate(pavilion_gateway_frames_total{{@}}{RATE}))", "{{type}}"),
            unit="ops",
            stacked=True,
        ),
        graph(
            "Entries that fan-out did not bring",
            "In 15 minutes. They came from the inbox, up to 40 s late.",
            Query("sum by (instance) (increase(pavilion_gateway_positions_repaired_total{@}[15m]))", "{{instance}}"),
            alert="PavilionFanOutIncomplete",
        ),
        graph(
            "Positions lost",
            "Users in ten minutes whose clients have to load their list.",
            Query("sum by (instance) (increase(pavilion_gateway_positions_lost_total{@}[10m]))", "{{instance}}"),
            alert="PavilionPositionsLost",
        ),
        graph(
            "Fan-out readers",
            "Fan-out partitions with an open reader. A gateway that reads all is ready.",
            Query('sum by (instance) (pavilion_gateway_fan_out_readers{@,job="pavilion-gateway"})', "{{instance}}"),
        ),
        graph(
            "Withheld and released",
            "Entries of which only the position was told, and ends of quiet hours that released some.",
            Query(f"sum by (reason) (rate(pavilion_gateway_withheld_total{{@}}{RATE}))", "{{reason}}"),
            Query(f"sum(rate(pavilion_gateway_releases_total{{@}}{RATE}))", "released"),
            unit="ops",
        ),
        Panel(
            "bargauge",
            "Open files",
            "The part of each process's limit that is used. A gateway needs one for each client.",
            [Query("process_open_fds{@} / process_max_fds{@}", "{{instance}}")],
            unit="percentunit",
            alert="PavilionOpenFiles",
        ),
    ],
)

REST = Row(
    "REST",
    [
        graph(
            "Requests by route",
            "All answers, of whatever status.",
            Query(f"sum by (route) (rate(pavilion_gateway_requests_total{{@}}{RATE}))", "{{route}}"),
            unit="ops",
        ),
        graph(
            "Requests that fail",
            "Answers with 5xx, by route.",
            Query(
                f'sum by (route, status) (rate(pavilion_gateway_requests_total{{@,status=~"5.."}}{RATE}))',
                "{{route}} {{status}}",
            ),
            unit="ops",
        ),
        graph(
            "Events accepted",
            "Platform events published over REST, by type.",
            Query(f"sum by (type) (rate(pavilion_gateway_events_total{{@}}{RATE}))", "{{type}}"),
            unit="ops",
            stacked=True,
        ),
    ],
)

REFUSED = Row(
    "Limits, sessions and keys",
    [
        graph(
            "Refused for their rate",
            "By limit. address and handshakes: a flood, or a proxy that is not trusted.",
            Query(f"sum by (policy) (rate(pavilion_gateway_limited_total{{@}}{RATE}))", "{{policy}}"),
            unit="ops",
            alert="PavilionFlood",
        ),
        graph(
            "Silent connections that gave way",
            "Cut without their request, body or connect frame, for newer ones.",
            Query(f"sum by (missing) (rate(pavilion_gateway_gave_way_total{{@}}{RATE}))", "{{missing}}"),
            unit="ops",
        ),
        graph(
            "Refused for their role",
            "What the table of roles and owners refused, by action and reason.",
            Query(
                f"sum by (action, reason) (rate(pavilion_gateway_refused_total{{@}}{RATE}))", "{{action}} · {{reason}}"
            ),
            unit="ops",
        ),
        graph(
            "Misdirected",
            "Fan-out records in ten minutes that name another user than their key. They are dropped.",
            Query("sum by (instance) (increase(pavilion_gateway_misdirected_total{@}[10m]))", "{{instance}}"),
            alert="PavilionFanOutMisdirected",
        ),
        graph(
            "Counted alone",
            "Rates and connections that one gateway counted by itself, since Redis was away.",
            Query(f"sum by (limit) (rate(pavilion_gateway_limits_unshared_total{{@}}{RATE}))", "{{limit}}"),
            unit="ops",
        ),
        graph(
            "Let in unchecked",
            "Requests in ten minutes that were let in while the session store was away.",
            Query("sum by (instance) (increase(pavilion_gateway_sessions_unchecked_total{@}[10m]))", "{{instance}}"),
            alert="PavilionSessionsUnchecked",
        ),
        graph(
            "Audit lines",
            "In ten minutes. failed: could not be written. dropped: failed authentications whose address is not kept.",
            Query("sum(increase(pavilion_gateway_audit_failed_total{@}[10m]))", "failed"),
            Query("sum(increase(pavilion_gateway_audit_dropped_total{@}[10m]))", "dropped"),
            alert="PavilionAuditFails",
        ),
        graph(
            "Certificate and issuers' keys",
            "Until the certificate in use expires, and how old the keys of outside issuers are. Empty without either.",
            Query(
                "(pavilion_gateway_certificate_expires_timestamp_seconds{@} > 0) - time()", "{{instance}} certificate"
            ),
            Query("time() - (pavilion_gateway_issuer_keys_timestamp_seconds{@} > 0)", "{{instance}} {{url}}"),
            unit="s",
        ),
        graph(
            "Loads of certificates and keys",
            "In an hour, by result. failed: what was loaded before stays in use.",
            Query(
                "sum by (url, result) (increase(pavilion_gateway_issuer_refreshes_total{@}[1h]))",
                "{{url}} {{result}}, 1 h",
            ),
            Query(
                "sum by (result) (increase(pavilion_gateway_certificate_loads_total{@}[1h]))",
                "certificate {{result}}, 1 h",
            ),
            alert="PavilionCertificateRefused",
        ),
    ],
)

DASHBOARD = Dashboard("gateway", "Gateway", str(__doc__), [CONNECTIONS, TOLD, REST, REFUSED])
