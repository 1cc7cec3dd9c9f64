/** The last two minutes of each agent: what its lines draw, and what it put aside in the last one. */

import type { StreamsStats } from "./types.js";

export const KEPT = 120;
const MINUTE = 60_000;

export interface Sample {
  at: number;
  in: number;
  failed: number;
  lag: number;
  dead: number;
}

export class History {
  readonly #agents = new Map<string, Sample[]>();

  add(streams: StreamsStats, at: number): void {
    const names = new Set<string>();
    for (const one of streams.streams) {
      names.add(one.agent);
      const samples = this.#agents.get(one.agent) ?? [];
      const lag = one.sources.reduce((most, source) => Math.max(most, source.lag_seconds ?? 0), 0);
      samples.push({ at, in: one.rates.in, failed: one.rates.failed, lag, dead: one.dead_lettered });
      if (samples.length > KEPT) samples.shift();
      this.#agents.set(one.agent, samples);
    }
    for (const name of this.#agents.keys()) if (!names.has(name)) this.#agents.delete(name);
  }

  of(agent: string): readonly Sample[] {
    return this.#agents.get(agent) ?? [];
  }

  /** Agents that put events aside in the last minute, and how many. A worker that leaves takes its counts with it. */
  dying(now: number): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    for (const [agent, samples] of this.#agents) {
      const recent = samples.filter((one) => now - one.at <= MINUTE);
      let died = 0;
      for (let at = 1; at < recent.length; at += 1) died += Math.max(0, recent[at]!.dead - recent[at - 1]!.dead);
      if (died > 0) found.set(agent, died);
    }
    return found;
  }
}
