/** Tabs of one browser: one socket, the same news in each, and another one goes on when the leader is gone. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { arrival, at, FakeBrowser, FakeTab, marked, PROBLEM, settle, tokens } from "./fakes.js";

let browser: FakeBrowser;
let tabs: FakeTab[];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  browser = new FakeBrowser();
  tabs = [];
});

afterEach(() => {
  for (const tab of tabs) if (!tab.dead) tab.client.stop();
  vi.useRealTimers();
});

async function open(name: string, options = {}): Promise<FakeTab> {
  const tab = new FakeTab(browser, name, options);
  tabs.push(tab);
  tab.client.start();
  await settle();
  return tab;
}

/** The first leads and is live at offset 10; the others follow. */
async function opened(count = 3): Promise<FakeTab[]> {
  const first = await open("a");
  await first.connect({ position: at(10), unread: 4 });
  for (const name of ["b", "c"].slice(0, count - 1)) await open(name);
  return tabs;
}

function sockets(): number {
  return tabs.reduce((sum, tab) => sum + tab.sockets.length, 0);
}

test("have one socket and one session, and hear the same", async () => {
  const [a, b, c] = (await opened()) as [FakeTab, FakeTab, FakeTab];
  expect([a, b, c].map(({ state }) => state)).toEqual(["live", "live", "live"]);
  expect(b.client.counts).toEqual({ unseen: 0, unread: 4 });
  expect(b.heardOf("reload")).toEqual(["position"]); // it has nothing yet, and loads
  a.socket.tell(arrival(11));
  a.socket.tell(marked(12, "read", { up_to: "n11", unread: 1 }));
  await settle();
  for (const tab of [b, c]) {
    expect(tab.heardOf("notification")).toEqual(a.heardOf("notification"));
    expect(tab.heardOf("change")).toEqual(a.heardOf("change"));
    expect(tab.client.counts).toEqual({ unseen: 0, unread: 1 });
  }
  expect(sockets()).toBe(1);
  expect(b.session).not.toHaveBeenCalled();
});

test("of another user have their own, and without locks each tab has", async () => {
  const a = await open("a");
  await open("b", { user: "another" });
  const alone = new FakeTab(null, "c");
  tabs.push(alone);
  alone.client.start();
  await settle();
  expect(sockets()).toBe(3);
  await a.connect({ position: at(1) });
  a.socket.tell(arrival(2));
  await settle();
  expect(tabs[1]!.heardOf("notification")).toEqual([]);
});

test("a mark of a tab that follows goes through the one that leads, and its answer comes back", async () => {
  const [a, b] = (await opened()) as [FakeTab, FakeTab];
  const done = b.client.mark("read", { notifications: ["n1"] });
  const refused = b.client.mark("deleted", { notifications: ["n2"] });
  await settle();
  expect(a.socket.marks.map(({ state }) => state)).toEqual(["read", "deleted"]);
  a.socket.tell({ type: "marked", id: a.socket.marks[0]!["id"] });
  a.socket.tell({ type: "error", id: a.socket.marks[1]!["id"], problem: PROBLEM });
  await done;
  await expect(refused).rejects.toMatchObject({ problem: PROBLEM });
});

test.each(["is closed", "crashes"])("when the leader %s, another goes on from the shared position", async (how) => {
  const [a, b, c] = (await opened()) as [FakeTab, FakeTab, FakeTab];
  a.socket.tell(arrival(11));
  await settle();
  if (how === "crashes") a.crash(browser);
  else a.client.stop();
  await settle();
  expect(b.sockets).toHaveLength(1);
  expect(c.sockets).toHaveLength(0);
  const first = await b.connect({ recovered: true, position: at(12) });
  expect(first["position"]).toEqual(at(11));
  const { access_token } = (await a.session.mock.results[0]!.value)!;
  expect(first["token"]).toBe(access_token); // the shared session, not a new one
  b.socket.tell(arrival(12));
  await settle();
  expect(c.heardOf("notification")).toHaveLength(2);
  expect(c.heardOf("reload")).toEqual(["position"]); // of its beginning: nothing was missed
});

test("what the leader had not answered is sent again by the next one", async () => {
  const [a, b, c] = (await opened()) as [FakeTab, FakeTab, FakeTab];
  const done = c.client.mark("read", { notifications: ["n1"] });
  await settle();
  const [frame] = a.socket.marks;
  a.crash(browser);
  await settle();
  await b.connect({ recovered: true, position: at(10) });
  expect(b.socket.marks).toEqual([frame]);
  b.socket.tell({ type: "marked", id: frame!["id"] });
  await done;
});

test("a refresh token is used by the leader alone, also when others need an access token", async () => {
  const [a, b, c] = (await opened()) as [FakeTab, FakeTab, FakeTab];
  const fresh = tokens("fresh");
  for (const tab of [a, b, c]) {
    tab.answer = ({ path, token }) => {
      if (path === "/v1/sessions/refresh") return { body: fresh };
      return token === "access-fresh" ? { body: { unseen: 1, unread: 1 } } : { status: 401, body: { ...PROBLEM, status: 401 } };
    };
  }
  const answers = Promise.all([b.client.rest.counts(), c.client.rest.counts(), a.client.rest.counts()]);
  await vi.advanceTimersByTimeAsync(2_000);
  await answers;
  const refreshes = tabs.flatMap(({ name, calls }) => calls.filter(({ path }) => path.endsWith("refresh")).map(() => name));
  expect(refreshes).toEqual(["a"]);
});

test("a leader that dies while it refreshes: the next repeats that request at once, while it may", async () => {
  const [a, b] = (await opened()) as [FakeTab, FakeTab];
  a.answer = ({ path }) =>
    path.endsWith("refresh") ? new Promise(() => undefined) : { status: 401, body: { ...PROBLEM, status: 401 } };
  void a.client.rest.counts();
  await settle();
  const [lost] = a.calls.filter(({ path }) => path.endsWith("refresh"));
  a.crash(browser);
  await settle();
  const [repeated] = b.calls.filter(({ path }) => path.endsWith("refresh"));
  expect(repeated!.body).toEqual(lost!.body);
  expect(b.session).not.toHaveBeenCalled();
});

test("a visible tab takes over from a leader that has gone silent, with a session of its own", async () => {
  const [a, b, c] = (await opened()) as [FakeTab, FakeTab, FakeTab];
  c.visible = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(b.sockets).toHaveLength(0); // it answers
  for (const channel of browser.channels) if (channel.onmessage !== null) mute(a, channel);
  await vi.advanceTimersByTimeAsync(25_000);
  expect(b.sockets).toHaveLength(1);
  expect(c.sockets).toHaveLength(0);
  expect(b.session).toHaveBeenCalledTimes(1);
  expect(b.calls).toEqual([]); // the refresh token of the silent one is left alone
  await b.connect({ recovered: true, position: at(10) });
  expect(a.socket.closedByUs).toBe(true); // it has learnt of it, and follows
  b.socket.tell(arrival(11));
  await settle();
  expect(c.heardOf("notification")).toHaveLength(1);
});

/** The tab no longer hears the others, as when the system has frozen it. */
function mute(tab: FakeTab, channel: { onmessage: unknown }): void {
  if (tab.channels.includes(channel as never)) channel.onmessage = () => undefined;
}

test("signing out in one tab signs out all, and a tab that starts again brings all back", async () => {
  const [a, b, c] = (await opened()) as [FakeTab, FakeTab, FakeTab];
  b.answer = () => ({ status: 204 });
  await b.client.signOut();
  await settle();
  for (const tab of [a, b, c]) expect(tab.client.status).toMatchObject({ state: "closed", reason: "signed-out" });
  a.client.stop(); // the next in line leads, and does not sign in by itself
  await settle();
  expect(b.sockets).toHaveLength(0);
  c.client.start();
  await settle();
  expect(b.session).toHaveBeenCalledTimes(1);
  await b.connect();
  expect([b.state, c.state]).toEqual(["live", "live"]);
});

test("a new page is connected, although an old tab was left behind signed out", async () => {
  const [a] = (await opened(1)) as [FakeTab];
  a.socket.drop(4503);
  const later = await open("later");
  await a.connect({ position: at(12) });
  expect(later.state).toBe("live");
});

test("a tab that missed something loads again", async () => {
  const [a, b] = (await opened(2)) as [FakeTab, FakeTab];
  const [channel] = b.channels;
  const hears = channel!.onmessage;
  channel!.onmessage = null;
  a.socket.tell(arrival(11));
  await settle();
  channel!.onmessage = hears;
  a.socket.tell(arrival(12));
  await settle();
  expect(b.heardOf("reload")).toEqual(["position", "position"]);
});
