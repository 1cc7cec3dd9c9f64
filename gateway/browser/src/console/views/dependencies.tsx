import { count } from "../format.js";
import { link } from "../route.js";
import { useModel, useStore } from "../ui/hooks.js";
import { Chip, Empty, Figure, Heading, Loading, Time } from "../ui/parts.js";

const TONES: Record<string, "good" | "warn" | "bad"> = { closed: "good", "half-open": "warn", open: "bad" };
const WORDS: Record<string, string> = {
  closed: "works",
  open: "away: calls are held back until the next attempt",
  "half-open": "tried with one call",
};

export function DependenciesView() {
  const streams = useStore(useModel().streams.value);
  if (streams === null) return <Loading rows={4} />;
  const closed = (state: string) => Number(state === "closed");
  const all = [...(streams.dependencies ?? [])].sort((a, b) => closed(a.state) - closed(b.state) || a.name.localeCompare(b.name));
  const retries = streams.retry_depth;
  const backlog = streams.dead_letter_backlog;
  return (
    <section aria-label="Dependencies">
      <Heading title="Dependencies" note="One circuit breaker for each; over several workers, the worst state that one of them sees." />
      <div class="figures wide">
        <Figure name="events that wait for another attempt" value={count(retries)} tone={retries ? "warn" : ""} />
        <Figure name="dead letters to look at" value={count(backlog)} tone={backlog ? "bad" : ""} />
      </div>
      {all.length === 0 ? (
        <Empty title="No dependency is known yet">{streams.note}</Empty>
      ) : (
        <div class="card">
          <table class="rows">
            <thead>
              <tr>
                <th>Dependency</th>
                <th>Breaker</th>
                <th>Since</th>
                <th class="number">Failures in a row</th>
                <th>Last error</th>
                <th>Next attempt</th>
                <th>Workers that see it so</th>
                <th>Agents that wait</th>
              </tr>
            </thead>
            <tbody>
              {all.map((one) => (
                <tr key={one.name}>
                  <th scope="row">{one.name}</th>
                  <td>
                    <Chip tone={TONES[one.state] ?? "warn"}>{one.state}</Chip>
                    <small>{WORDS[one.state]}</small>
                  </td>
                  <td>
                    <Time at={one.since} />
                  </td>
                  <td class="number">{count(one.failures)}</td>
                  <td class="wrap">{one.last_error ?? <span class="quiet">none</span>}</td>
                  <td>
                    <Time at={one.next_attempt} />
                  </td>
                  <td class="wrap">
                    <code>{one.state === "closed" ? "" : (one.workers ?? []).join(" ")}</code>
                  </td>
                  <td class="wrap">
                    {streams.streams
                      .filter((agent) => agent.waiting_for.includes(one.name))
                      .map((agent) => (
                        <a key={agent.agent} class="listed" href={link("topology", { agent: agent.agent })}>
                          {agent.agent}
                        </a>
                      ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
