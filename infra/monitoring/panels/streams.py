"""What each agent, each of its steps and each window table does, and which worker has which partitions."""

from infra.monitoring.grafana import Dashboard, Panel, Query, Row, graph

RATE = "[$__rate_interval]"

STEP_BUCKETS = f"sum by (agent, step, le) (rate(pavilion_step_seconds_bucket{{@agent}}{RATE}))"

AGENTS = Row(
    "Agents",
    [
        graph(
            "Taken",
            "Records that came to each agent a second, those that came back for a retry among them.",
            Query(f'sum by (agent) (rate(pavilion_events_total{{@agent,result="in"}}{RATE}))', "{{agent}}"),
            unit="ops",
        ),
        graph(
            "Not new, or too late",
            "duplicate: the window has it already. late: it is older than the window.",
            Query(
                f'sum by (agent, result) (rate(pavilion_events_total{{@agent,result=~"duplicate|late"}}{RATE}))',
                "{{agent}} · {{result}}",
            ),
            unit="ops",
        ),
        graph(
            "Failed",
            "retried: sent round to be tried again. dead-letter: put aside.",
            Query(
                f'sum by (agent, result) (rate(pavilion_events_total{{@agent,result=~"retried|dead-letter"}}{RATE}))',
                "{{agent}} · {{result}}",
            ),
            unit="ops",
        ),
        graph(
            "Lag in seconds",
            "Age of the oldest record that an agent has not committed.",
            Query(
                'max by (agent, topic) (pavilion_consumer_lag_seconds{@group,agent=~"$agent"})', "{{agent}} · {{topic}}"
            ),
            unit="s",
            alert="PavilionLag",
        ),
        graph(
            "Lag in records",
            "What an agent has not committed. On Pulsar it is a lower bound: a packed message counts once.",
            Query(
                'max by (agent, topic) (pavilion_consumer_lag_messages{@group,agent=~"$agent"})',
                "{{agent}} · {{topic}}",
            ),
        ),
        graph(
            "Not told, by reason",
            "Recipients who were not told: their own action, opted out, or an event that came too late.",
            Query(f"sum by (reason) (rate(pavilion_suppressed_total{{@agent}}{RATE}))", "{{reason}}"),
            unit="ops",
            stacked=True,
            alert="PavilionEventsTooLate",
        ),
    ],
)

STEPS = Row(
    "Steps and batches",
    [
        graph(
            "Step time, p95",
            "How long a step takes for a batch; 95 of 100 take less. The slowest sets the pace.",
            Query(
                f"histogram_quantile(0.95, {STEP_BUCKETS})",
                "{{agent}} · {{step}}",
            ),
            unit="s",
        ),
        graph(
            "Failed in a step",
            "Events that a step gave up, a second: they are retried or put aside.",
            Query(
                f'sum by (agent, step) (rate(pavilion_step_events_total{{@agent,result="failed"}}{RATE})) > 0',
                "{{agent}} · {{step}}",
            ),
            unit="ops",
        ),
        graph(
            "Events in a batch, median",
            "Batches grow with the load. Many of one event each: there is little to do.",
            Query(
                f"histogram_quantile(0.5, sum by (agent, le) (rate(pavilion_batch_events_bucket{{@agent}}{RATE})))",
                "{{agent}}",
            ),
        ),
    ],
)

PARTITIONS = Row(
    "Partitions",
    [
        graph(
            "Partitions by worker",
            "Partitions of all agents that each worker owns.",
            Query("sum by (instance) (pavilion_partitions_owned{@agent})", "{{instance}}"),
            stacked=True,
        ),
        graph(
            "Without owner",
            "Events on these partitions wait.",
            Query(
                'max by (agent) (pavilion_partitions{@group,agent=~"$agent"})'
                ' - sum by (agent) (pavilion_partitions_owned{@group,agent=~"$agent"})',
                "{{agent}}",
            ),
            alert="PavilionPartitionsUnowned",
        ),
        graph(
            "Ownership lost",
            "Partitions that were lost against a worker's will, in 15 minutes. Each loss costs a take-over.",
            Query(
                "sum by (agent, reason) (increase(pavilion_ownership_lost_total{@agent}[15m])) > 0",
                "{{agent}} · {{reason}}",
            ),
            alert="PavilionOwnershipFlapping",
        ),
        graph(
            "Delivered again",
            "Records that the broker delivered again to the worker that had them already. They are ignored.",
            Query(f"sum by (agent) (rate(pavilion_redeliveries_total{{@agent}}{RATE}))", "{{agent}}"),
            unit="ops",
        ),
        graph(
            "Processor time by worker",
            "Cores in use. One worker process can use one.",
            Query(f"sum by (instance) (rate(process_cpu_seconds_total{{@}}{RATE}))", "{{instance}}"),
        ),
        graph(
            "Memory by process",
            "Resident memory. Window tables are in it, up to 80 bytes a key.",
            Query("sum by (instance) (process_resident_memory_bytes{@})", "{{instance}}"),
            unit="bytes",
        ),
    ],
)

TABLES = Row(
    "Window tables",
    [
        graph(
            "Keys",
            "Keys that the tables remember, over all partitions.",
            Query("sum by (table) (pavilion_table_keys{@})", "{{table}}"),
        ),
        graph(
            "Memory",
            "Estimated bytes of the tables in memory, over all partitions.",
            Query("sum by (table) (pavilion_table_bytes{@})", "{{table}}"),
            unit="bytes",
        ),
        graph(
            "Hits, misses and late ones",
            "A hit is a duplicate that was dropped.",
            Query(f"sum by (table) (rate(pavilion_table_hits_total{{@}}{RATE}))", "{{table}} hits"),
            Query(f"sum by (table) (rate(pavilion_table_misses_total{{@}}{RATE}))", "{{table}} misses"),
            Query(f"sum by (table) (rate(pavilion_table_late_total{{@}}{RATE}))", "{{table}} late"),
            unit="ops",
        ),
        graph(
            "Window log, records",
            "What would be read back if a worker ended now, over all partitions.",
            Query("sum by (table) (pavilion_table_log_records{@})", "{{table}}"),
        ),
        graph(
            "Window log, bytes",
            "The same in bytes.",
            Query("sum by (table) (pavilion_table_log_bytes{@})", "{{table}}"),
            unit="bytes",
        ),
        graph(
            "Last recovery",
            "How long the last reading back of a table took. Its partition stood still for so long.",
            Query("max by (table, instance) (pavilion_table_recovery_seconds{@})", "{{table}} on {{instance}}"),
            unit="s",
            alert="PavilionRecoverySlow",
        ),
        Panel(
            "bargauge",
            "Recoveries in an hour",
            "How often each table was read back, on each worker.",
            [
                Query(
                    "sum by (table, instance) (increase(pavilion_table_recoveries_total{@}[1h]))",
                    "{{table}} on {{instance}}",
                )
            ],
            width=24,
            height=6,
        ),
    ],
)

DASHBOARD = Dashboard("streams", "Streams and tables", str(__doc__), [AGENTS, STEPS, PARTITIONS, TABLES], by_agent=True)
