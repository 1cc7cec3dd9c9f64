import { useMemo, useRef } from "preact/hooks";
import { plural } from "../format.js";
import { layOut, type Layout } from "../graph/layout.js";
import { graphOf, Numbers, type Graph } from "../graph/model.js";
import { GraphView } from "../graph/view.js";
import { link, type Route } from "../route.js";
import { useModel, useStore } from "../ui/hooks.js";
import { Empty, Failed, Loading } from "../ui/parts.js";
import { NodePanel } from "./node.js";

export function TopologyView({ route }: { route: Route }) {
  const model = useModel();
  const topology = useStore(model.topology);
  const error = useStore(model.topologyError);
  const streams = useStore(model.streams.value);
  const filter = route.query["filter"] ?? "";
  const selected = route.query["agent"] ? `agent:${route.query["agent"]}` : (route.query["node"] ?? "");
  const runs = useRef(0);

  const laid = useMemo((): { graph: Graph; layout: Layout } | null => {
    if (topology === null) return null;
    const graph = graphOf(topology, filter);
    runs.current += 1;
    return { graph, layout: layOut(graph) };
  }, [topology, filter]);
  const numbers = useMemo(() => new Numbers(streams, model.history.dying(model.now.value)), [streams]);

  const go = (query: Record<string, string>): void => location.replace(link("topology", { filter, ...query }));
  const select = useMemo(
    () => (id: string) => {
      const { filter: kept } = Object.fromEntries(new URLSearchParams(location.hash.split("?")[1] ?? ""));
      const [kind, name] = [id.slice(0, id.indexOf(":")), id.slice(id.indexOf(":") + 1)];
      location.replace(link("topology", { filter: kept, ...(kind === "agent" ? { agent: name } : { node: id }) }));
    },
    [],
  );

  if (laid === null) return error === "" ? <Loading rows={6} /> : <Failed reason={error} />;
  const agents = laid.graph.nodes.filter((node) => node.kind === "agent").length;
  return (
    <section class="topology" aria-label="Topology">
      <div class="bar">
        <input
          type="search"
          aria-label="Filter by name"
          placeholder="Filter agents, topics, stores"
          value={filter}
          onInput={(event) => go({ filter: event.currentTarget.value })}
        />
        <span class="quiet">{plural(agents, "agent")}</span>
        <Legend />
      </div>
      <div class="split">
        {laid.graph.nodes.length === 0 ? (
          <Empty title={filter ? "Nothing has that in its name" : "No agents are declared"}>
            {filter ? "Filters look at the names of agents, topics and stores." : "A gateway alone shows them once a worker has spoken."}
          </Empty>
        ) : (
          <GraphView layout={laid.layout} layouts={runs.current} numbers={numbers} selected={selected} onSelect={select} />
        )}
        {selected !== "" && <NodePanel id={selected} graph={laid.graph} numbers={numbers} onClose={() => select("")} />}
      </div>
    </section>
  );
}

function Legend() {
  return (
    <ul class="legend" aria-label="Legend">
      <li class="agent">agent</li>
      <li class="topic">topic</li>
      <li class="store">store</li>
      <li class="warn">behind</li>
      <li class="bad">failing, waiting</li>
    </ul>
  );
}
