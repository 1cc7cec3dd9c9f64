"""Trouble for every alert: how series go while all is well, and while it is not. Minutes count from its beginning."""

from collections.abc import Sequence
from dataclasses import dataclass

Value = float | None
"""What is scraped; None where the target, or the series, is gone."""


@dataclass(frozen=True)
class Gauge:
    """Its value in peace, and in trouble."""

    series: str
    well: Value
    ill: Value


@dataclass(frozen=True)
class Counter:
    """By how much it grows in a minute, in peace and in trouble."""

    series: str
    well: float
    ill: float


Series = Gauge | Counter


@dataclass(frozen=True)
class Case:
    """The alert is ``silent`` until that minute at least, and ``firing`` from that one at the latest, with ``labels``.

    The trouble ends at ``until``, and ``over`` is when the alert must have ended. Trouble of ``spike`` minutes is none;
    where ``spike`` is 0 any is too much.
    """

    alert: str
    series: Sequence[Series]
    silent: int
    firing: int
    until: int
    over: int
    spike: int = 1
    severity: str = "warning"
    labels: str = ""


def worker(name: str, well: Value = 1, ill: Value = 1) -> Gauge:
    return Gauge(f'up{{job="pavilion-worker",instance="{name}"}}', well, ill)


def gateway(name: str, well: Value = 1, ill: Value = 1) -> Gauge:
    return Gauge(f'up{{job="pavilion-gateway",instance="{name}"}}', well, ill)


def buckets(well: str, ill: str) -> list[Series]:
    """100 notifications a minute, all of them within ``well`` seconds, then within ``ill``."""
    bounds = ["0.5", "1.0", "2.5", "5.0", "10.0", "30.0", "+Inf"]

    def rate(at: str, bound: str) -> float:
        return 100 if float(bound) >= float(at) else 0

    return [
        Counter(
            f'pavilion_event_processing_seconds_bucket{{instance="w1",le="{bound}"}}',
            rate(well, bound),
            rate(ill, bound),
        )
        for bound in bounds
    ]


def owned(one: tuple[Value, Value], other: tuple[Value, Value]) -> list[Series]:
    return [
        Gauge('pavilion_partitions{instance="w1",agent="video"}', 16, None if one[1] is None else 16),
        Gauge('pavilion_partitions{instance="w2",agent="video"}', 16, 16),
        Gauge('pavilion_partitions_owned{instance="w1",agent="video"}', *one),
        Gauge('pavilion_partitions_owned{instance="w2",agent="video"}', *other),
    ]


EVENTS = 'pavilion_events_total{instance="w1",agent="video",result="%s"}'
CLOSES = 'pavilion_gateway_closes_total{instance="g1",code="%s"}'
RESUMES = 'pavilion_gateway_resumes_total{instance="g1",result="%s"}'
REQUESTS = 'pavilion_gateway_requests_total{instance="g1",route="GET /v1/notifications",status="%s"}'
LAG = 'pavilion_consumer_lag_seconds{instance="w1",agent="delivery",topic="%s"}'
DAY = 24 * 60

CASES = [
    Case("PavilionNoWorker", [worker("w1", 1, 0), worker("w2", 1, 0)], 0, 2, 10, 11, severity="critical"),
    Case("PavilionNoWorker", [worker("w1", 1, None), worker("w2", 1, None)], 0, 2, 10, 11, severity="critical"),
    Case("PavilionWorkerDown", [worker("w1", 1, 0), worker("w2")], 1, 3, 10, 11, labels='instance="w1"'),
    Case("PavilionNoGateway", [gateway("g1", 1, 0)], 0, 2, 10, 11, severity="critical"),
    Case("PavilionGatewayDown", [gateway("g1", 1, 0), gateway("g2")], 1, 3, 10, 11, labels='instance="g1"'),
    Case(
        "PavilionGatewayNotReading",
        [
            Gauge('pavilion_gateway_fan_out_readers{job="pavilion-gateway",instance="g1"}', 16, 12),
            Gauge('pavilion_gateway_fan_out_readers{job="pavilion-gateway",instance="g2"}', 16, 16),
            Gauge('pavilion_partitions{job="pavilion-worker",instance="w1",agent="delivery"}', 16, 16),
        ],
        1,
        3,
        10,
        11,
        labels='instance="g1"',
    ),
    Case(
        "PavilionOpenFiles",
        [
            Gauge('process_open_fds{job="pavilion-gateway",instance="g1"}', 300, 900),
            Gauge('process_max_fds{job="pavilion-gateway",instance="g1"}', 1024, 1024),
        ],
        4,
        6,
        15,
        16,
    ),
    Case(
        "PavilionVersionsMixed",
        [
            Gauge('pavilion_build_info{instance="w1",version="1.0"}', 1, 1),
            Gauge('pavilion_build_info{instance="w2",version="1.0"}', 1, None),
            Gauge('pavilion_build_info{instance="w2",version="1.1"}', None, 1),
        ],
        59,
        61,
        80,
        81,
        severity="info",
        spike=20,
    ),
    Case("PavilionPartitionsUnowned", owned((8, None), (8, 8)), 0, 2, 10, 11, severity="critical"),
    Case("PavilionPartitionsUnowned", owned((8, 5), (8, 8)), 0, 2, 10, 11, severity="critical"),
    Case("PavilionPartitionsUnowned", owned((8, None), (8, None)), 0, 2, 10, 11, severity="critical"),
    Case(
        "PavilionPartitionsPaused",
        [Gauge('pavilion_partitions_paused{instance="w1",agent="delivery"}', 0, 3)],
        1,
        3,
        9,
        10,
    ),
    Case(
        "PavilionOwnershipFlapping",
        [Counter('pavilion_ownership_lost_total{instance="w1",agent="video",reason="lost"}', 0, 4)],
        8,
        15,
        25,
        45,
        spike=3,
    ),
    Case(
        "PavilionRecoverySlow",
        [Gauge('pavilion_table_recovery_seconds{instance="w1",table="video-seen"}', 2, 95)],
        -1,
        1,
        10,
        12,
        spike=0,
    ),
    Case("PavilionLag", [Gauge(LAG % "notifications", 0, 90)], 2, 4, 10, 11),
    Case("PavilionLag", [Gauge(LAG % "notifications", 0, 900)], 2, 4, 10, 11, severity="critical"),
    Case("PavilionBulkLag", [Gauge(LAG % "notifications-bulk", 900, 4000)], 9, 11, 20, 21),
    Case("PavilionDeliverySlow", buckets("0.5", "30.0"), 4, 9, 20, 27),
    Case("PavilionErrorRate", [Counter(EVENTS % "in", 100, 100), Counter(EVENTS % "retried", 1, 30)], 2, 6, 15, 22),
    Case("PavilionErrorRate", [Counter(EVENTS % "in", 100, 100), Counter(EVENTS % "dead-letter", 1, 30)], 2, 6, 15, 22),
    Case("PavilionRetryDepth", [Gauge('pavilion_retry_queue_depth{instance="w1"}', 20, 800)], 4, 6, 15, 16),
    Case("PavilionRetryStuck", [Gauge('pavilion_retry_queue_depth{instance="w1"}', 0, 7)], 20, 26, 40, 41, spike=10),
    Case(
        "PavilionDeadLetters",
        [Counter('pavilion_dead_letters_total{instance="w1",reason="InvalidEventType"}', 0, 2)],
        1,
        4,
        10,
        22,
    ),
    Case(
        "PavilionDeadLettersWaiting",
        [Gauge('pavilion_dead_letter_backlog{job="pavilion-worker",instance="w1"}', 0, 3)],
        DAY,
        DAY + 30,
        DAY + 60,
        DAY + 61,
        spike=600,
    ),
    Case(
        "PavilionEventsTooLate",
        [Counter('pavilion_suppressed_total{instance="w1",agent="video",reason="late"}', 0, 4)],
        1,
        5,
        10,
        27,
    ),
    Case(
        "PavilionEventsTooLate",
        [Counter('pavilion_suppressed_total{instance="w1",agent="video",reason="expired"}', 0, 4)],
        1,
        5,
        10,
        27,
    ),
    Case(
        "PavilionBreakerOpen",
        [Gauge('pavilion_dependency_state{instance="w1",dependency="redis"}', 0, 2)],
        0,
        2,
        10,
        11,
        severity="critical",
    ),
    Case(
        "PavilionBreakerOpen",
        [Gauge('pavilion_dependency_state{instance="w1",dependency="redis"}', 0, 1)],
        0,
        2,
        10,
        11,
        severity="critical",
    ),
    Case(
        "PavilionBreakerFlapping",
        [Counter('pavilion_dependency_transitions_total{instance="w1",dependency="redis",state="closed"}', 0, 1)],
        3,
        8,
        15,
        32,
        spike=3,
    ),
    Case(
        "PavilionRequestsFail",
        [Counter(REQUESTS % "200", 100, 80), Counter(REQUESTS % "503", 0, 20)],
        1,
        6,
        15,
        23,
        severity="critical",
    ),
    Case(
        "PavilionSlowConsumers",
        [Counter(CLOSES % "4008", 0, 10), Gauge('pavilion_gateway_connections{instance="g1"}', 500, 500)],
        2,
        7,
        15,
        28,
    ),
    Case(
        "PavilionPositionsLost", [Counter('pavilion_gateway_positions_lost_total{instance="g1"}', 0, 10)], 1, 4, 10, 22
    ),
    Case(
        "PavilionResumesFail",
        [Counter(RESUMES % "recovered", 50, 50), Counter(RESUMES % "not_recovered", 0, 50)],
        5,
        13,
        20,
        32,
    ),
    Case(
        "PavilionFanOutIncomplete",
        [Counter('pavilion_gateway_positions_repaired_total{instance="g1"}', 0, 50)],
        5,
        9,
        15,
        32,
    ),
    Case(
        "PavilionFlood",
        [Counter('pavilion_gateway_limited_total{instance="g1",policy="address"}', 0, 1200)],
        5,
        9,
        15,
        22,
    ),
    Case(
        "PavilionCertificateExpires",
        [Gauge('pavilion_gateway_certificate_expires_timestamp_seconds{instance="g1"}', 5e6, 9e5)],
        58,
        62,
        70,
        71,
    ),
    Case(
        "PavilionCertificateRefused",
        [Counter('pavilion_gateway_certificate_loads_total{instance="g1",result="failed"}', 0, 1)],
        -1,
        2,
        5,
        17,
        spike=0,
    ),
    Case(
        "PavilionFanOutMisdirected",
        [Counter('pavilion_gateway_misdirected_total{instance="g1"}', 0, 1)],
        -1,
        2,
        5,
        17,
        severity="critical",
        spike=0,
    ),
    Case(
        "PavilionAuditFails",
        [Counter('pavilion_gateway_audit_failed_total{instance="g1"}', 0, 1)],
        -1,
        2,
        5,
        17,
        severity="critical",
        spike=0,
    ),
    Case(
        "PavilionSessionsUnchecked",
        [Counter('pavilion_gateway_sessions_unchecked_total{instance="g1"}', 0, 3)],
        3,
        8,
        15,
        27,
        spike=0,
    ),
    Case(
        "PavilionIssuerKeysOld",
        [Gauge('pavilion_gateway_issuer_keys_timestamp_seconds{instance="g1",url="https://id.example"}', 1e5, 1)],
        1468,
        1474,
        1500,
        1501,
        spike=0,
    ),
    Case(
        "PavilionBodiesDamaged",
        [Counter('pavilion_unreadable_bodies_total{instance="g1",reason="damaged"}', 0, 1)],
        -1,
        2,
        5,
        67,
        severity="critical",
        spike=0,
    ),
]
