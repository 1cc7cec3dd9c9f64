"""REST for operators who look at what could not be processed, and replay it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.audit import concerning
from gateway.gateway import of
from gateway.policy import Action, Caller
from gateway.problems import NotThere
from gateway.queries import PAGING, limit_of, page_of, read_cursor, read_moment, text_of, write_cursor, write_moment
from gateway.routes import ActionRoute, Query, json_response, read_json, route
from gateway.services import DeadLetters
from infra.stores.ports import Replay
from schemas.dead_letters import LetterFilter, ReplayReport, ReplayRequest, State
from schemas.errors import InvalidNotification
from schemas.notifications import Timestamp
from schemas.records import DeadLetter
from schemas.rest import Listed, ShownLetter, ShownReplay
from schemas.times import format_ms

_FILTERS = (
    Query("topic"),
    Query("type"),
    Query("error", str, "The name of the error, as a letter shows it."),
    Query("agent"),
    Query("from", Timestamp),
    Query("to", Timestamp),
    Query("state", State),
    Query("text", str, "What is somewhere in the original bytes, the message, the key or the id, in whatever case."),
)


async def list_dead_letters(request: Request, caller: Caller) -> Response:
    """What could not be processed, oldest first.

    `type` is an event's or a notification's, short (`video.liked`) or full. `from` and `to` (excluded) bound the time.
    """
    limit, port = limit_of(request), _port(request)
    found = await port.list(limit + 1, read_cursor("list dead letters", request), _filters(request))
    following = write_cursor(found[limit - 1].id) if len(found) > limit else None
    return json_response(page_of(await shown(port, found[:limit]), following))


async def get_dead_letter(request: Request, caller: Caller) -> Response:
    """One dead letter; slashes in its id may stay as they are."""
    port = _port(request)
    letter = await port.get(request.path_params["id"])
    if letter is None:
        raise NotThere("find dead letter", "there is no such dead letter")
    return json_response((await shown(port, [letter]))[0])


async def replay_dead_letters(request: Request, caller: Caller) -> Response:
    """Publish dead letters again: those in `ids`, or those that `filters` choose, `{}` being all.

    Without a state, filters choose what is pending; `ids` take letters that were replayed before, too. A call replays
    at most 1,000, for about 15 s, and says how many more matched (`remaining`): call again. `failed` has those that
    could not be published. `rate` is in letters a second. A dry run lists up to 10,000 ids. The audit has `by`, else
    the header `X-Operator`, else the role. After a 503 the same call goes on.
    """
    body = await read_json(request, ReplayRequest)
    # Which letters it were, and what became of each, is in the audit of replays.
    concerning(request, subject=" ".join(body.ids) if body.ids else msgspec.json.encode(body.filters).decode())
    by = body.by or request.headers.get("x-operator", "")[:200] or caller.role.value
    return json_response(await _port(request).replay(body, by=by))


async def list_replays(request: Request, caller: Caller) -> Response:
    """Who replayed what, newest first."""
    limit, before = limit_of(request), read_moment("list replays", request)
    found = await _port(request).audit(before, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    following = None if last is None else write_moment(last.at_ms, last.letter_id)
    return json_response(page_of([shown_replay(one) for one in found[:limit]], following))


def _filters(request: Request) -> LetterFilter:
    """``from`` and ``to`` are words of Python's, so the filter calls them otherwise."""
    named = {"from": "since", "to": "until"}
    given = {
        named.get(name, name): text_of(request, name)
        for name in ("topic", "type", "error", "agent", "from", "to", "text")
    }
    state = text_of(request, "state")
    if state not in (None, "pending", "replayed"):
        raise InvalidNotification("list dead letters", "`state` is neither pending nor replayed")
    filters = msgspec.convert({**given, "state": state}, LetterFilter)
    filters.check()
    return filters


def _port(request: Request) -> DeadLetters:
    port = of(request).services.dead_letters
    if port is None:
        raise NotThere("read dead letters", "this process does not read dead letters")
    return port


async def shown(port: DeadLetters, letters: Sequence[DeadLetter]) -> list[ShownLetter]:
    """Everything but the record's version, and what became of each."""
    replays = await port.replays([letter.id for letter in letters])
    return [_shown(letter, replays.get(letter.id)) for letter in letters]


def _shown(letter: DeadLetter, replay: Replay | None) -> ShownLetter:
    return ShownLetter(
        **{name: value for name, value in msgspec.structs.asdict(letter).items() if name != "v"},
        state="replayed" if replay is not None and replay.settles(letter.attempts) else "pending",
        replayed_at=None if replay is None else format_ms(replay.at_ms),
        replayed_by=None if replay is None else replay.by,
        replay_result=None if replay is None else replay.result,
    )


def shown_replay(replay: Replay) -> ShownReplay:
    return ShownReplay(
        id=replay.letter_id,
        attempts=replay.attempts,
        time=format_ms(replay.at_ms),
        by=replay.by,
        result=replay.result,
    )


DEAD_LETTER_ROUTES: list[ActionRoute] = [
    route(
        "GET",
        "/v1/dead-letters",
        Action.READ_DEAD_LETTERS,
        list_dead_letters,
        answer=Listed[ShownLetter],
        query=(*PAGING, *_FILTERS),
        problems=(404,),
    ),
    route(
        "POST",
        "/v1/dead-letters/replay",
        Action.REPLAY_DEAD_LETTERS,
        replay_dead_letters,
        body=ReplayRequest,
        answer=ReplayReport,
        headers=(Query("X-Operator", str, "Who asks, for the audit; `by` of the body comes before it."),),
        problems=(404,),
    ),
    route(
        "GET",
        "/v1/dead-letters/replays",
        Action.READ_DEAD_LETTERS,
        list_replays,
        answer=Listed[ShownReplay],
        query=PAGING,
        problems=(404,),
    ),
    # An id is made of a topic generation, a partition and an offset, and may hold slashes.
    route(
        "GET",
        "/v1/dead-letters/{id:path}",
        Action.READ_DEAD_LETTERS,
        get_dead_letter,
        answer=ShownLetter,
        in_path=(Query("id", str, "As a list shows it."),),
    ),
]
