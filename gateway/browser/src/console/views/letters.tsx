import { useState } from "preact/hooks";
import { messageOf, type Listed } from "../api.js";
import { decode } from "../payload.js";
import { bytes } from "../format.js";
import { link, type Route } from "../route.js";
import type { LetterFilter, ShownLetter } from "../types.js";
import { useLoaded, useModel } from "../ui/hooks.js";
import { Chip, Empty, Failed, Heading, Loading, Time } from "../ui/parts.js";
import { LetterPanel } from "./letter.js";
import { ReplayDialog, type Chosen } from "./replay.js";
import { ReplaysList } from "./replays.js";

const PAGE = 50;
const PERIODS: Record<string, number> = { "15 min": 15, "1 h": 60, "24 h": 1440, "7 d": 10_080 };
const FIELDS = ["text", "agent", "topic", "error", "type", "state", "period", "from", "to"] as const;

/** The filter of the query, its period reckoned from `now`. Of a period and `from` the period counts. */
export function filterOf(query: Record<string, string>, now: number): LetterFilter {
  const filter: LetterFilter = {};
  for (const name of ["text", "agent", "topic", "error", "type"] as const) if (query[name]) filter[name] = query[name]!;
  if (query["state"] === "pending" || query["state"] === "replayed") filter.state = query["state"];
  const minutes = PERIODS[query["period"] ?? ""];
  const since = minutes === undefined ? query["from"] : new Date(now - minutes * 60_000).toISOString();
  if (since) filter.since = utc(since);
  if (query["to"]) filter.until = utc(query["to"]);
  return filter;
}

/** What a date field gives has no zone: it is UTC, as all times of the console. */
function utc(time: string): string {
  return /Z$|[+-]\d\d:\d\d$/.test(time) ? time : `${time.length === 16 ? `${time}:00` : time}Z`;
}

export function LettersView({ route }: { route: Route }) {
  const model = useModel();
  const query = Object.fromEntries(FIELDS.map((name) => [name, route.query[name] ?? ""]));
  const key = JSON.stringify(query);
  const [now, setNow] = useState(() => Date.now());
  const filter = filterOf(query, now);
  const loaded = useLoaded(`${key} ${now}`, () => model.api.letters(filter, null, PAGE));
  const [more, setMore] = useState<{ of: Listed<ShownLetter>; pages: Listed<ShownLetter>[]; busy: boolean; error: string } | null>(null);
  const [replay, setReplay] = useState<Chosen | null>(null);
  const again = (): void => setNow(Date.now());

  const pages = loaded.value === null ? [] : [loaded.value, ...(more?.of === loaded.value ? more.pages : [])];
  const letters = pages.flatMap((page) => page.data);
  const following = pages.at(-1)?.page.next ?? null;
  const shown = route.query["letter"] ?? "";
  const open = (id: string) => link("letters", { ...query, letter: id });

  const next = async (): Promise<void> => {
    const first = loaded.value!;
    const before = more?.of === first ? more.pages : [];
    setMore({ of: first, pages: before, busy: true, error: "" });
    try {
      const page = await model.api.letters(filter, following, PAGE);
      setMore({ of: first, pages: [...before, page], busy: false, error: "" });
    } catch (error) {
      setMore({ of: first, pages: before, busy: false, error: messageOf(error) });
    }
  };

  return (
    <section class="letters" aria-label="Dead letters">
      <Heading title="Dead letters" note="What could not be processed, oldest first. Replay it once its cause is gone: nobody is told twice.">
        <button type="button" class="button" onClick={again}>
          Look again
        </button>
        {model.may("replay-dead-letters") && (
          <button type="button" class="button primary" onClick={() => setReplay({ filters: { ...filter, state: "pending" } })}>
            Replay all that match…
          </button>
        )}
      </Heading>
      <Filters key={key} query={query} />
      <div class="split">
        <div class="main">
          {loaded.error !== "" && <Failed reason={loaded.error} again={again} />}
          {loaded.busy && loaded.value === null && <Loading rows={8} />}
          {loaded.value !== null && letters.length === 0 && <NoLetters filtered={Object.keys(filter).length > 0} />}
          {letters.length > 0 && (
            <div class="card">
              <table class="rows fixed letters-table">
                <thead>
                  <tr>
                    <th class="when">Put aside</th>
                    <th class="agent">Agent</th>
                    <th>Reason</th>
                    <th class="from">From</th>
                    <th class="number size">Bytes</th>
                    <th class="number size">Tries</th>
                    <th class="state">State</th>
                  </tr>
                </thead>
                <tbody>
                  {letters.map((one) => (
                    <tr key={one.id} class={one.id === shown ? "chosen" : ""} data-letter={one.id}>
                      <td>
                        <a href={open(one.id === shown ? "" : one.id)}>
                          <Time at={one.time} />
                        </a>
                      </td>
                      <td>{one.agent}</td>
                      <td title={one.message}>
                        <b>{one.error}</b> <span class="quiet">{one.message}</span>
                      </td>
                      <td title={`${one.topic}, partition ${one.partition}, offset ${one.offset}`}>
                        {one.topic} <span class="quiet">/{one.partition}</span>
                      </td>
                      <td class="number">{bytes(decode(one.payload).length)}</td>
                      <td class="number">{one.attempts}</td>
                      <td>{one.state === "pending" ? <Chip tone="warn">pending</Chip> : <Chip tone="good">replayed</Chip>}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {more?.error && <Failed reason={more.error} />}
              {following !== null && (
                <button type="button" class="button more" disabled={more?.busy} onClick={() => void next()}>
                  Show more
                </button>
              )}
            </div>
          )}
          <ReplaysList round={now} />
        </div>
        {shown !== "" && (
          <LetterPanel
            key={`${shown} ${now}`}
            id={shown}
            found={letters.find((one) => one.id === shown) ?? null}
            onClose={() => location.replace(open(""))}
            onReplay={() => setReplay({ ids: [shown] })}
          />
        )}
      </div>
      {replay !== null && (
        <ReplayDialog
          chosen={replay}
          onClose={(done) => {
            setReplay(null);
            if (done) again();
          }}
        />
      )}
    </section>
  );
}

function NoLetters({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty title="No letter is like that">Take a filter away, or look further back.</Empty>
  ) : (
    <Empty title="No dead letters">Everything that came was processed, or is being tried again.</Empty>
  );
}

function Filters({ query }: { query: Record<string, string> }) {
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement)) as Record<string, string>;
    location.hash = link("letters", given);
  };
  const period = query["period"] || (query["from"] || query["to"] ? "between" : "");
  const submit = (event: { currentTarget: HTMLSelectElement }): void => event.currentTarget.form!.requestSubmit();
  const field = (name: string, label: string, placeholder: string, width = "") => (
    <label class={width}>
      <span>{label}</span>
      <input name={name} value={query[name]} placeholder={placeholder} autocomplete="off" spellcheck={false} />
    </label>
  );
  return (
    <form class="filters" role="search" onSubmit={onSubmit}>
      {field("text", "Text", "in the bytes, reason, key or id", "wide")}
      {field("agent", "Agent", "any")}
      {field("topic", "Topic", "any")}
      {field("error", "Reason", "InvalidEventType")}
      {field("type", "Type", "video.liked")}
      <label>
        <span>State</span>
        <select name="state" value={query["state"]} onChange={submit}>
          <option value="">any</option>
          <option value="pending">pending</option>
          <option value="replayed">replayed</option>
        </select>
      </label>
      <label>
        <span>Period</span>
        <select name="period" value={period} onChange={submit}>
          <option value="">all that is kept</option>
          {Object.keys(PERIODS).map((one) => (
            <option key={one} value={one}>
              last {one}
            </option>
          ))}
          <option value="between">between…</option>
        </select>
      </label>
      {period === "between" && (
        <>
          <label class="date">
            <span>From (UTC)</span>
            <input name="from" type="datetime-local" value={query["from"]} />
          </label>
          <label class="date">
            <span>To (UTC)</span>
            <input name="to" type="datetime-local" value={query["to"]} />
          </label>
        </>
      )}
      <button class="button">Search</button>
      <a class="button plain" href={link("letters")}>
        Clear
      </a>
    </form>
  );
}
