"""Quiet hours: days, zones, and the two nights of the year on which clocks jump."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.quiet_hours import Window, check_quiet_hours, time_zones, window_at
from schemas.errors import InvalidNotification
from schemas.preferences import QuietHours
from schemas.times import from_ms, to_ms

MINUTE = timedelta(minutes=1)
ZONES = sorted(time_zones() & available_timezones())

clock_times = st.builds(lambda minutes: f"{minutes // 60:02d}:{minutes % 60:02d}", st.integers(0, 24 * 60 - 1))
hours = st.builds(QuietHours, clock_times, clock_times, st.sampled_from(ZONES)).filter(lambda h: h.start != h.end)
# Before 2000 some offsets have seconds; nothing is known of rules after 2037.
instants = st.datetimes(datetime(2000, 1, 10), datetime(2037, 12, 1)).map(lambda at: at.replace(tzinfo=UTC))
instants |= st.sampled_from(
    [
        datetime(2026, 3, 29, 1, tzinfo=UTC),  # Europe goes forward, and back
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York
        datetime(2011, 12, 30, 10, tzinfo=UTC),  # Samoa skips a day
        datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe goes back by half an hour
    ]
)
near = st.builds(lambda at, minutes: at + minutes * MINUTE, instants, st.integers(-36 * 60, 36 * 60))


def window(start: str, end: str, zone: str, at: str) -> tuple[str, str]:
    """In UTC, to the minute."""
    found = window_at(QuietHours(start, end, zone), to_ms(datetime.fromisoformat(at).replace(tzinfo=UTC)))
    assert found is not None
    return tuple(f"{from_ms(ms):%Y-%m-%dT%H:%M}" for ms in found)  # type: ignore[return-value]


BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        pytest.param(("22:00", "07:00", BERLIN), "2026-01-10T03:00", ("2026-01-09T21:00", "2026-01-10T06:00"), id="in"),
        pytest.param(("22:00", "07:00", BERLIN), "2026-01-09T21:00", ("2026-01-09T21:00", "2026-01-10T06:00"), id="at"),
        pytest.param(
            ("22:00", "07:00", BERLIN), "2026-01-10T06:00", ("2026-01-10T21:00", "2026-01-11T06:00"), id="next"
        ),
        pytest.param(
            ("12:00", "13:30", BERLIN), "2026-07-10T00:00", ("2026-07-10T10:00", "2026-07-10T11:30"), id="same day"
        ),
        pytest.param(
            ("22:00", "07:00", "Asia/Kathmandu"),
            "2026-01-10T20:00",
            ("2026-01-10T16:15", "2026-01-11T01:15"),
            id="quarter of an hour",
        ),
        # 02:00 becomes 03:00 at 01:00 UTC.
        pytest.param(
            ("22:00", "07:00", BERLIN), "2026-03-29T00:00", ("2026-03-28T21:00", "2026-03-29T05:00"), id="over a gap"
        ),
        pytest.param(
            ("22:00", "02:30", BERLIN), "2026-03-29T00:00", ("2026-03-28T21:00", "2026-03-29T01:00"), id="ends in a gap"
        ),
        pytest.param(
            ("02:30", "07:00", BERLIN), "2026-03-29T00:00", ("2026-03-29T01:00", "2026-03-29T05:00"), id="begins in one"
        ),
        pytest.param(
            ("02:10", "02:50", BERLIN), "2026-03-29T00:00", ("2026-03-30T00:10", "2026-03-30T00:50"), id="lost in one"
        ),
        pytest.param(
            ("02:50", "03:10", BERLIN), "2026-03-29T00:00", ("2026-03-29T01:00", "2026-03-29T01:10"), id="cut by one"
        ),
        pytest.param(
            # Quiet but for 20 minutes, which this day does not have.
            ("02:40", "02:20", BERLIN),
            "2026-03-29T00:00",
            ("2026-03-28T01:40", "2026-03-30T00:20"),
            id="nothing in between",
        ),
        # 03:00 becomes 02:00 at 01:00 UTC.
        pytest.param(
            ("22:00", "07:00", BERLIN), "2026-10-25T00:00", ("2026-10-24T20:00", "2026-10-25T06:00"), id="over a fold"
        ),
        pytest.param(
            ("22:00", "02:30", BERLIN), "2026-10-25T00:00", ("2026-10-24T20:00", "2026-10-25T00:30"), id="ends at first"
        ),
        pytest.param(
            ("22:00", "02:30", BERLIN), "2026-10-25T01:10", ("2026-10-25T21:00", "2026-10-26T01:30"), id="not again"
        ),
        pytest.param(
            ("02:30", "07:00", BERLIN), "2026-10-25T00:40", ("2026-10-25T00:30", "2026-10-25T06:00"), id="begins then"
        ),
        pytest.param(
            # Samoa had no 30 December 2011: it went to the other side of the date line.
            ("22:00", "07:00", "Pacific/Apia"),
            "2011-12-30T09:00",
            ("2011-12-30T08:00", "2011-12-30T17:00"),
            id="over a lost day",
        ),
    ],
)
def test_windows(hours: tuple[str, str, str], at: str, expected: tuple[str, str]) -> None:
    assert window(*hours, at) == expected


def first_moment_by_looking(day: datetime, at: time, zone: ZoneInfo) -> datetime:
    """The definition, minute by minute: when a clock first shows that time, or a later one of the day."""
    wanted = datetime.combine(day.date(), at)
    moment = wanted.replace(tzinfo=UTC) - timedelta(hours=40)
    while moment.astimezone(zone).replace(tzinfo=None) < wanted:
        moment += MINUTE
    return moment


@given(hours, near)
@settings(max_examples=60, deadline=None)
def test_a_window_is_what_looking_at_the_clock_says(quiet: QuietHours, now: datetime) -> None:
    zone, start, end = ZoneInfo(quiet.time_zone), time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    today = now.astimezone(zone).replace(tzinfo=None)
    holding = False
    for number in (-2, -1, 0, 1):
        day = today + timedelta(days=number)
        begins = first_moment_by_looking(day, start, zone)
        ends = first_moment_by_looking(day if start < end else day + timedelta(days=1), end, zone)
        holding = holding or begins <= now < ends
    found = window_at(quiet, to_ms(now))
    assert found is not None
    assert found.holds(to_ms(now)) is holding


@given(hours, near)
@settings(deadline=None)
def test_one_window_follows_another(quiet: QuietHours, now: datetime) -> None:
    """Each begins after the one before it has ended, and at both its ends the other state holds."""
    first = window_at(quiet, to_ms(now))
    assert first is not None
    after = window_at(quiet, first.end_ms)
    assert after is not None
    assert first.start_ms < first.end_ms < after.start_ms < after.end_ms
    for each in (first, after):
        assert window_at(quiet, each.start_ms) == window_at(quiet, each.end_ms - 1) == each
        before = window_at(quiet, each.start_ms - 1)
        assert before is not None
        assert not before.holds(each.start_ms - 1)


@given(hours, near)
@settings(deadline=None)
def test_far_from_a_jump_the_wall_clock_decides(quiet: QuietHours, now: datetime) -> None:
    zone = ZoneInfo(quiet.time_zone)
    local = now.astimezone(zone)
    days = [(now + timedelta(hours=number)).astimezone(zone).utcoffset() for number in range(-50, 51, 2)]
    assume(len(set(days)) == 1)
    shown, start, end = local.time(), time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    expected = start <= shown < end if start < end else shown >= start or shown < end
    found = window_at(quiet, to_ms(now))
    assert found is not None
    assert found.holds(to_ms(now)) is expected
    assert (from_ms(found.end_ms).astimezone(zone).time() == end) or found.end_ms > to_ms(now + timedelta(days=1))


def test_what_is_refused() -> None:
    check_quiet_hours(QuietHours("22:00", "07:00", "America/Argentina/Buenos_Aires"))
    with pytest.raises(InvalidNotification, match=r"quiet_hours\.end"):
        check_quiet_hours(QuietHours("07:00", "07:00", BERLIN))
    for zone in ("", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe", "europe/berlin", "posixrules"):
        with pytest.raises(InvalidNotification, match=r"quiet_hours\.time_zone"):
            check_quiet_hours(QuietHours("22:00", "07:00", zone))


def test_every_zone_that_is_accepted_can_be_used() -> None:
    for zone in time_zones():
        assert window_at(QuietHours("22:00", "07:00", zone), 1_795_000_000_000) is not None


@pytest.mark.parametrize("zone", ["Moon/Tycho", "../../etc/passwd", "Europe", ""])
def test_a_zone_that_is_not_known_here_is_no_quiet_hours(zone: str) -> None:
    """Another process, with a newer database, may have accepted it."""
    assert window_at(QuietHours("22:00", "07:00", zone), 1_795_000_000_000) is None


def test_a_window_ends_before_its_end() -> None:
    assert [Window(10, 20).holds(now) for now in (9, 10, 19, 20)] == [False, True, True, False]
