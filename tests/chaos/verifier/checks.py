"""One function per claim; each counts what it looked at and names what contradicts it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from tests.chaos.verifier.evidence import Evidence, Input, Row
from tests.chaos.verifier.expected import WINDOW_MS, Expected, Told
from tests.e2e.model import fact_of


@dataclass
class Finding:
    """One claim under a guarantee: how much was checked, and a line for each violation."""

    guarantee: str
    claim: str
    checked: int = 0
    violations: list[str] = field(default_factory=list)

    def check(self, holds: bool, violation: str) -> None:
        self.checked += 1
        if not holds:
            self.violations.append(violation)


Check = Callable[[Evidence, Expected], Finding]


def told_in(rows: Iterable[Row]) -> Counter[Told]:
    return Counter((row.user, fact_of(row.body)) for row in rows)


def place(record: Input) -> str:
    return f"{record.topic}-{record.partition} {record.offset}"


def inputs_are_there(evidence: Evidence, expected: Expected) -> Finding:
    """Not a guarantee of ours, but what all others are measured by."""
    finding = Finding("input", "what the broker acknowledged is in the input topics")
    left = Counter((one.topic, blake2b(one.payload, digest_size=16).hexdigest()) for one in evidence.inputs)
    for line in evidence.acknowledged:
        left[line["topic"], line["digest"]] -= 1
        finding.check(left[line["topic"], line["digest"]] >= 0, f"{line['topic']}: {line['digest']} is missing")
    return finding


def recipients_have_their_notification(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G1", "each recipient of an accepted event has its notification in history")
    found = told_in(evidence.history)
    for (user, fact), record in expected.must.items():
        finding.check((user, fact) in found, f"{user} has nothing of {fact} ({place(record)})")
    return finding


def nobody_is_told_of_nothing(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G1", "history has nothing that no event calls for, own actions are suppressed")
    for user, fact in told_in(evidence.history):
        own = " (an own action)" if (user, fact) in expected.own else ""
        finding.check((user, fact) in expected.must or (user, fact) in expected.may, f"{user} has {fact}{own}")
    return finding


def history_has_each_once(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G2", "history has each notification once")
    for (user, fact), number in told_in(evidence.history).items():
        finding.check(number == 1, f"{user} has {fact} {number} times")
    return finding


def inbox_has_each_once(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G2", "the inbox has each notification above its floor once, and counts them")
    by_user: defaultdict[str, set[str]] = defaultdict(set)
    for row in evidence.history:
        by_user[row.user].add(row.id)
    for user in by_user.keys() | evidence.inboxes.keys():
        inbox = evidence.inboxes.get(user)
        if inbox is None:
            finding.check(False, f"{user} has no inbox, and {len(by_user[user])} notifications")
            continue
        above = {id for id in by_user[user] if id > inbox.floor}
        for id in above | inbox.items.keys():
            finding.check(id in above and id in inbox.items, f"{user}: {id} is in only one of inbox and history")
        facts = Counter(fact_of(item) for item in inbox.items.values())
        twice = [fact for fact, number in facts.items() if number > 1]
        finding.check(not twice, f"{user}: in the inbox twice: {twice[:3]}")
        counts = (inbox.unseen, inbox.unread)
        finding.check(counts == (len(inbox.items),) * 2, f"{user}: unseen, unread {counts} of {len(inbox.items)} items")
    return finding


def clients_see_offsets_in_order(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G3", "a client sees offsets in order, without gap or double, and goes on only where it was")
    for user, lines in evidence.sockets.items():
        at: tuple[str, int, str] | None = None
        for line in lines:
            if line["event"] == "connected":
                there, sent = _position(line), line["sent"]
                if line["recovered"]:
                    same = sent is not None and at == _position(sent)
                    finding.check(same, f"{user}: recovered at {sent}, having seen {at}")
                    whole = at is not None and there[0] == at[0] and there[1] >= at[1]
                    finding.check(whole, f"{user}: recovered from {at} to {there}")
                else:
                    at = there
            elif line["event"] == "frame":
                here = _position(line)
                follows = at is not None and here[:2] == (at[0], at[1] + 1)
                finding.check(follows, f"{user}: {here} came after {at}")
                if line["type"] == "notification":
                    finding.check(line["id"] == here[2], f"{user}: {line['id']} came with the tail {here[2]}")
                at = here
    return finding


def offsets_are_never_reused(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G3", "an offset of an epoch has one id, and an id one offset, whoever shows it")
    for user, lines in evidence.sockets.items():
        ids: dict[tuple[str, int], str] = {}
        offsets: dict[tuple[str, str], int] = {}
        inbox = evidence.inboxes.get(user)
        logged = {} if inbox is None else dict(enumerate((id for id, _ in inbox.log), inbox.top - len(inbox.log) + 1))
        for line in lines:
            if line["event"] != "frame":
                continue
            epoch, offset, tail = _position(line)
            first = ids.setdefault((epoch, offset), tail)
            finding.check(first == tail, f"{user}: offset {offset} of {epoch} is {first} and {tail}")
            same = offsets.setdefault((epoch, tail), offset)
            finding.check(same == offset, f"{user}: {tail} has the offsets {same} and {offset} of {epoch}")
            if inbox is not None and epoch == inbox.epoch and offset in logged:
                entry = logged[offset]
                finding.check(entry == tail, f"{user}: offset {offset} is {entry} in Redis, and was shown as {tail}")
    return finding


def nothing_stays_hidden(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G3", "everything called for was pushed to the client, or loaded when it was told to")
    seen = {user: facts_seen(evidence, user) for user in evidence.sockets}
    for (user, fact), record in expected.must.items():
        if user in seen:
            finding.check(fact in seen[user], f"{user} never saw {fact} ({place(record)})")
    return finding


def clients_end_where_their_inbox_is(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G3", "in the end the client is where its inbox is, and its list is its history")
    by_user: defaultdict[str, list[str]] = defaultdict(list)
    for row in evidence.history:
        by_user[row.user].append(row.id)
    for user, lines in evidence.sockets.items():
        final = next((line for line in reversed(lines) if line["event"] == "final"), None)
        if final is None:
            finding.check(False, f"{user}: the journal ends before the client did")
            continue
        finding.check(final["converged"], f"{user}: at {final['position']}, the inbox at {final['top']}")
        same = final["ids"] == sorted(by_user[user], reverse=True)
        missing = sorted(set(by_user[user]) - set(final["ids"]))[:3]
        finding.check(same, f"{user}: {len(final['ids'])} listed of {len(by_user[user])} in history, lacking {missing}")
    return finding


def commits_follow_effects(evidence: Evidence, expected: Expected) -> Finding:
    """When the broker has no backlog, every record is committed: then its effects must be there."""
    finding = Finding("G4", "every committed record has had its effect")
    if not any(line.get("phase") == "settled" for line in evidence.faults):
        return finding
    found = told_in(evidence.history)
    letters = {(one.topic, one.partition, one.offset) for one in evidence.letters}
    for record, facts in expected.told_by.items():
        finding.check(facts <= found.keys(), f"{place(record)} is committed without its notifications")
    for record in expected.bad:
        lettered = (record.topic, record.partition, record.offset) in letters
        finding.check(lettered, f"{place(record)} is committed without a dead letter")
    return finding


def superseded_owners_change_nothing(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G5", "each inbox's log is one chain up to its top, whoever wrote to it")
    for user, inbox in evidence.inboxes.items():
        for (before, _), (id, named) in zip(inbox.log, inbox.log[1:], strict=False):
            finding.check(named == before, f"{user}: {id} names {named} as the one before it, which is {before}")
        if inbox.log:
            finding.check(inbox.log[-1][0] == inbox.tail, f"{user}: the tail {inbox.tail} is not {inbox.log[-1][0]}")
        ids = Counter(id for id, _ in inbox.log)
        twice = [id for id, number in ids.items() if number > 1]
        finding.check(not twice, f"{user}: in the log twice: {twice[:3]}")
    return finding


def partitions_have_one_owner(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G5", "in the end each partition of a table has one owner")
    for topic, partition in _table_places(evidence, expected):
        owners = [worker for worker, _ in _tables(evidence, topic, partition)]
        finding.check(len(owners) == 1, f"{topic}-{partition} is owned by {owners or 'nobody'}")
    return finding


def bad_input_is_kept(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G6", "bad input is among the dead letters, with its bytes, origin and reason")
    letters = {(one.topic, one.partition, one.offset): one for one in evidence.letters}
    for record in expected.bad:
        letter = letters.get((record.topic, record.partition, record.offset))
        whole = letter is not None and letter.payload == record.payload and bool(letter.reason)
        finding.check(whole, f"{place(record)}: {'no letter' if letter is None else f'the letter says {letter}'}")
    return finding


def letters_have_one_id(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G6", "a replay writes the same letter: one id for each record")
    ids: defaultdict[tuple[str, int, str], set[str]] = defaultdict(set)
    for one in evidence.letters:
        ids[one.topic, one.partition, one.offset].add(one.id)
    for where, names in ids.items():
        finding.check(len(names) == 1, f"{where} has letters {sorted(names)}")
    return finding


def outages_bury_nothing(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G7", "nothing is dead-lettered for an outage")
    bad = {(one.topic, one.partition, one.offset) for one in expected.bad}
    for one in evidence.letters:
        known = (one.topic, one.partition, one.offset) in bad
        finding.check(known, f"{one.topic}-{one.partition} {one.offset} was no bad input: {one.reason}")
    return finding


def work_resumes(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G7", "processes live through outages, and all work is done in the end")
    for line in evidence.faults:
        if line.get("phase") == "ended" and line["was_up"]:
            finding.check(False, f"{line['target']} ended by itself with {line['status']} at {line['at']}")
    stuck = next((line["reason"] for line in evidence.faults if line.get("phase") == "stuck"), "the round broke off")
    finding.check(any(line.get("phase") == "settled" for line in evidence.faults), stuck)
    return finding


def tables_equal_the_model(evidence: Evidence, expected: Expected) -> Finding:
    """Expired keys are dropped with their bucket, a quarter of the window wide, so that a few more may be held."""
    finding = Finding("G8", "in the end each window table has the keys and the stream time that its input gives")
    for topic, partition in _table_places(evidence, expected):
        window = expected.windows[topic, partition]
        expired = window.stream_ms - WINDOW_MS
        least, most = window.after(expired), window.after(expired - WINDOW_MS // 4)
        for worker, table in _tables(evidence, topic, partition):
            told = f"{worker} has {topic}-{partition} with {table['keys']} keys at {table['stream_time']}"
            finding.check(least <= table["keys"] <= most, f"{told}, not {least} to {most}")
            moment = round(datetime.fromisoformat(table["stream_time"]).timestamp() * 1000)
            finding.check(moment == window.stream_ms, f"{told}, not {window.stream_ms}")
    return finding


def nobody_elses(evidence: Evidence, expected: Expected) -> Finding:
    finding = Finding("G9", "nobody is shown another user's notification")
    for user, lines in evidence.sockets.items():
        for line in lines:
            if line.get("owner"):
                finding.check(line["owner"] == user, f"{user} was shown {line['id']} of {line['owner']}")
    for row in evidence.history:
        finding.check(row.body["user_id"] == row.user, f"{row.id} of {row.body['user_id']} is {row.user}'s")
    return finding


CHECKS: tuple[Check, ...] = (
    inputs_are_there,
    recipients_have_their_notification,
    nobody_is_told_of_nothing,
    history_has_each_once,
    inbox_has_each_once,
    clients_see_offsets_in_order,
    offsets_are_never_reused,
    nothing_stays_hidden,
    clients_end_where_their_inbox_is,
    commits_follow_effects,
    superseded_owners_change_nothing,
    partitions_have_one_owner,
    bad_input_is_kept,
    letters_have_one_id,
    outages_bury_nothing,
    work_resumes,
    tables_equal_the_model,
    nobody_elses,
)


def facts_seen(evidence: Evidence, user: str) -> dict[str, float]:
    """When the user's client first saw each fact, pushed or loaded."""
    seen: dict[str, float] = {}
    for line in evidence.sockets.get(user, ()):
        if line["event"] == "frame" and "fact" in line:
            seen.setdefault(line["fact"], line["at"])
        elif line["event"] == "loaded":
            for _, fact in line["new"]:
                seen.setdefault(fact, line["at"])
    return seen


def _position(line: dict[str, Any]) -> tuple[str, int, str]:
    return line["epoch"], line["offset"], line["tail"]


def _table_places(evidence: Evidence, expected: Expected) -> list[tuple[str, int]]:
    return sorted(expected.windows) if evidence.tables is not None else []


def _tables(evidence: Evidence, topic: str, partition: int) -> list[tuple[str, dict[str, Any]]]:
    name = topic.replace("-events", "-seen")
    return [
        (worker, table)
        for worker, tables in (evidence.tables or {}).items()
        for table in tables
        if (table["table"], table["partition"]) == (name, partition)
    ]
