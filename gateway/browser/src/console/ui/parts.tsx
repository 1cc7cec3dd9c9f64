/** The small things that all views are made of. */

import type { ComponentChildren } from "preact";
import { exact, NOTHING, relative } from "../format.js";
import type { Sample } from "../history.js";
import { useModel, useStore } from "./hooks.js";

/** How long ago, with the exact time where the pointer rests. */
export function Time({ at }: { at: string | number | null }) {
  const now = useStore(useModel().now);
  if (at === null) return <span class="quiet">{NOTHING}</span>;
  const time = typeof at === "number" ? at : Date.parse(at);
  return (
    <time dateTime={new Date(time).toISOString()} title={exact(time)}>
      {relative(time, now)}
    </time>
  );
}

export function Chip({ tone = "", children }: { tone?: "" | "good" | "warn" | "bad"; children: ComponentChildren }) {
  return <span class={`chip ${tone}`}>{children}</span>;
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

export function Failed({ reason, again }: { reason: string; again?: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <span>{reason}</span>
      {again !== undefined && (
        <button type="button" class="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Loading({ rows = 4 }: { rows?: number }) {
  return (
    <div class="bones" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <i key={row} />
      ))}
    </div>
  );
}

export function Heading({ title, note, children }: { title: string; note?: string; children?: ComponentChildren }) {
  return (
    <div class="heading">
      <div>
        <h1>{title}</h1>
        {note && <p class="quiet">{note}</p>}
      </div>
      <div class="tools">{children}</div>
    </div>
  );
}

/** One number with its name. */
export function Figure({ name, value, title, tone = "" }: { name: string; value: string; title?: string; tone?: string }) {
  return (
    <div class={`figure ${tone}`} title={title}>
      <span class="quiet">{name}</span>
      <b>{value}</b>
    </div>
  );
}

const [WIDTH, HEIGHT] = [240, 44];

/** The last two minutes of one number as a line, from nothing to its highest. */
export function Spark({ samples, of, name }: { samples: readonly Sample[]; of: (one: Sample) => number; name: string }) {
  const values = samples.map(of);
  const top = Math.max(...values, 1e-9);
  const step = WIDTH / Math.max(1, values.length - 1);
  const at = (value: number) => (HEIGHT - 2 - (value / top) * (HEIGHT - 6)).toFixed(1);
  const line = values.map((value, index) => `${(index * step).toFixed(1)},${at(value)}`).join(" ");
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={name}>
      {values.length > 1 && <polygon points={`0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}`} />}
      {values.length > 1 && <polyline points={line} />}
    </svg>
  );
}

/** A share of something as a bar that is read out as what it is. */
export function Meter({ part, whole, name }: { part: number; whole: number; name: string }) {
  return <meter min={0} max={Math.max(1, whole)} value={part} aria-label={name} title={name} />;
}

export function Icon({ path }: { path: string }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
