"""Whether users are told, and how soon: the five measures first, then who does the work, then what is wrong."""

from infra.monitoring.grafana import GREEN, ORANGE, RED, Dashboard, Panel, Query, Row, graph, stat

FIRING = 'ALERTS{@group,alertname=~"Pavilion.*",alertstate="firing",severity=~"critical|warning"}'
PROCESSING = "sum by (le) (rate(pavilion_event_processing_seconds_bucket{@}[$__rate_interval]))"

MEASURES = Row(
    "The five measures",
    [
        stat(
            "Processing time, p95",
            "From an event's first publish to its notification in history, inbox and fan-out; 95 of 100 take less.",
            f"histogram_quantile(0.95, {PROCESSING})",
            unit="s",
            alert="PavilionDeliverySlow",
        ),
        stat(
            "Deliveries",
            "Notifications that came into history and inbox for the first time, a second.",
            'sum(rate(pavilion_deliveries_total{@,result=~"delivered|history-only"}[$__rate_interval]))',
            unit="ops",
        ),
        stat(
            "Lag",
            "Age of the oldest event that is not done, of all topics but those that give way.",
            'max(pavilion_consumer_lag_seconds{@group,topic!~".*-bulk|audience-.*"})',
            unit="s",
            alert="PavilionLag",
        ),
        stat(
            "Retry depth",
            "Events that failed for now and wait to be tried again.",
            "max(pavilion_retry_queue_depth{@group})",
            alert="PavilionRetryDepth",
        ),
        stat(
            "Dead letters waiting",
            "Events that could not be processed, and that nobody has replayed.",
            "max(pavilion_dead_letter_backlog{@group})",
            alert="PavilionDeadLettersWaiting",
        ),
        stat(
            "Alerts firing",
            "Without the one that always fires, and without what is for information only.",
            f"count({FIRING}) or vector(0)",
            colours=[(ORANGE, 1)],
        ),
        graph(
            "Processing time",
            "From an event's first publish to its notification in history, inbox and fan-out. Dots lead to traces.",
            *(
                Query(
                    f"histogram_quantile({quantile}, {PROCESSING})", f"p{quantile * 100:g}", exemplar=quantile == 0.99
                )
                for quantile in (0.5, 0.95, 0.99)
            ),
            unit="s",
            alert="PavilionDeliverySlow",
        ),
        graph(
            "Deliveries by result",
            "known: it was there already, a redelivery or a duplicate. history-only: too old for the inbox.",
            Query("sum by (result) (rate(pavilion_deliveries_total{@}[$__rate_interval]))", "{{result}}"),
            unit="ops",
            stacked=True,
        ),
        graph(
            "Lag by topic",
            "Age of the oldest event that is not done. What gives way (bulk, audience) may be behind for minutes.",
            Query("max by (agent, topic) (pavilion_consumer_lag_seconds{@group})", "{{agent}} · {{topic}}"),
            unit="s",
            alert="PavilionLag",
        ),
        graph(
            "Retries",
            "It falls within the longest delay, half a minute by default; else no worker forwards.",
            Query("max(pavilion_retry_queue_depth{@group})", "waiting"),
            Query("sum(rate(pavilion_retries_total{@}[$__rate_interval]))", "sent round, a second"),
            alert="PavilionRetryDepth",
        ),
        graph(
            "Dead letters",
            "What was put aside in the last 10 minutes, by reason, and what waits for a replay.",
            Query("sum by (reason) (increase(pavilion_dead_letters_total{@}[10m])) > 0", "{{reason}}, 10 min"),
            Query("max(pavilion_dead_letter_backlog{@group})", "waiting"),
            alert="PavilionDeadLetters",
        ),
        graph(
            "Errors",
            "The part of what each agent takes that fails and is sent round or put aside.",
            Query(
                'sum by (agent) (rate(pavilion_events_total{@,result=~"retried|dead-letter"}[$__rate_interval]))'
                ' / sum by (agent) (rate(pavilion_events_total{@,result="in"}[$__rate_interval]))',
                "{{agent}}",
            ),
            unit="percentunit",
            alert="PavilionErrorRate",
        ),
    ],
)

WORK = Row(
    "Who does the work",
    [
        stat(
            "Workers",
            "Workers that answer.",
            'sum(up{@,job="pavilion-worker"})',
            colours=[(RED, 0), (GREEN, 1)],
        ),
        stat(
            "Gateways",
            "Gateways that answer.",
            'sum(up{@,job="pavilion-gateway"})',
            colours=[(RED, 0), (GREEN, 1)],
        ),
        stat(
            "Partitions without owner",
            "Events on them wait. A worker's end costs a partition 10 s.",
            "sum(max by (agent) (pavilion_partitions{@group})) - sum(pavilion_partitions_owned{@group})",
            alert="PavilionPartitionsUnowned",
        ),
        stat(
            "Partitions paused",
            "They wait for a dependency, and go on by themselves.",
            "sum(pavilion_partitions_paused{@group}) or vector(0)",
            alert="PavilionPartitionsPaused",
        ),
        stat("Connections", "Devices with an open stream.", "sum(pavilion_gateway_connections{@})"),
        stat(
            "REST requests that fail",
            "The part of the requests that is answered with 5xx.",
            '(sum(rate(pavilion_gateway_requests_total{@,status=~"5.."}[$__rate_interval])) or vector(0))'
            " / sum(rate(pavilion_gateway_requests_total{@}[$__rate_interval]))",
            unit="percentunit",
            alert="PavilionRequestsFail",
        ),
    ],
)

WRONG = Row(
    "What is wrong",
    [
        Panel(
            "table",
            "What fires",
            "Each has a page in the runbook under its name.",
            [Query(FIRING)],
            width=12,
        ),
        Panel(
            "state-timeline",
            "Dependencies",
            "The circuit breakers: while one is open, what needs that dependency waits.",
            [Query("max by (dependency) (pavilion_dependency_state{@group})", "{{dependency}}")],
            width=12,
            alert="PavilionBreakerOpen",
            states={0: ("closed", GREEN), 1: ("half-open", ORANGE), 2: ("open", RED)},
        ),
    ],
)

DASHBOARD = Dashboard("overview", "Overview", str(__doc__), [MEASURES, WORK, WRONG])
