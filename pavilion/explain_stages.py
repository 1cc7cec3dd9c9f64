"""The story of an event in lines, from what was found out about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from infra.log.ports import Backlog
from pavilion.find_event import Traces
from schemas.explain import Copy, EventStory, Recipient, Searched, Stage
from streams.retry import Policy


def published(copies: Sequence[Copy], problem: str) -> Stage:
    first = copies[0]
    where = f"{first.published_at} in {first.topic}, partition {first.partition}, at {first.offset}"
    if problem:
        return Stage("published", "no", f"{where}; it cannot be read: {problem}")
    again = [copy for copy in copies if copy.duplicate]
    new = len(copies) - len(again) - 1
    more = f"; {len(again)} more within the window of the first, dropped as duplicates" if again else ""
    more += f"; {new} more after the window, processed by themselves" if new else ""
    return Stage("published", "ok", where + more)


def processed(agent: str, copy: Copy, lag: Backlog, recipients: Sequence[Recipient]) -> Stage:
    if copy.processed:
        return Stage("agent", "ok", f"{agent} has taken it")
    if any(one.fate == "told" for one in recipients):
        return Stage("agent", "ok", f"{agent} has done it, and not committed it yet")
    behind = f"{lag.messages} records of its partition are not committed, the oldest for {lag.seconds:.0f} s"
    return Stage("agent", "wait", f"{agent} has not come to it: {behind}")


def failures(traces: Traces, policies: dict[str, Policy]) -> list[Stage]:
    stages = []
    for origin, attempt in traces.attempts:
        policy = policies.get(attempt.agent)
        of = f" of {policy.attempts}" if policy is not None else ""
        after = f", due within {policy.longest(attempt.attempt):.0f} s" if policy is not None else ""
        text = f"{attempt.agent} failed with {attempt.error or 'an error'}; attempt {attempt.attempt}{of} was ordered"
        stages.append(Stage("retry", "note", f"{text} at {attempt.at}{after} (first failure {origin.failed_at})"))
    for _, letter in traces.letters:
        state = "pending" if letter.pending else "replayed since"
        text = f"{letter.agent} put it aside at {letter.at} with {letter.error}, attempt {letter.attempts}: {state}"
        stages.append(Stage("dead letter", "no" if letter.pending else "note", f"{text}; its id is {letter.id}"))
    return stages


def outcome(recipients: Sequence[Recipient], user_id: str | None, *, complete: bool) -> list[Stage]:
    if not recipients:
        reason = f"they do not tell {user_id} of it" if user_id is not None else "they tell nobody of it"
        return [Stage("rules", "no", reason)]
    counts = Counter(one.fate if one.fate != "suppressed" else f"suppressed ({one.suppression})" for one in recipients)
    said = ", ".join(f"{count} {fate}" for fate, count in counts.most_common())
    more = "" if complete else "; there are more, ask for one with --user"
    return [Stage("rules", "ok", f"as they are now, for {len(recipients)}: {said}{more}")]


def verdict(stories: Sequence[EventStory], event_id: str, user_id: str | None, searched: Searched) -> tuple[bool, str]:
    """Whether everybody it was about was told, or the user that was asked about; and a sentence."""
    if not stories:
        way = "" if searched.complete else ", where the search gave up: give a later --since"
        where = f"{', '.join(searched.topics)} from {searched.since} to {searched.until}{way}"
        return False, f"there is no event {event_id} in {where} ({searched.records} records); try an earlier --since"
    recipients = [one for story in stories for one in story.recipients]
    if user_id is not None:
        mine = [one for one in recipients if one.user_id == user_id]
        if not mine:
            stopped = [stage for story in stories for stage in story.stages if stage.state == "no"]
            broken = next((stage.text for stage in stopped if stage.name != "rules"), "")
            return False, f"{user_id} was not told: {broken or 'no rule tells this user of it'}"
        best = next((one for one in mine if one.fate == "told"), mine[0])
        return best.fate == "told", f"{user_id} was {best.text}"
    if not recipients:
        broken = next((stage.text for story in stories for stage in story.stages if stage.state in ("no", "wait")), "")
        return False, f"nobody was told: {broken}"
    told_count = sum(one.fate == "told" for one in recipients)
    if told_count == len(recipients):
        return True, f"all {told_count} recipients were told" if told_count > 1 else "its recipient was told"
    first = next(one for one in recipients if one.fate != "told")
    return False, f"{told_count} of {len(recipients)} recipients were told; {first.user_id} was {first.text}"
