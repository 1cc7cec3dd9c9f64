import { bytes, count, duration, plural, ranges, rate } from "../format.js";
import { useModel, useStore } from "../ui/hooks.js";
import { Chip, Empty, Heading, Loading, Time } from "../ui/parts.js";

export function WorkersView() {
  const model = useModel();
  const streams = useStore(model.streams.value);
  if (streams === null) return <Loading rows={6} />;
  const workers = [...(streams.workers ?? [])].sort((a, b) => a.id.localeCompare(b.id));
  const versions = new Set(workers.map((one) => one.version));
  const gateway = streams.gateway;
  return (
    <section aria-label="Workers">
      <Heading title="Workers" note={`${plural(workers.length, "worker")} in the group; a dead one leaves within 10 s.`}>
        {versions.size > 1 && <Chip tone="warn">versions differ: {[...versions].sort().join(", ")}</Chip>}
        {gateway !== undefined && (
          <Chip tone={gateway.ready ? "good" : "warn"}>
            this gateway: {plural(gateway.connections, "socket")} of {plural(gateway.users, "user")}
          </Chip>
        )}
      </Heading>
      {workers.length === 0 && <Empty title="No worker runs">{streams.note ?? "None has spoken in the last 10 s: nothing is processed."}</Empty>}
      {workers.map((worker) => (
        <article key={worker.id} class="card worker" aria-label={`Worker ${worker.id}`}>
          <header>
            <h2>
              <code>{worker.id}</code>
            </h2>
            <span class="quiet">{[worker.host, worker.address].filter(Boolean).join(" · ")}</span>
            <Chip>{worker.version}</Chip>
            <span class="facts">
              <span class="quiet">seen</span> <Time at={worker.seen} />
              <span class="quiet">started</span> <Time at={worker.started} />
              <span class="quiet">memory</span> <b>{bytes(worker.rss_bytes)}</b>
              <span class="quiet">processor time</span> <b>{duration(worker.cpu_seconds)}</b>
            </span>
          </header>
          <table class="rows">
            <thead>
              <tr>
                <th>Agent</th>
                <th>State</th>
                <th>Partitions</th>
                <th class="number">In</th>
                <th class="number">Rate</th>
                <th class="number">Failed</th>
              </tr>
            </thead>
            <tbody>
              {[...worker.streams]
                .sort((a, b) => a.agent.localeCompare(b.agent))
                .map((agent) => (
                  <tr key={agent.agent}>
                    <th scope="row">{agent.agent}</th>
                    <td>{agent.state === "running" ? <Chip tone="good">running</Chip> : <Chip tone="bad">waits for {agent.waiting_for.join(", ")}</Chip>}</td>
                    <td>{ranges(worker.partitions[agent.agent] ?? agent.partitions)}</td>
                    <td class="number">{count(agent.in)}</td>
                    <td class="number">{rate(agent.rates.in)}</td>
                    <td class={`number ${agent.rates.failed > 0 ? "bad" : ""}`}>{rate(agent.rates.failed)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </article>
      ))}
    </section>
  );
}
