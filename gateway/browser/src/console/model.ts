/** All that the views look at: who is signed in, the feeds, and what follows from them. */

import { ApiError, Api, type Fetch } from "./api.js";
import { Feed, type Clock } from "./feed.js";
import { fingerprint } from "./graph/model.js";
import { troubles, type Trouble } from "./health.js";
import { History } from "./history.js";
import { Store } from "./store.js";
import type { CallerShown, StreamsStats, TablesStats, TopologyStats } from "./types.js";

/** How often what seldom changes is asked for: the shape, and for the health header the tables. */
const SELDOM = 15_000;

export class Model {
  readonly api: Api;
  readonly streams: Feed<StreamsStats>;
  readonly tables: Feed<TablesStats>;
  /** Set again only when the declared agents have changed, since every change is a new layout. */
  readonly topology = new Store<TopologyStats | null>(null);
  readonly topologyError = new Store("");
  readonly troubles = new Store<readonly Trouble[]>([]);
  readonly now: Store<number>;
  readonly history = new History();
  readonly #stopped = new AbortController();
  #agents = "";
  #asked = 0;
  #watchers = 0;

  constructor(
    key: string,
    readonly caller: CallerShown,
    fetch: Fetch,
    private readonly clock: Clock,
    onRefused: (reason: string) => void,
  ) {
    this.api = new Api(key, fetch);
    this.api.onRefused = onRefused;
    this.streams = new Feed(this.api, "/stats/streams", clock);
    this.tables = new Feed(this.api, "/stats/tables", clock);
    this.now = new Store(clock.now());
  }

  may(action: string): boolean {
    return this.caller.may.includes(action);
  }

  start(): void {
    this.streams.value.subscribe(() => this.#look());
    this.streams.standing.subscribe(() => this.#judge());
    this.tables.value.subscribe(() => this.#judge());
    this.streams.start();
    void this.#tick();
  }

  stop(): void {
    this.#stopped.abort();
    this.streams.stop();
    this.tables.stop();
  }

  async #tick(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      this.now.set(this.clock.now());
      this.#judge();
      if (this.now.value - this.#asked >= SELDOM) await Promise.all([this.#shape(), this.#tables()]);
      await this.clock.sleep(1000, this.#stopped.signal).catch(() => undefined);
    }
  }

  #look(): void {
    const streams = this.streams.value.value!;
    this.history.add(streams, this.clock.now());
    const agents = streams.streams.map((one) => one.agent).join("\n");
    if (agents !== this.#agents) this.#asked = 0; // another set of agents: the next tick asks for its shape
    this.#agents = agents;
    this.#judge();
  }

  async #shape(): Promise<void> {
    this.#asked = this.clock.now();
    try {
      const found = await this.api.get<TopologyStats>("/stats/topology");
      if (fingerprint(found) !== fingerprint(this.topology.value)) this.topology.set(found);
      this.topologyError.set("");
    } catch (error) {
      this.topologyError.set(error instanceof ApiError ? error.message : String(error));
    }
  }

  /** Hundreds of partitions a second are for whoever looks at them: see {@link watchTables}. */
  async #tables(): Promise<void> {
    if (this.#watchers > 0) return;
    const found = await this.api.get<TablesStats>("/stats/tables").catch(() => null);
    if (found !== null && this.#watchers === 0) this.tables.value.set(found);
  }

  /** Tables live, until the answer is called. */
  watchTables(): () => void {
    this.#watchers += 1;
    this.tables.start();
    return () => {
      this.#watchers -= 1;
      if (this.#watchers === 0) this.tables.stop();
    };
  }

  #judge(): void {
    const now = this.clock.now();
    const found = troubles(
      {
        standing: this.streams.standing.value,
        streams: this.streams.value.value,
        tables: this.tables.value.value,
        dying: this.history.dying(now),
      },
      now,
    );
    if (JSON.stringify(found) !== JSON.stringify(this.troubles.value)) this.troubles.set(found);
  }
}
