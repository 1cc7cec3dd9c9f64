"""Which events are traced, what names a trace, and that nothing of it costs anything while it is off."""

import json
import subprocess
import sys
from uuid import UUID

import pytest
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from gateway.tracing import publishing
from infra.openmetrics import exposition
from infra.spans import Spans, make_provider
from infra.tracing import NO_SPAN, OFF, Tracing, open_tracing, sent_with
from schemas.events import VideoLiked, VideoReactionData
from schemas.frames import NotificationFrame, encode_frame
from schemas.notifications import Notification
from schemas.records import Position
from schemas.settings import Settings, SettingsError, load_settings
from schemas.telemetry import TracingSettings
from schemas.times import from_ms
from schemas.traces import MAX_STATE, TraceContext, parse_trace, trace_of

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
NOBODY = "http://127.0.0.1:1"


def liked(id: str, **attributes: str) -> VideoLiked:
    data = VideoReactionData(video_id=UUID(int=1), actor_id=UUID(int=2), owner_id=UUID(int=3), title="Holiday")
    return VideoLiked(specversion="1.0", id=id, source="/t", time=from_ms(1), data=data, **attributes)  # type: ignore[arg-type]


def tracing(ratio: float = 0.0, per_second: int = 1000, clock: list[float] | None = None) -> Tracing:
    now = clock or [0.0]
    spans = Spans(make_provider(NOBODY, {}, "test", "1"))
    return Tracing(spans, ratio=ratio, per_second=per_second, clock=lambda: now[0])


def test_a_traceparent_is_read_as_the_standard_says() -> None:
    assert parse_trace(f"00-{TRACE}-{SPAN}-01", "a=1") == TraceContext(TRACE, SPAN, True, "a=1")
    assert parse_trace(f"00-{TRACE}-{SPAN}-02") == TraceContext(TRACE, SPAN, False)
    assert parse_trace(f"cc-{TRACE}-{SPAN}-03-what-comes-later") == TraceContext(TRACE, SPAN, True)
    assert TraceContext(TRACE, SPAN, True).traceparent == f"00-{TRACE}-{SPAN}-01"
    assert TraceContext(TRACE, SPAN, False).traceparent == f"00-{TRACE}-{SPAN}-00"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "x",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE[:-1]}١-{SPAN}-01",
    ],
)
def test_what_is_no_traceparent_is_none(text: str | None) -> None:
    assert parse_trace(text) is None
    assert sent_with(liked("1", **({} if text is None else {"traceparent": text}))) is None


@pytest.mark.parametrize("state", ["x" * (MAX_STATE + 1), "a=\n", "a=é"])
def test_a_state_that_no_header_could_be_is_left_out(state: str) -> None:
    found = parse_trace(f"00-{TRACE}-{SPAN}-01", state)
    assert found is not None
    assert found.properties() == {"traceparent": f"00-{TRACE}-{SPAN}-01"}


def test_properties_say_it_again() -> None:
    context = TraceContext(TRACE, SPAN, True, "vendor=1")
    assert trace_of(context.properties()) == context


def test_who_sends_an_event_says_whether_it_is_sampled() -> None:
    given = TraceContext(TRACE, SPAN, True)
    assert tracing(ratio=0.0).admit(liked("1"), given) == given
    assert tracing(ratio=1.0).admit(liked("1"), given._replace(sampled=False)) is None


def test_otherwise_its_identity_decides_the_same_everywhere() -> None:
    one, other = tracing(ratio=0.25, per_second=10_000), tracing(ratio=0.25, per_second=10_000)
    events = [liked(str(number)) for number in range(2000)]
    found = [one.admit(event, None) for event in events]
    assert found == [other.admit(event, None) for event in events]
    sampled = [context for context in found if context is not None]
    assert 0.2 < len(sampled) / len(events) < 0.3
    assert len({context.trace_id for context in sampled}) == len(sampled)
    assert {context.span_id for context in sampled} == {NO_SPAN}
    span = one.start("first", sampled[0])
    assert span.context.trace_id == sampled[0].trace_id
    assert span.context.traceparent.endswith("-01")


def test_nobody_outside_makes_a_process_trace_more_than_its_limit() -> None:
    clock, given = [0.0], TraceContext(TRACE, SPAN, True)
    limited = tracing(per_second=10, clock=clock)
    assert sum(limited.admit(liked(str(n)), given) is not None for n in range(1000)) == 10
    clock[0] += 0.5
    assert sum(limited.admit(liked(str(n)), given) is not None for n in range(1000)) == 5
    clock[0] += 3600
    assert sum(limited.take() for _ in range(1000)) == 10


def test_a_gateway_says_in_the_record_what_it_does_not_trace_although_it_was_asked() -> None:
    limited, given = tracing(ratio=0.0, per_second=1), TraceContext(TRACE, SPAN, True)
    events = [("t", liked("own", traceparent=given.traceparent)), ("t", liked("plain")), ("t", liked("plain"))]
    with publishing(limited, events[:2], None) as (first, plain):
        pass
    assert first["traceparent"].startswith(f"00-{TRACE}-")
    assert first["traceparent"] != given.traceparent
    assert plain == {}
    with publishing(limited, events, given) as carried:
        pass
    assert [one["traceparent"] for one in carried] == [f"00-{TRACE}-{SPAN}-00"] * 3
    with publishing(OFF, events, given) as carried:
        pass
    assert list(carried) == [{}] * 3


def test_nothing_that_traces_is_imported_while_it_is_off() -> None:
    """Beside what the clients of Redis and Pulsar import for themselves where they find it."""
    code = (
        "traces = 'infra.spans', 'opentelemetry.exporter', 'opentelemetry.sdk.trace', 'requests'\n"
        "import sys, pavilion.process, pavilion.cli, pavilion.app, infra.producers\n"
        "from infra.tracing import OFF, open_tracing\n"
        "from schemas.settings import Settings\n"
        "assert open_tracing(Settings(), 'run', '1') is OFF\n"
        "print([name for name in sys.modules if name.startswith(traces)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
    assert not OFF.enabled


def test_a_frame_without_a_trace_is_what_it_was() -> None:
    notification = Notification(id="n", user_id="u", type="t", content="c", created_at="2026-01-01T00:00:00.000Z")
    frame = NotificationFrame(position=Position("e", 1, "n"), unseen=0, unread=0, notification=notification)
    assert [*json.loads(encode_frame(frame))] == ["type", "position", "unseen", "unread", "notification"]


def test_it_is_off_where_opentelemetry_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert open_tracing(Settings(tracing=TracingSettings(endpoint=NOBODY)), "run", "1") is OFF


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENDPOINT", "collector:4318"),
        ("ENDPOINT", "http://user:secret@collector:4318"),
        ("ENDPOINT", "grpc://collector"),
        ("HEADERS", "secret"),
        ("HEADERS", "a b=secret"),
        ("SAMPLE_RATIO", "1.1"),
        ("PER_SECOND", "0"),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"PAVILION_TRACING__{name}", value)
    with pytest.raises(SettingsError, match=f"PAVILION_TRACING__{name}: ") as refused:
        load_settings()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("accept", [None, "", "*/*", "text/plain", "application/openmetrics-text; version=none"])
def test_openmetrics_is_for_whoever_accepts_it(accept: str | None) -> None:
    body, content_type = exposition(accept)
    if accept and "openmetrics" in accept:
        assert content_type.startswith("application/openmetrics-text; version=1.0.0")
        assert [*text_string_to_metric_families(body.decode())]
    else:
        assert content_type == CONTENT_TYPE_LATEST
