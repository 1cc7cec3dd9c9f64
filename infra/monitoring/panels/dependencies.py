"""Pulsar, Redis, Scylla and the keyring as the workers see them, what waits for them, and the processes themselves."""

from infra.monitoring.grafana import GREEN, ORANGE, RED, Dashboard, Panel, Query, Row, graph

RATE = "[$__rate_interval]"
BREAKERS = {0: ("closed", GREEN), 1: ("half-open", ORANGE), 2: ("open", RED)}

BREAKER = Row(
    "Circuit breakers",
    [
        Panel(
            "state-timeline",
            "State by dependency and worker",
            "While a breaker is open, what needs that dependency waits; half-open: one call asks.",
            [Query("max by (dependency, instance) (pavilion_dependency_state{@})", "{{dependency}} · {{instance}}")],
            width=24,
            alert="PavilionBreakerOpen",
            states=BREAKERS,
        ),
        graph(
            "Times it opened",
            "In 15 minutes, by the worker that saw most of it.",
            Query(
                'max by (dependency) (increase(pavilion_dependency_transitions_total{@,state="open"}[15m]))',
                "{{dependency}}",
            ),
        ),
        graph(
            "Times it came back",
            "In 15 minutes, by the worker that saw most of it. Often: it comes and goes.",
            Query(
                'max by (dependency) (increase(pavilion_dependency_transitions_total{@,state="closed"}[15m]))',
                "{{dependency}}",
            ),
            alert="PavilionBreakerFlapping",
        ),
        graph(
            "Partitions that wait",
            "By agent. With all breakers closed, a call is refused for good until somebody mends it.",
            Query("sum by (agent) (pavilion_partitions_paused{@})", "{{agent}}"),
            alert="PavilionPartitionsPaused",
        ),
    ],
)

WAITING = Row(
    "What it costs",
    [
        graph(
            "Lag",
            "What waits grows older.",
            Query("max by (agent, topic) (pavilion_consumer_lag_seconds{@group})", "{{agent}} · {{topic}}"),
            unit="s",
            alert="PavilionLag",
        ),
        graph(
            "Steps that call a store or the log",
            "How long 95 of 100 batches take at most. It grows before a breaker opens.",
            Query(
                f"histogram_quantile(0.95, sum by (step, le) (rate(pavilion_step_seconds_bucket{{@}}{RATE})))",
                "{{step}}",
            ),
            unit="s",
        ),
        graph(
            "Requests answered with 503",
            "By route: the gateway could not reach what it needs.",
            Query(
                f'sum by (route) (rate(pavilion_gateway_requests_total{{@,status="503"}}{RATE}))',
                "{{route}}",
            ),
            unit="ops",
            alert="PavilionRequestsFail",
        ),
    ],
)

PROCESSES = Row(
    "Processes",
    [
        Panel(
            "state-timeline",
            "Answering",
            "Whether Prometheus reaches each process.",
            [Query('max by (instance) (up{@,job=~"pavilion-.*"})', "{{instance}}")],
            states={0: ("down", RED), 1: ("up", GREEN)},
            alert="PavilionWorkerDown",
        ),
        graph(
            "Processor time",
            "Cores in use. One process can use one.",
            Query(f"sum by (instance) (rate(process_cpu_seconds_total{{@}}{RATE}))", "{{instance}}"),
        ),
        graph(
            "Memory",
            "Resident memory.",
            Query("sum by (instance) (process_resident_memory_bytes{@})", "{{instance}}"),
            unit="bytes",
        ),
        graph(
            "Releases",
            "Processes by release. Several for more than an hour: a deploy was not finished.",
            Query("count by (version) (pavilion_build_info{@})", "{{version}}"),
            stacked=True,
        ),
        graph(
            "Started",
            "How long each process has been running.",
            Query("time() - process_start_time_seconds{@}", "{{instance}}"),
            unit="s",
        ),
        graph(
            "Workers in the group",
            "As the workers see their group. Less than those that answer: some do not see each other.",
            Query("max(pavilion_workers{@group})", "in the group"),
            Query('sum(up{@group,job="pavilion-worker"})', "answering"),
        ),
    ],
)

DASHBOARD = Dashboard("dependencies", "Dependencies", str(__doc__), [BREAKER, WAITING, PROCESSES])
