"""From an event to its recipients: how long it takes, who is told, who is not, and what failed on the way."""

from infra.monitoring.grafana import Dashboard, Panel, Query, Row, graph, stat

RATE = "[$__rate_interval]"
BUCKETS = f"sum by (le) (rate(pavilion_event_processing_seconds_bucket{{@}}{RATE}))"

TIME = Row(
    "How long it takes",
    [
        Panel(
            "heatmap",
            "Processing time",
            "From an event's first publish to its notification in history, inbox and fan-out. Dots lead to traces.",
            [Query(BUCKETS, "{{le}}", exemplar=True)],
            width=12,
            unit="s",
            alert="PavilionDeliverySlow",
        ),
        graph(
            "Within a second, within ten",
            "The part of the notifications that were there so soon.",
            *(
                Query(
                    f'sum(rate(pavilion_event_processing_seconds_bucket{{@,le="{bound:.1f}"}}{RATE}))'
                    f" / sum(rate(pavilion_event_processing_seconds_count{{@}}{RATE}))",
                    f"within {bound} s",
                )
                for bound in (1, 10)
            ),
            width=12,
            unit="percentunit",
        ),
    ],
)

TOLD = Row(
    "Who is told",
    [
        graph(
            "Deliveries by result",
            "delivered: new in the inbox. known: was there. history-only: too old for the inbox. suppressed: not told.",
            Query(f"sum by (result) (rate(pavilion_deliveries_total{{@}}{RATE}))", "{{result}}"),
            unit="ops",
            stacked=True,
        ),
        graph(
            "Not told, by reason",
            "own-action and opted-out are as it should be. late and expired: the event came too late to be told.",
            Query(f"sum by (reason) (rate(pavilion_suppressed_total{{@}}{RATE}))", "{{reason}}"),
            unit="ops",
            stacked=True,
        ),
        graph(
            "Events too late, by agent",
            "Recipients in 15 minutes who were not told since the event came too late.",
            Query(
                'sum by (agent, reason) (increase(pavilion_suppressed_total{@,reason=~"late|expired"}[15m])) > 0',
                "{{agent}} · {{reason}}",
            ),
            alert="PavilionEventsTooLate",
        ),
    ],
)

FAILED = Row(
    "What failed on the way",
    [
        stat(
            "Retry depth",
            "Events that wait to be tried again.",
            "max(pavilion_retry_queue_depth{@group})",
            alert="PavilionRetryDepth",
        ),
        stat(
            "Dead letters waiting",
            "Events that nobody has replayed.",
            "max(pavilion_dead_letter_backlog{@group})",
            alert="PavilionDeadLettersWaiting",
        ),
        graph(
            "Retries by agent",
            "Events sent round to be tried again. One that is tried five times counts five times.",
            Query(f"sum by (agent) (rate(pavilion_retries_total{{@}}{RATE}))", "{{agent}}"),
            unit="ops",
            alert="PavilionRetryDepth",
        ),
        graph(
            "Dead letters by reason",
            "What was put aside in ten minutes. Nobody is told of these events until they are replayed.",
            Query("sum by (reason) (increase(pavilion_dead_letters_total{@}[10m]))", "{{reason}}"),
            alert="PavilionDeadLetters",
        ),
        graph(
            "What came back and is not done",
            "The lag of the topics through which retries and replays come back.",
            Query(
                'max by (topic) (pavilion_consumer_lag_messages{@group,topic=~".*-retry-in"})',
                "{{topic}}",
            ),
        ),
        graph(
            "Stored notifications that cannot be read",
            "In an hour. erased: a backup brought erased users back. damaged: changed by somebody or something.",
            Query("sum by (reason) (increase(pavilion_unreadable_bodies_total{@}[1h]))", "{{reason}}"),
            alert="PavilionBodiesDamaged",
        ),
    ],
)

DASHBOARD = Dashboard("delivery", "Delivery", str(__doc__), [TIME, TOLD, FAILED])
