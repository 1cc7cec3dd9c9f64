import { useState } from "preact/hooks";
import { bytes, plural } from "../format.js";
import { asText, decode, hexRows } from "../payload.js";
import { link } from "../route.js";
import type { ShownLetter } from "../types.js";
import { useLoaded, useModel } from "../ui/hooks.js";
import { Chip, Failed, Loading, Time } from "../ui/parts.js";

const MOST_SHOWN = 16 * 1024;

interface Props {
  id: string;
  /** The letter, if the list has it already. */
  found: ShownLetter | null;
  onClose: () => void;
  onReplay: () => void;
}

export function LetterPanel({ id, found, onClose, onReplay }: Props) {
  const model = useModel();
  const loaded = useLoaded(found === null ? id : `${id} is here`, () => (found === null ? model.api.letter(id) : Promise.resolve(found)));
  const letter = found ?? loaded.value;
  return (
    <aside class="panel letter" aria-label="Dead letter" onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <header>
        <div>
          <span class="quiet">dead letter</span>
          <h2>{letter?.error ?? "…"}</h2>
        </div>
        <button type="button" class="button plain" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      {loaded.error !== "" && <Failed reason={loaded.error} again={loaded.again} />}
      {letter === null ? loaded.error === "" && <Loading /> : <Letter letter={letter} />}
      {letter !== null && model.may("replay-dead-letters") && (
        <button type="button" class="button primary" onClick={onReplay}>
          {letter.state === "pending" ? "Replay this letter…" : "Replay this letter again…"}
        </button>
      )}
    </aside>
  );
}

function Letter({ letter }: { letter: ShownLetter }) {
  return (
    <>
      <p class="reason">{letter.message}</p>
      <dl class="pairs">
        <dt>Agent</dt>
        <dd>
          <a href={link("topology", { agent: letter.agent })}>{letter.agent}</a>
        </dd>
        <dt>Origin</dt>
        <dd>
          {letter.topic}, partition {letter.partition}, offset <code>{letter.offset}</code>
        </dd>
        <dt>Key</dt>
        <dd>{letter.key === "" ? <span class="quiet">none</span> : <code>{letter.key}</code>}</dd>
        <dt>Put aside</dt>
        <dd>
          <Time at={letter.time} />
        </dd>
        <dt>Published</dt>
        <dd>
          <Time at={letter.published_ms || null} />
        </dd>
        <dt>Attempts</dt>
        <dd>{letter.attempts}</dd>
        <dt>State</dt>
        <dd>
          {letter.state === "pending" ? <Chip tone="warn">pending</Chip> : <Chip tone="good">replayed</Chip>}
          {letter.replayed_at !== null && (
            <>
              {" "}
              <Time at={letter.replayed_at} /> by {letter.replayed_by}: {letter.replay_result}
            </>
          )}
        </dd>
        <dt>Id</dt>
        <dd>
          <code>{letter.id}</code>
        </dd>
        {Object.entries(letter.properties).map(([name, value]) => [
          <dt key={`${name} name`}>{name}</dt>,
          <dd key={name}>
            <code>{value}</code>
          </dd>,
        ])}
      </dl>
      <Bytes payload={letter.payload} />
    </>
  );
}

function Bytes({ payload }: { payload: string }) {
  const [as, setAs] = useState<"text" | "hex">("text");
  const content = decode(payload);
  const { text, json, damaged } = asText(content.subarray(0, MOST_SHOWN));
  return (
    <>
      <div class="bytes-head">
        <h3>{bytes(content.length)}</h3>
        {damaged && <Chip tone="warn">not UTF-8</Chip>}
        {json && <Chip>JSON</Chip>}
        <span class="switch" role="group" aria-label="Show bytes as">
          {(["text", "hex"] as const).map((one) => (
            <button key={one} type="button" aria-pressed={as === one} onClick={() => setAs(one)}>
              {one === "text" ? "Text" : "Hex"}
            </button>
          ))}
        </span>
      </div>
      {as === "text" ? (
        <pre class="bytes">{text}</pre>
      ) : (
        <pre class="bytes hex">
          {hexRows(content, MOST_SHOWN).map((row) => (
            <div key={row.offset}>
              <span class="quiet">{row.offset}</span>
              {`  ${row.hex.padEnd(47)}  `}
              <span>{row.text}</span>
            </div>
          ))}
        </pre>
      )}
      {content.length > MOST_SHOWN && <p class="quiet">{plural(content.length - MOST_SHOWN, "further byte")} are not shown.</p>}
    </>
  );
}
