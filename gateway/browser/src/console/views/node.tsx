import { Fragment, type ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { count, duration, NOTHING, percent, plural, ranges, rate } from "../format.js";
import type { Graph, Numbers } from "../graph/model.js";
import { link } from "../route.js";
import type { AgentStats, Quantiles } from "../types.js";
import { useModel, useStore } from "../ui/hooks.js";
import { Chip, Empty, Figure, Spark } from "../ui/parts.js";

/** What the chosen agent, topic or store does, beside the graph. */
export function NodePanel({ id, graph, numbers, onClose }: { id: string; graph: Graph; numbers: Numbers; onClose: () => void }) {
  const [kind, name] = [id.slice(0, id.indexOf(":")), id.slice(id.indexOf(":") + 1)];
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.scrollTo(0, 0), [id]);
  return (
    <aside ref={panel} class="panel" aria-label={`${kind} ${name}`} onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <header>
        <div>
          <span class="quiet">{kind}</span>
          <h2>{name}</h2>
        </div>
        <button type="button" class="button plain" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      {kind === "agent" ? <AgentPanel name={name} agent={numbers.agent(name)} /> : <OtherPanel id={id} graph={graph} numbers={numbers} />}
    </aside>
  );
}

function AgentPanel({ name, agent }: { name: string; agent: AgentStats | undefined }) {
  const model = useModel();
  const streams = useStore(model.streams.value);
  if (agent === undefined) return <Empty title="No worker speaks of it">It is declared, and nobody runs it.</Empty>;
  const samples = model.history.of(name);
  const letters = model.may("read-dead-letters") ? (error: string) => link("letters", { agent: name, error }) : undefined;
  const suppressed = Object.values(agent.suppressed).reduce((sum, one) => sum + one, 0);
  return (
    <>
      <p>
        {agent.state === "waiting" ? <Chip tone="bad">waits for {agent.waiting_for.join(", ")}</Chip> : <Chip tone="good">running</Chip>}
      </p>
      <div class="sparks">
        <Line name="in" value={rate(agent.rates.in)}>
          <Spark samples={samples} of={(one) => one.in} name="Events a second, the last two minutes" />
        </Line>
        <Line name="failed" value={rate(agent.rates.failed)} tone={agent.rates.failed > 0 ? "bad" : ""}>
          <Spark samples={samples} of={(one) => one.failed} name="Failures a second, the last two minutes" />
        </Line>
        <Line name="lag" value={duration(Math.max(0, ...agent.sources.map((one) => one.lag_seconds ?? 0)))}>
          <Spark samples={samples} of={(one) => one.lag} name="Lag in seconds, the last two minutes" />
        </Line>
      </div>
      <div class="figures">
        <Figure name="events" value={count(agent.in)} title={`${agent.in} since the workers started`} />
        <Figure name="duplicates" value={count(agent.duplicates)} title={percent(agent.duplicates, agent.in)} />
        <Figure name="suppressed" value={count(suppressed)} />
        <Figure name="late" value={count(agent.late)} />
        <Figure name="retried" value={count(agent.retried)} tone={agent.retried > 0 ? "warn" : ""} />
        <Figure name="dead letters" value={count(agent.dead_lettered)} tone={agent.dead_lettered > 0 ? "bad" : ""} />
      </div>
      <h3>Latency and batches</h3>
      <QuantileTable
        rows={[
          ["publish → done", agent.latency, duration],
          ["events in a batch", agent.batch_events, count],
        ]}
      />
      <h3>Steps</h3>
      <table class="dense">
        <thead>
          <tr>
            <th>Step</th>
            <th class="number">in</th>
            <th class="number">out</th>
            <th class="number">failed</th>
            <th class="number">p50</th>
            <th class="number">p95</th>
            <th class="number">p99</th>
          </tr>
        </thead>
        <tbody>
          {agent.steps.map((step, index) => (
            <tr key={`${index} ${step.kind} ${step.name}`}>
              <td>
                {step.kind} <span class="quiet">{step.name}</span>
              </td>
              <td class="number">{count(step.in)}</td>
              <td class="number">{count(step.out)}</td>
              <td class={`number ${step.failed > 0 ? "bad" : ""}`}>{count(step.failed)}</td>
              <td class="number">{duration(step.seconds.p50)}</td>
              <td class="number">{duration(step.seconds.p95)}</td>
              <td class="number">{duration(step.seconds.p99)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>Lanes</h3>
      <table class="dense">
        <thead>
          <tr>
            <th>Reads</th>
            <th class="number">events</th>
            <th class="number">rate</th>
            <th class="number">behind</th>
            <th class="number">oldest</th>
          </tr>
        </thead>
        <tbody>
          {agent.sources.map((one) => (
            <tr key={one.topic}>
              <td>{one.topic}</td>
              <td class="number">{count(one.in)}</td>
              <td class="number">{rate(one.rate)}</td>
              <td class="number">{count(one.lag_messages)}</td>
              <td class="number">{duration(one.lag_seconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl class="pairs">
        {(streams?.workers ?? [])
          .filter((worker) => (worker.partitions[name] ?? []).length > 0)
          .map((worker) => (
            <Fragment key={worker.id}>
              <dt>
                <code>{worker.id}</code>
              </dt>
              <dd>
                {plural(worker.partitions[name]!.length, "partition")}: {ranges(worker.partitions[name]!)}
              </dd>
            </Fragment>
          ))}
      </dl>
      <Tally title="Suppressed, by reason" numbers={agent.suppressed} />
      <Tally title="Dead letters, by reason" numbers={agent.dead_letters} href={letters} />
      <Tally title="Emitted" numbers={agent.out} rates={agent.rates.out} />
    </>
  );
}

function OtherPanel({ id, graph, numbers }: { id: string; graph: Graph; numbers: Numbers }) {
  const model = useModel();
  const node = graph.nodes.find((one) => one.id === id);
  if (node === undefined) return <Empty title="It is not in this graph" />;
  const into = graph.edges.filter((edge) => edge.to === id).map((edge) => edge.from);
  const out = graph.edges.filter((edge) => edge.from === id).map((edge) => edge.to);
  const { rate: flow, note } = numbers.node(node);
  return (
    <>
      {flow !== null && <Figure name="events" value={rate(flow)} />}
      {note && <p>{note}</p>}
      {node.dead && model.may("read-dead-letters") && (
        <p>
          <a href={link("letters", { state: "pending" })}>Dead letters</a>
        </p>
      )}
      <Neighbours title="Written by" ids={into} />
      <Neighbours title="Read by" ids={out} />
    </>
  );
}

function Neighbours({ title, ids }: { title: string; ids: string[] }) {
  if (ids.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="plain">
        {ids.map((id) => (
          <li key={id}>
            <a href={link("topology", id.startsWith("agent:") ? { agent: id.slice(6) } : { node: id })}>{id.slice(id.indexOf(":") + 1)}</a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Line({ name, value, tone = "", children }: { name: string; value: string; tone?: string; children: ComponentChildren }) {
  return (
    <div class={`line ${tone}`}>
      <span class="quiet">{name}</span>
      {children}
      <b>{value}</b>
    </div>
  );
}

type Row = [string, Quantiles, (value: number | null) => string];

function QuantileTable({ rows }: { rows: Row[] }) {
  return (
    <table class="dense">
      <thead>
        <tr>
          <th />
          <th class="number">p50</th>
          <th class="number">p95</th>
          <th class="number">p99</th>
          <th class="number">most</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, one, shown]) => (
          <tr key={name}>
            <td>{name}</td>
            {[one.p50, one.p95, one.p99, one.max].map((value, index) => (
              <td key={index} class="number">
                {one.count === 0 ? NOTHING : shown(value)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface TallyProps {
  title: string;
  numbers: Record<string, number>;
  rates?: Record<string, number>;
  href?: ((name: string) => string) | undefined;
}

function Tally({ title, numbers, rates, href }: TallyProps) {
  const rows = Object.entries(numbers).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  if (rows.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <table class="dense">
        <tbody>
          {rows.map(([name, number]) => (
            <tr key={name}>
              <td>{href === undefined ? name : <a href={href(name)}>{name}</a>}</td>
              {rates !== undefined && <td class="number">{rate(rates[name] ?? 0)}</td>}
              <td class="number" title={String(number)}>
                {count(number)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
