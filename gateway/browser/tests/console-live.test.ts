import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Api, ApiError } from "../src/console/api.js";
import { EventParser } from "../src/console/events.js";
import { Feed, SILENCE, STILL, type Clock } from "../src/console/feed.js";
import { History } from "../src/console/history.js";
import { troubles, type Seen } from "../src/console/health.js";
import { filterOf } from "../src/console/views/letters.js";
import { buckets, wholeTables } from "../src/console/views/tables.js";
import { agent, streams } from "./console-fakes.js";

describe("events", () => {
  it("come in pieces, with any kind of line end", () => {
    const parser = new EventParser();
    expect(parser.push('retry: 2000\n\ndata: {"a"')).toEqual([]);
    expect(parser.push(':1}\n\n: comment\r\ndata: 2\r\n\r\nda')).toEqual(['{"a":1}', "2"]);
    expect(parser.push("ta:3\ndata: 4\n\n")).toEqual(["3\n4"]);
  });

  it("have no data without data lines", () => {
    expect(new EventParser().push("event: x\n\n\n")).toEqual([]);
  });
});

/** A stream that a test writes to and ends. */
class Line {
  readonly asked: string[] = [];
  #writer: ReadableStreamDefaultController<Uint8Array> | null = null;
  refusal: ApiError | null = null;

  async stream(path: string, signal: AbortSignal): Promise<Response> {
    this.asked.push(path);
    if (this.refusal !== null) throw this.refusal;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#writer = controller;
        signal.addEventListener("abort", () => controller.error(new Error("aborted")));
      },
    });
    return new Response(body);
  }

  async send(value: unknown): Promise<void> {
    this.#writer!.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(value)}\n\n`));
    await vi.advanceTimersByTimeAsync(0);
  }

  async end(): Promise<void> {
    this.#writer!.close();
    await vi.advanceTimersByTimeAsync(0);
  }
}

describe("a feed", () => {
  const clock: Clock = {
    now: () => Date.now(),
    random: () => 1,
    sleep: (ms, signal) =>
      new Promise((done, fail) => {
        const timer = setTimeout(done, ms);
        signal.addEventListener("abort", () => (clearTimeout(timer), fail(new Error("stopped"))));
      }),
  };
  let line: Line;
  let feed: Feed<{ at?: string; stale?: string; n: number }>;

  beforeEach(async () => {
    vi.useFakeTimers();
    line = new Line();
    feed = new Feed(line, "/stats/streams", clock);
    feed.start();
    await vi.advanceTimersByTimeAsync(0);
  });

  afterEach(() => {
    feed.stop();
    vi.useRealTimers();
  });

  it("has the last value, and is live", async () => {
    await line.send({ at: "1", n: 1 });
    await line.send({ at: "2", n: 2 });
    expect(feed.value.value).toEqual({ at: "2", n: 2 });
    expect(feed.standing.value.state).toBe("live");
  });

  it("keeps the value when the line is cut, says since when, and asks again with growing waits", async () => {
    await line.send({ at: "1", n: 1 });
    const since = Date.now();
    await vi.advanceTimersByTimeAsync(1000);
    await line.end();
    expect(feed.value.value).toEqual({ at: "1", n: 1 });
    expect(feed.standing.value).toMatchObject({ state: "stale", since });
    line.refusal = new ApiError("The gateway cannot be reached.", 0);
    await vi.advanceTimersByTimeAsync(500);
    expect(line.asked).toHaveLength(2);
    expect(feed.standing.value).toEqual({ state: "stale", since, reason: "The gateway cannot be reached.", workers: false });
    await vi.advanceTimersByTimeAsync(900);
    expect(line.asked).toHaveLength(2);
    line.refusal = null;
    await vi.advanceTimersByTimeAsync(100);
    expect(line.asked).toHaveLength(3);
    await line.send({ at: "3", n: 3 });
    expect(feed.standing.value).toMatchObject({ state: "live", reason: "" });
  });

  it("does not wait for a line that has gone silent", async () => {
    await line.send({ at: "1", n: 1 });
    await vi.advanceTimersByTimeAsync(SILENCE);
    expect(feed.standing.value.state).toBe("stale");
    expect(feed.standing.value.reason).toContain("Nothing came");
    await vi.advanceTimersByTimeAsync(600);
    expect(line.asked).toHaveLength(2);
  });

  it("takes the gateway's word that its numbers are old", async () => {
    await line.send({ at: "1", n: 1, stale: "2026-11-24T10:00:00.000Z" });
    expect(feed.standing.value).toMatchObject({ state: "stale", since: Date.parse("2026-11-24T10:00:00.000Z"), workers: true });
    await line.send({ at: "2", n: 2 });
    expect(feed.standing.value.state).toBe("live");
  });

  it("notices numbers that stand still", async () => {
    for (let passed = 0; passed <= STILL + 1000; passed += 1000) {
      await line.send({ at: "1", n: 1 });
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(feed.standing.value).toMatchObject({ state: "stale", reason: "The gateway answers, but its numbers stand still." });
  });

  it("asks no more where it was refused", async () => {
    line.refusal = new ApiError("no", 403);
    await line.end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(line.asked).toHaveLength(2);
    expect(feed.standing.value.reason).toBe("no");
  });
});

describe("REST", () => {
  it("has the key in a header alone, and says what a problem says", async () => {
    const asked: [string, RequestInit][] = [];
    const api = new Api("the-key", async (input, init) => {
      asked.push([String(input), init!]);
      return new Response(JSON.stringify({ title: "Forbidden", detail: "a support may not" }), { status: 403 });
    });
    await expect(api.letters({ text: "x y", since: "2026" }, "c", 5)).rejects.toMatchObject({ message: "a support may not", status: 403 });
    expect(asked[0]![0]).toBe("/v1/dead-letters?text=x+y&from=2026&limit=5&cursor=c");
    expect(new Headers(asked[0]![1].headers).get("authorization")).toBe("Bearer the-key");
  });

  it("tells when the key is refused, and what a proxy answered", async () => {
    const refused = vi.fn();
    const api = new Api("k", async () => new Response("<html>", { status: 401 }));
    api.onRefused = refused;
    await expect(api.caller()).rejects.toMatchObject({ message: "The gateway answered 401." });
    expect(refused).toHaveBeenCalledOnce();
  });
});

describe("what is wrong", () => {
  const seen = (changes: Partial<Seen>): Seen => ({
    standing: { state: "live", since: 0, reason: "", workers: false },
    streams: streams([agent("a")]),
    tables: null,
    dying: new Map(),
    ...changes,
  });
  const kinds = (changes: Partial<Seen>) => troubles(seen(changes), 60_000).map((one) => one.kind);

  it("is nothing while all runs", () => {
    expect(kinds({})).toEqual([]);
  });

  it("comes with the most urgent first, each with its page of the runbook", () => {
    const away = { name: "redis", state: "open", since: "1970-01-01T00:00:00.000Z", failures: 3, last_error: "refused", next_attempt: null };
    const agents = [
      agent("late", { sources: [{ topic: "t", in: 0, rate: 0, lag_messages: 5, lag_seconds: 45 }] }),
      agent("waits", { state: "waiting", waiting_for: ["redis"] }),
      agent("dies", { dead_lettered: 9, dead_letters: { Bad: 9 } }),
    ];
    const all = troubles(
      seen({
        standing: { state: "stale", since: 50_000, reason: "gone", workers: false },
        streams: streams(agents, { dependencies: [away], dead_letter_backlog: 2, retry_depth: 5000 }),
        dying: new Map([["dies", 9]]),
      }),
      60_000,
    );
    expect(all.map((one) => one.kind)).toEqual(["stale", "breaker", "dead-letters", "lag", "retries", "backlog"]);
    expect(all[0]!.text).toContain("10");
    expect(all[1]!.text.replaceAll("\u00a0", " ")).toBe("redis is away for 60 s");
    expect(all[1]!.detail).toBe("refused · waits wait for it");
    expect(all[2]!.href).toBe("#/letters?agent=dies&state=pending");
    expect(all.every((one) => one.runbook !== "")).toBe(true);
  });

  it("names a few of many that wait", () => {
    const away = { name: "redis", state: "open", since: "1970-01-01T00:00:00.000Z", failures: 3, last_error: null, next_attempt: null };
    const agents = Array.from({ length: 200 }, (_, number) => agent(`a${number}`, { state: "waiting", waiting_for: ["redis"] }));
    const all = troubles(seen({ streams: streams(agents, { dependencies: [away] }) }), 60_000);
    expect(all.map((one) => one.detail)).toEqual(["a0, a1, a2 and 197 more wait for it"]);
  });

  it("says that an agent waits for what no breaker tells", () => {
    expect(kinds({ streams: streams([agent("a", { state: "waiting", waiting_for: ["scylla"] })]) })).toEqual(["waiting"]);
  });
});

describe("the last minute", () => {
  it("has what was put aside in it, and no more", () => {
    const history = new History();
    history.add(streams([agent("a", { dead_lettered: 5 })]), 0);
    expect([...history.dying(0)]).toEqual([]);
    history.add(streams([agent("a", { dead_lettered: 8 })]), 1000);
    expect([...history.dying(1000)]).toEqual([["a", 3]]);
    history.add(streams([agent("a", { dead_lettered: 2 })]), 2000); // a worker has left
    expect([...history.dying(2000)]).toEqual([["a", 3]]);
    expect([...history.dying(70_000)]).toEqual([]);
    history.add(streams([]), 3000);
    expect(history.of("a")).toEqual([]);
  });
});

describe("searching letters", () => {
  const now = Date.parse("2026-11-24T12:00:00.000Z");

  it("reckons a period back, and takes times as UTC", () => {
    expect(filterOf({ period: "1 h", from: "2020-01-01T00:00" }, now)).toEqual({ since: "2026-11-24T11:00:00.000Z" });
    expect(filterOf({ period: "between", from: "2026-11-24T10:30", to: "2026-11-24T10:31:05" }, now)).toEqual({
      since: "2026-11-24T10:30:00Z",
      until: "2026-11-24T10:31:05Z",
    });
  });

  it("leaves out what is not given", () => {
    expect(filterOf({ text: "", agent: "video", state: "nonsense" }, now)).toEqual({ agent: "video" });
  });
});

describe("tables", () => {
  const part = (partition: number, state: "running" | "recovering" | "standby", keys: number) => ({
    table: "seen",
    agent: "a",
    partition,
    window_seconds: 600,
    late_policy: "accept",
    state,
    keys,
    bytes: 10 * keys,
    hits: 1,
    misses: 1,
    late: 0,
    stream_time: null,
    buckets: [{ from: "2026-11-24T10:00:00.000Z", to: "2026-11-24T10:01:00.000Z", keys }],
    recovery: { seconds: partition, records: 1, keys, keys_per_second: 1, warm: false, done: true },
    log: { topic: "log", records: 2, bytes: 3 },
  });

  it("are sums over their partitions, without the copies", () => {
    const parts = [part(1, "recovering", 5), part(0, "running", 2), part(0, "standby", 2)];
    expect(wholeTables(parts)).toMatchObject([{ name: "seen", keys: 7, bytes: 70, hits: 2, logBytes: 6, recovering: [1], recovery: 1 }]);
    expect(buckets(parts)).toMatchObject([{ keys: 7 }]);
  });
});
