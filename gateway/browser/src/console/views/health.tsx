import { useState } from "preact/hooks";
import { exact, plural } from "../format.js";
import { useModel, useStore } from "../ui/hooks.js";

const SHOWN = 3;

/** What is wrong now, the most urgent first, above every view. */
export function HealthHeader() {
  const model = useModel();
  const troubles = useStore(model.troubles);
  const standing = useStore(model.streams.standing);
  const streams = useStore(model.streams.value);
  const [all, setAll] = useState(false);
  const worst = troubles.some((one) => one.severity === "bad") ? "bad" : troubles.length > 0 ? "warn" : streams === null ? "" : "good";
  const words = { bad: "Needs attention", warn: "Worth a look", good: "All is well", "": "Connecting" }[worst];
  const shown = all ? troubles : troubles.slice(0, SHOWN);
  return (
    <section class={`health ${worst}`} aria-label="Health">
      <div class="overall">
        <strong role="status">{words}</strong>
        <span class={`live ${standing.state}`} title={exact(standing.since)} data-standing={standing.state}>
          {standing.state === "live" ? "live" : standing.state === "connecting" ? "connecting…" : `stale since ${exact(standing.since).slice(11, 19)} UTC`}
        </span>
      </div>
      {troubles.length > 0 && (
        <ol>
          {shown.map((one) => (
            <li key={`${one.kind} ${one.href} ${one.runbook}`} class={one.severity} data-kind={one.kind}>
              {one.href.startsWith("#/letters") && !model.may("read-dead-letters") ? <b>{one.text}</b> : <a href={one.href}>{one.text}</a>}
              <span class="quiet">{one.detail}</span>
              <code title="What to do: this page of the documentation">runbook/{one.runbook}.md</code>
            </li>
          ))}
        </ol>
      )}
      {troubles.length > SHOWN && (
        <button type="button" class="button plain" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show less" : `And ${plural(troubles.length - SHOWN, "more", "more")}`}
        </button>
      )}
    </section>
  );
}
