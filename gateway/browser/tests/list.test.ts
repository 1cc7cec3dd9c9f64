/** The list: pages, what comes live, what the user does at once, and what is taken back. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InboxList, type View } from "@pavilion/client";
import { arrival, at, FakeTab, marked, note, PROBLEM, settle, type Call } from "./fakes.js";

let tab: FakeTab;
let list: InboxList;

const page = (ids: string[], next: string | null = null, changes = {}) => ({
  body: { data: ids.map((id) => note(id, changes)), page: { next } },
});
const ids = () => list.items.map(({ id }) => id);
const lists = () => tab.calls.filter(({ method, path }) => method === "GET" && path.startsWith("/v1/notifications?"));

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-22T14:00:00Z") });
  tab = new FakeTab();
});

afterEach(() => {
  list.close();
  tab.client.stop();
  const left = vi.getTimerCount();
  vi.useRealTimers();
  expect(left).toBe(0);
});

/** Live at offset 10, with what `answer` gives. */
async function shown(answer: (call: Call) => ReturnType<typeof page>, view: View = "all"): Promise<void> {
  tab.answer = answer;
  list = new InboxList(tab.client, { view, pageSize: 3, random: () => 0.5 });
  tab.client.start();
  await tab.connect({ position: at(10), unseen: 5, unread: 5 });
}

describe("loading", () => {
  test("begins when the socket is connected, once", async () => {
    await shown(() => page(["n3", "n2", "n1"], "older"));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(lists().map(({ path }) => path)).toEqual(["/v1/notifications?limit=3"]);
    expect(ids()).toEqual(["n3", "n2", "n1"]);
    expect([list.status, list.hasMore]).toEqual(["ready", true]);
  });

  test("goes over REST alone where no socket gets through", async () => {
    tab.answer = () => page(["n1"]);
    list = new InboxList(tab.client);
    tab.client.start();
    await vi.advanceTimersByTimeAsync(2_900);
    expect(list.status).toBe("loading");
    await vi.advanceTimersByTimeAsync(200);
    expect(ids()).toEqual(["n1"]);
  });

  test("adds page after page, each once, and ends", async () => {
    await shown(({ path }) => (path.includes("cursor=older") ? page(["n0"]) : page(["n3", "n2", "n1"], "older")));
    await Promise.all([list.loadMore(), list.loadMore()]);
    expect(ids()).toEqual(["n3", "n2", "n1", "n0"]);
    expect(list.hasMore).toBe(false);
    await list.loadMore();
    expect(lists()).toHaveLength(2);
  });

  test("what comes live while a page is on its way is not lost, and not overwritten by it", async () => {
    let answer!: () => void;
    tab.answer = () => new Promise((resolve) => (answer = () => resolve(page(["n2", "n1"]))));
    list = new InboxList(tab.client);
    tab.client.start();
    await tab.connect({ position: at(10) });
    tab.socket.tell(arrival(11, "n3"));
    tab.socket.tell(marked(12, "read", { notifications: ["n1"] }));
    answer();
    await settle();
    expect(ids()).toEqual(["n3", "n2", "n1"]);
    expect(list.items[2]!.read_at).not.toBeNull();
  });

  test("a failure shows, and is tried again by itself", async () => {
    let failing = true;
    await shown(() => {
      if (failing) throw new TypeError("network");
      return page(["n1"]);
    });
    expect([list.status, list.retrying]).toEqual(["failed", true]);
    failing = false;
    await vi.advanceTimersByTimeAsync(1_500);
    expect([list.status, list.retrying]).toEqual(["ready", false]);
    expect(ids()).toEqual(["n1"]);
  });

  test("it is not asked again before the time that the gateway named", async () => {
    const busy = { status: 429, body: { ...PROBLEM, status: 429 }, headers: { "retry-after": "20" } };
    let answer: ReturnType<typeof page> = busy as never;
    await shown(() => answer);
    answer = page(["n1"]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(lists()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_600);
    expect(ids()).toEqual(["n1"]);
  });

  test("what could not be loaded is asked for again when the socket is back, though it goes on from its position", async () => {
    let answer: ReturnType<typeof page> = page(["n1"]);
    await shown(() => answer);
    answer = { status: 422, body: PROBLEM } as never;
    await list.reload();
    expect([list.status, list.retrying, ids()]).toEqual(["ready", false, ["n1"]]);
    answer = page(["n2", "n1"]);
    tab.client.stop();
    tab.client.start();
    await tab.connect({ position: at(11), recovered: true });
    await settle();
    expect(ids()).toEqual(["n2", "n1"]);
  });

  test("a further page that fails leaves what is there, and can be asked for again", async () => {
    let failing = true;
    await shown(({ path }) => {
      if (path.includes("cursor") && failing) throw new TypeError("network");
      return path.includes("cursor") ? page(["n0"]) : page(["n1"], "older");
    });
    await list.loadMore();
    expect([ids(), list.more, list.hasMore]).toEqual([["n1"], "failed", true]);
    failing = false;
    await list.loadMore();
    expect([ids(), list.more]).toEqual([["n1", "n0"], "idle"]);
  });

  test.each([
    ["a lost position", () => tab.socket.drop(4010)],
    ["released notifications", () => tab.socket.tell(marked(12, "released"))],
  ])("%s loads as much again as was there", async (_, happens) => {
    let all = ["n3", "n2", "n1"];
    await shown(() => page(all, "older"));
    all = ["n9", "n3", "n1"];
    tab.socket.tell(arrival(11, "n8"));
    happens();
    await vi.advanceTimersByTimeAsync(500);
    if (tab.state !== "live") await tab.connect({ position: at(2, "e2") });
    await settle();
    expect(ids()).toEqual(["n9", "n3", "n1"]);
    expect(lists().at(-1)!.path).toBe("/v1/notifications?limit=4");
  });

  test("a page left open for a week stays small", async () => {
    await shown(() => page(["n3", "n2", "n1"], "older"));
    for (let offset = 11; offset <= 10 + 501; offset += 1) tab.socket.tell(arrival(offset, `o${offset}`));
    await settle();
    expect(list.items).toHaveLength(3);
    expect(lists()).toHaveLength(2);
    expect(lists()[1]!.path).toBe("/v1/notifications?limit=3");
  });
});

describe("views", () => {
  test("are filtered by the gateway, and follow what happens", async () => {
    await shown(({ path }) => (path.includes("archived") ? page(["n1"], null, { archived_at: "x" }) : page(["n3", "n2"])), "unread");
    expect(lists()[0]!.path).toBe("/v1/notifications?limit=3&state=unread");
    tab.socket.tell(marked(11, "read", { notifications: ["n3"] }));
    expect(ids()).toEqual(["n2"]);
    tab.socket.tell(arrival(12, "n4"));
    expect(ids()).toEqual(["n4", "n2"]);
    list.view = "archived";
    expect(list.status).toBe("loading");
    await settle();
    expect(ids()).toEqual(["n1"]);
    tab.socket.tell(arrival(13, "n5"));
    expect(ids()).toEqual(["n1"]);
  });

  test("what another device archives comes into the archived view", async () => {
    let all: string[] = [];
    await shown(() => page(all, null, { archived_at: "2026-11-22T14:00:00.000Z" }), "archived");
    all = ["n2"];
    tab.socket.tell(marked(11, "archived", { notifications: ["n2"] }));
    await settle();
    expect(ids()).toEqual(["n2"]);
  });
});

describe("what the user does", () => {
  beforeEach(() => shown(() => page(["n3", "n2", "n1"])));

  const answer = (index: number, frame: object = { type: "marked" }) =>
    tab.socket.tell({ ...frame, id: tab.socket.marks[index]!["id"] });

  test("shows at once, with the counts", async () => {
    const done = list.mark("read", ["n2"]);
    expect(list.items[1]!.read_at).toBe("2026-11-22T14:00:00.000Z");
    expect(list.counts).toEqual({ unseen: 4, unread: 4 });
    answer(0);
    await done;
    // The counts of the gateway come with the event, a moment later: nothing jumps back meanwhile.
    expect(list.counts).toEqual({ unseen: 4, unread: 4 });
    tab.socket.tell(marked(11, "read", { id: tab.socket.marks[0]!["id"], notifications: ["n2"], unseen: 4, unread: 4 }));
    expect(list.counts).toEqual({ unseen: 4, unread: 4 });
    expect(list.items[1]!.read_at).not.toBeNull();
  });

  test.each(["read", "archived", "deleted"] as const)("%s is taken back when it is refused", async (state) => {
    const refused = vi.fn();
    list.on("refused", refused);
    const before = structuredClone(list.items);
    const done = list.mark(state, ["n2"]);
    expect(list.items).not.toEqual(before);
    expect(list.counts.unread).toBe(4);
    answer(0, { type: "error", problem: PROBLEM });
    await expect(done).rejects.toMatchObject({ problem: PROBLEM });
    expect(list.items).toEqual(before);
    expect(list.counts).toEqual({ unseen: 5, unread: 5 });
    expect(refused).toHaveBeenCalledOnce();
  });

  test("is kept while there is no connection, and sent when there is one", async () => {
    tab.socket.drop();
    const done = list.mark("archived", ["n3"]);
    expect(ids()).toEqual(["n2", "n1"]);
    await vi.advanceTimersByTimeAsync(1_000);
    await tab.connect({ recovered: true, position: at(10) });
    expect(ids()).toEqual(["n2", "n1"]);
    answer(0);
    await done;
    expect(ids()).toEqual(["n2", "n1"]);
    await vi.advanceTimersByTimeAsync(5_000);
  });

  test("read and unread in a row end as the last one", async () => {
    const both = [list.mark("read", ["n2"]), list.mark("unread", ["n2"])];
    expect(list.items[1]!.read_at).toBeNull();
    answer(0);
    answer(1);
    await Promise.all(both);
    expect(list.items[1]!.read_at).toBeNull();
    await vi.advanceTimersByTimeAsync(5_000);
  });

  test("marking all reaches what is not loaded", async () => {
    const done = list.markAll("read");
    expect(list.counts).toEqual({ unseen: 0, unread: 0 });
    expect(tab.socket.marks).toMatchObject([{ state: "read", up_to: "n3" }]);
    tab.socket.tell(arrival(11, "n4", { unseen: 6, unread: 6 }));
    expect(list.items[0]!.read_at).toBeNull(); // it came later
    answer(0);
    tab.socket.tell(marked(12, "read", { id: tab.socket.marks[0]!["id"], up_to: "n3", unseen: 1, unread: 1 }));
    await done;
    expect(list.counts).toEqual({ unseen: 1, unread: 1 });
  });

  test("marking all from the archived view finds the newest first", async () => {
    list.close();
    await shownArchived();
    const done = list.markAll("read");
    await settle();
    expect(tab.socket.marks).toMatchObject([{ up_to: "n9" }]);
    answer(0);
    await done;
  });

  async function shownArchived(): Promise<void> {
    tab.answer = ({ path }) => (path.includes("limit=1") ? page(["n9"]) : page(["n1"], null, { archived_at: "x" }));
    list = new InboxList(tab.client, { view: "archived" });
    await vi.advanceTimersByTimeAsync(1);
  }
});
