import { useState } from "preact/hooks";
import { messageOf, type Listed } from "../api.js";
import { link, type Route } from "../route.js";
import type { Position, SeenBySupport, UserInbox } from "../types.js";
import { useLoaded, useModel } from "../ui/hooks.js";
import { Chip, Empty, Failed, Figure, Heading, Loading, Time } from "../ui/parts.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const STATES = ["", "unseen", "unread", "read", "archived"];

export function PeopleView({ route }: { route: Route }) {
  const user = route.id.toLowerCase();
  const [wrong, setWrong] = useState("");
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const given = String(new FormData(event.currentTarget as HTMLFormElement).get("user")).trim();
    setWrong(UUID.test(given) ? "" : "A user's id is a UUID.");
    if (UUID.test(given)) location.hash = link("people", {}, given.toLowerCase());
  };
  return (
    <section aria-label="People">
      <Heading title="People" note="What a user sees, and where the user's devices stand. Each look is written to the audit, with your key's role and whose inbox it was." />
      <form key={user} class="filters" role="search" onSubmit={onSubmit}>
        <label class="wide">
          <span>User id</span>
          <input name="user" value={user} placeholder="0d3a0000-0000-4000-8000-000000000001" autocomplete="off" spellcheck={false} required aria-describedby="user-wrong" />
        </label>
        <button class="button primary">Look</button>
        <span id="user-wrong" class="bad" role="alert">
          {wrong}
        </span>
      </form>
      {user === "" ? (
        <Empty title="Whose inbox?">Enter the id that the user's report came with.</Empty>
      ) : UUID.test(user) ? (
        <Person key={user} user={user} />
      ) : (
        <Failed reason="A user's id is a UUID." />
      )}
    </section>
  );
}

function Person({ user }: { user: string }) {
  const model = useModel();
  const inbox = useLoaded(`inbox ${user}`, () => model.api.inbox(user));
  if (inbox.error !== "") return <Failed reason={inbox.error} again={inbox.again} />;
  if (inbox.value === null) return <Loading rows={6} />;
  return (
    <>
      <Standing inbox={inbox.value} />
      <div class="columns">
        <Preferences inbox={inbox.value} />
        <Sessions user={user} />
      </div>
      <Notifications user={user} />
    </>
  );
}

function Standing({ inbox }: { inbox: UserInbox }) {
  const behind = (position: Position | null) =>
    position === null ? "is connecting" : position.epoch !== inbox.position.epoch ? "has lost its position, and loads again" : told(inbox.position.offset - position.offset);
  return (
    <div class="card detail">
      <h2>{inbox.name ?? "A user without a name"}</h2>
      <div class="figures wide">
        <Figure name="unseen" value={String(inbox.unseen)} />
        <Figure name="unread" value={String(inbox.unread)} />
        <Figure name="position" value={String(inbox.position.offset)} title={`epoch ${inbox.position.epoch}, tail ${inbox.position.tail}`} />
        <Figure name="withheld since" value={inbox.withheld_since === null ? "–" : String(inbox.withheld_since)} title="Offset of the first entry that quiet hours withhold" />
        <Figure name="sockets at this gateway" value={String(inbox.sockets.length)} />
      </div>
      {inbox.sockets.length > 0 && (
        <table class="rows">
          <thead>
            <tr>
              <th>Socket of session</th>
              <th>Open since</th>
              <th class="number">Position</th>
              <th>Compared with the inbox</th>
              <th class="number">Frames waiting</th>
            </tr>
          </thead>
          <tbody>
            {inbox.sockets.map((one, index) => (
              <tr key={`${one.session_id} ${one.since} ${index}`}>
                <td>
                  <code>{one.session_id || "–"}</code>
                </td>
                <td>
                  <Time at={one.since} />
                </td>
                <td class="number">{one.position?.offset ?? "–"}</td>
                <td>{behind(one.position)}</td>
                <td class="number">{one.queued}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function told(missing: number): string {
  return missing <= 0 ? "was told everything" : `${missing} behind`;
}

function Preferences({ inbox }: { inbox: UserInbox }) {
  const { types, quiet_hours: quiet } = inbox.preferences;
  const off = Object.keys(types).filter((type) => !types[type]);
  return (
    <div class="card detail">
      <h3>Preferences</h3>
      <dl class="pairs">
        <dt>Quiet hours</dt>
        <dd>{quiet === null ? "none" : `${quiet.start} to ${quiet.end}, ${quiet.time_zone}`}</dd>
        <dt>Turned off</dt>
        <dd>{off.length === 0 ? "nothing" : off.map((type) => <Chip key={type}>{type}</Chip>)}</dd>
        <dt>Wanted</dt>
        <dd>{Object.keys(types).length - off.length} types</dd>
      </dl>
    </div>
  );
}

function Sessions({ user }: { user: string }) {
  const model = useModel();
  const { value, error, again } = useLoaded(`sessions ${user}`, () => model.api.sessions(user));
  return (
    <div class="card detail">
      <h3>Sessions</h3>
      {error !== "" && <Failed reason={error} again={again} />}
      {value?.data.length === 0 && <p class="quiet">None stands: the user is signed out everywhere.</p>}
      {value !== null && value.data.length > 0 && (
        <table class="rows">
          <thead>
            <tr>
              <th>Session</th>
              <th>Opened</th>
              <th>Refreshed</th>
              <th>Ends</th>
            </tr>
          </thead>
          <tbody>
            {value.data.map((one) => (
              <tr key={one.session_id}>
                <td>
                  <code title={one.session_id}>{one.session_id.slice(0, 8)}</code>
                </td>
                <td>
                  <Time at={one.opened_at} />
                </td>
                <td>
                  <Time at={one.refreshed_at} />
                </td>
                <td>
                  <Time at={one.expires_at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Notifications({ user }: { user: string }) {
  const model = useModel();
  const [state, setState] = useState("");
  const first = useLoaded(`notifications ${user} ${state}`, () => model.api.notifications(user, state, null));
  const [more, setMore] = useState<{ of: Listed<SeenBySupport>; pages: Listed<SeenBySupport>[]; error: string } | null>(null);
  const pages = first.value === null ? [] : [first.value, ...(more?.of === first.value ? more.pages : [])];
  const all = pages.flatMap((page) => page.data);
  const following = pages.at(-1)?.page.next ?? null;
  const next = async (): Promise<void> => {
    const [of, before] = [first.value!, more?.of === first.value ? more.pages : []];
    try {
      setMore({ of, pages: [...before, await model.api.notifications(user, state, following)], error: "" });
    } catch (error) {
      setMore({ of, pages: before, error: messageOf(error) });
    }
  };
  return (
    <div class="card detail">
      <div class="bytes-head">
        <h3>Inbox</h3>
        <span class="switch" role="group" aria-label="Show">
          {STATES.map((one) => (
            <button key={one} type="button" aria-pressed={state === one} onClick={() => setState(one)}>
              {one || "all"}
            </button>
          ))}
        </span>
      </div>
      {first.error !== "" && <Failed reason={first.error} again={first.again} />}
      {first.busy && first.value === null && <Loading />}
      {first.value !== null && all.length === 0 && <Empty title="Nothing is here" />}
      {all.length > 0 && (
        <table class="rows fixed">
          <thead>
            <tr>
              <th class="when">Created</th>
              <th class="type">Type</th>
              <th>What the user reads</th>
              <th class="state">State</th>
              <th class="meta" title="Their values are for the user's apps, and are not shown">Metadata</th>
            </tr>
          </thead>
          <tbody>
            {all.map((one) => (
              <tr key={one.id}>
                <td>
                  <Time at={one.created_at} />
                </td>
                <td>{one.type}</td>
                <td title={`${one.id}, of ${one.actor?.name ?? one.actor?.id ?? "nobody"}, about ${one.subject || "nothing"}`}>
                  {one.content}
                </td>
                <td>{states(one).map((name) => <Chip key={name}>{name}</Chip>)}</td>
                <td title={one.metadata_fields.join(", ")}>{one.metadata_fields.join(", ") || <span class="quiet">none</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {more?.error && <Failed reason={more.error} />}
      {following !== null && (
        <button type="button" class="button more" onClick={() => void next()}>
          Show more
        </button>
      )}
    </div>
  );
}

function states(one: SeenBySupport): string[] {
  const found = [one.archived_at !== null && "archived", one.read_at !== null ? "read" : one.seen_at !== null ? "seen" : "unseen"];
  return found.filter((name) => name !== false);
}
