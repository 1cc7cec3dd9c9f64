import { useEffect, useMemo } from "preact/hooks";
import { bytes, count, duration, exact, percent, plural, ranges } from "../format.js";
import { link, type Route } from "../route.js";
import type { Bucket, TablePart } from "../types.js";
import { useModel, useStore } from "../ui/hooks.js";
import { Chip, Empty, Heading, Loading, Time } from "../ui/parts.js";

/** A window table over all its partitions; standbys hold copies, and count for nothing here. */
interface Whole {
  name: string;
  parts: TablePart[];
  keys: number;
  bytes: number;
  hits: number;
  misses: number;
  late: number;
  logRecords: number;
  logBytes: number;
  recovering: number[];
  recovery: number | null;
}

export function wholeTables(parts: readonly TablePart[]): Whole[] {
  const found = new Map<string, TablePart[]>();
  for (const part of parts) found.set(part.table, [...(found.get(part.table) ?? []), part]);
  return [...found].sort(([a], [b]) => a.localeCompare(b)).map(([name, all]) => {
    const own = all.filter((part) => part.state !== "standby");
    const sum = (of: (part: TablePart) => number) => own.reduce((total, part) => total + of(part), 0);
    const recoveries = own.flatMap((part) => (part.recovery?.done ? [part.recovery.seconds] : []));
    return {
      name,
      parts: all,
      keys: sum((part) => part.keys),
      bytes: sum((part) => part.bytes),
      hits: sum((part) => part.hits),
      misses: sum((part) => part.misses),
      late: sum((part) => part.late),
      logRecords: sum((part) => part.log.records ?? 0),
      logBytes: sum((part) => part.log.bytes ?? 0),
      recovering: own.filter((part) => part.state === "recovering").map((part) => part.partition),
      recovery: recoveries.length === 0 ? null : Math.max(...recoveries),
    };
  });
}

/** Buckets of all partitions by the time they begin. */
export function buckets(parts: readonly TablePart[]): Bucket[] {
  const found = new Map<string, Bucket>();
  for (const bucket of parts.filter((part) => part.state !== "standby").flatMap((part) => part.buckets)) {
    const before = found.get(bucket.from);
    found.set(bucket.from, before === undefined ? bucket : { ...before, keys: before.keys + bucket.keys });
  }
  return [...found.values()].sort((a, b) => a.from.localeCompare(b.from));
}

export function TablesView({ route }: { route: Route }) {
  const model = useModel();
  useEffect(() => model.watchTables(), []);
  const tables = useStore(model.tables.value);
  const wholes = useMemo(() => wholeTables(tables?.tables ?? []), [tables]);
  const chosen = wholes.find((one) => one.name === route.query["table"]);
  if (tables === null) return <Loading rows={6} />;
  return (
    <section aria-label="Tables">
      <Heading title="Window tables" note="What agents remember, for as long as its window; standby copies are not counted." />
      {wholes.length === 0 ? (
        <Empty title="No tables">{tables.note ?? "No worker has a partition of one."}</Empty>
      ) : (
        <div class="card">
          <table class="rows">
            <thead>
              <tr>
                <th>Table</th>
                <th>State</th>
                <th class="number">Window</th>
                <th class="number">Keys</th>
                <th class="number">Memory</th>
                <th class="number" title="Found among all that was looked up">Hits</th>
                <th class="number">Late</th>
                <th class="number">Log</th>
                <th class="number" title="The slowest partition's last">Recovery</th>
              </tr>
            </thead>
            <tbody>
              {wholes.map((one) => (
                <tr key={one.name} class={one === chosen ? "chosen" : ""}>
                  <th scope="row">
                    <a href={link("tables", { table: one === chosen ? "" : one.name })} aria-expanded={one === chosen}>
                      {one.name}
                    </a>
                    <small>{one.parts[0]!.agent}</small>
                  </th>
                  <td>
                    {one.recovering.length === 0 ? <Chip tone="good">running</Chip> : <Chip tone="warn">recovers {ranges(one.recovering)}</Chip>}
                  </td>
                  <td class="number">{duration(one.parts[0]!.window_seconds)}</td>
                  <td class="number" title={String(one.keys)}>
                    {count(one.keys)}
                  </td>
                  <td class="number">{bytes(one.bytes)}</td>
                  <td class="number" title={`${one.hits} hits, ${one.misses} misses`}>
                    {percent(one.hits, one.hits + one.misses)}
                  </td>
                  <td class="number">{count(one.late)}</td>
                  <td class="number" title={plural(one.logRecords, "record")}>
                    {bytes(one.logBytes)}
                  </td>
                  <td class="number">{duration(one.recovery)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {chosen !== undefined && <TableDetail table={chosen} />}
    </section>
  );
}

function TableDetail({ table }: { table: Whole }) {
  const shown = buckets(table.parts);
  const most = Math.max(1, ...shown.map((one) => one.keys));
  const parts = [...table.parts].sort((a, b) => a.partition - b.partition || a.state.localeCompare(b.state));
  return (
    <div class="card detail" aria-label={`Table ${table.name}`}>
      <h2>{table.name}</h2>
      <h3>Windows</h3>
      {shown.length === 0 ? (
        <p class="quiet">No bucket holds a key.</p>
      ) : (
        <ol class="buckets">
          {shown.map((one) => (
            <li key={one.from} title={`${exact(Date.parse(one.from))} to ${exact(Date.parse(one.to))}`}>
              <span class="quiet">{one.from.slice(11, 19)}</span>
              <meter min={0} max={most} value={one.keys} aria-label={`${one.keys} keys`} />
              <b>{count(one.keys)}</b>
            </li>
          ))}
        </ol>
      )}
      <h3>Partitions</h3>
      <table class="rows">
        <thead>
          <tr>
            <th class="number">Partition</th>
            <th>State</th>
            <th>Worker</th>
            <th class="number">Keys</th>
            <th class="number">Memory</th>
            <th>Stream time</th>
            <th class="number">Recovery</th>
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => (
            <tr key={`${part.partition} ${part.worker ?? ""} ${part.state}`}>
              <td class="number">{part.partition}</td>
              <td>
                <Chip tone={part.state === "running" ? "good" : part.state === "recovering" ? "warn" : ""}>{part.state}</Chip>
              </td>
              <td>
                <code>{part.worker ?? ""}</code>
              </td>
              <td class="number">{count(part.keys)}</td>
              <td class="number">{bytes(part.bytes)}</td>
              <td>
                <Time at={part.stream_time} />
              </td>
              <td class="number">{duration(part.recovery?.seconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
