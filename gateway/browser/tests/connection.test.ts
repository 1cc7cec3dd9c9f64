/** One connection that stays, over a socket that a test moves by hand. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ProblemError } from "@pavilion/client";
import { verdict } from "../src/client/closes.js";
import { arrival, at, FakeTab, marked, PROBLEM, settle, tokens } from "./fakes.js";

let tab: FakeTab;
let made: FakeTab[];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  made = [];
  tab = start();
});

afterEach(() => {
  for (const { client } of made) client.stop();
  const left = vi.getTimerCount();
  vi.useRealTimers();
  expect(left).toBe(0); // nothing goes on behind a client that was stopped
});

function start(session?: FakeTab["session"]): FakeTab {
  const started = new FakeTab(null, "tab", session === undefined ? {} : { session });
  made.push(started);
  started.client.start();
  return started;
}

async function cut(code = 1006, wait = 60_000): Promise<void> {
  tab.socket.drop(code);
  await vi.advanceTimersByTimeAsync(wait);
}

describe("connecting", () => {
  test("goes from idle over connecting to live, with the token in a frame and not in the URL", async () => {
    expect(new FakeTab().state).toBe("idle");
    expect(tab.state).toBe("connecting");
    const first = await tab.connect({ unseen: 1, unread: 2 });
    const { access_token: token } = (await tab.session.mock.results[0]!.value) as { access_token: string };
    expect(first).toEqual({ type: "connect", token, position: null });
    expect(tab.socket.url).toBe("wss://gate.example/v1/stream");
    expect(tab.state).toBe("live");
    expect(tab.client.counts).toEqual({ unseen: 1, unread: 2 });
    expect(tab.heardOf("reload")).toEqual(["position"]);
  });

  test("does not wait for an answer for ever", async () => {
    await settle();
    tab.socket.open();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(tab.state).toBe("waiting");
    expect(tab.socket.closedByUs).toBe(true);
  });

  test("waits and tries again while the session cannot be had", async () => {
    tab = start(vi.fn(async () => tokens()).mockRejectedValueOnce(new TypeError("network")));
    await settle();
    expect(tab.state).toBe("waiting");
    await vi.advanceTimersByTimeAsync(500);
    await tab.connect();
    expect(tab.state).toBe("live");
  });

  test("not before the time that the gateway named", async () => {
    const busy = new ProblemError({ ...PROBLEM, status: 429 }, 30_000);
    tab = start(vi.fn(async () => tokens()).mockRejectedValueOnce(busy));
    await settle();
    expect(tab.client.status).toEqual({ state: "waiting", until: Date.now() + 30_250 });
  });

  test.each([
    ["nobody is signed in", null, "signed-out"],
    ["the backend refuses", Object.assign(new Error("no"), { transient: false }), "no-session"],
  ])("is closed when %s", async (_, answer, reason) => {
    tab = start(vi.fn(() => (answer === null ? Promise.resolve(null) : Promise.reject(answer))));
    await settle();
    expect(tab.client.status).toMatchObject({ state: "closed", reason });
  });

  test("refuses a session of another user", async () => {
    await tab.connect({ user: "somebody-else" });
    expect(tab.client.status).toMatchObject({ state: "closed", reason: "wrong-user" });
    expect(tab.socket.closedByUs).toBe(true);
    expect(tab.heardOf("counts")).toEqual([]);
  });
});

describe("close codes", () => {
  const BACK = [1000, 1001, 1005, 1006, 1011, 1012, 1013, 4000, 4001, 4008, 4010, 4012, 4013, 4014, 4499];
  test.each(BACK)("%i comes back", (code) => expect(verdict(code)).toBe("come back"));
  test.each([1009, 4501, 4502, 4504, 4999])("%i does not", (code) => expect(verdict(code)).toBe("refused"));

  test("4005 refreshes the token before it comes back", async () => {
    await tab.connect();
    tab.answer = () => ({ body: tokens("fresh") });
    await cut(4005, 500);
    expect(tab.calls.map(({ path }) => path)).toEqual(["/v1/sessions/refresh"]);
    expect(tab.socket.open()).toMatchObject({ token: "access-fresh" });
    expect(tab.session).toHaveBeenCalledTimes(1);
  });

  test("4500 asks for one new session, and is closed if that one is refused too", async () => {
    await tab.connect();
    await cut(4500, 500);
    expect(tab.session).toHaveBeenCalledTimes(2);
    tab.socket.open();
    await cut(4500);
    expect(tab.client.status).toMatchObject({ state: "closed", reason: "refused" });
    expect(tab.sockets).toHaveLength(2);
  });

  test("4503 is a sign-out: closed until start(), which asks for a new session", async () => {
    await tab.connect();
    await cut(4503);
    expect(tab.client.status).toMatchObject({ state: "closed", reason: "signed-out" });
    expect(tab.sockets).toHaveLength(1);
    tab.client.start();
    await tab.connect();
    expect(tab.state).toBe("live");
    expect(tab.session).toHaveBeenCalledTimes(2);
  });

  test("what the gateway said before it refused is the reason", async () => {
    await tab.connect();
    tab.socket.tell({ type: "error", problem: PROBLEM });
    await cut(4501);
    expect(tab.client.status).toEqual({ state: "closed", reason: "refused", detail: "not like this" });
  });
});

describe("coming back", () => {
  test("waits with full jitter below a ceiling that doubles, and begins small again after a good connection", async () => {
    const waits: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      await settle();
      tab.socket.drop();
      const { status } = tab.client;
      if (status.state !== "waiting") throw new Error(status.state);
      waits.push(status.until - Date.now());
      await vi.advanceTimersByTimeAsync(waits.at(-1)!);
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    await tab.connect();
    await vi.advanceTimersByTimeAsync(10_000);
    tab.socket.drop();
    expect(tab.client.status).toEqual({ state: "waiting", until: Date.now() + 250 });
  });

  test("a connection that is cut at once does not make it hurry", async () => {
    await tab.connect();
    await cut(4010, 250);
    await tab.connect();
    tab.socket.drop(4010);
    expect(tab.client.status).toEqual({ state: "waiting", until: Date.now() + 500 });
  });

  test("goes on from the last position, unchanged", async () => {
    await tab.connect({ position: at(4) });
    tab.socket.tell(arrival(5));
    await cut();
    const first = await tab.connect({ recovered: true, position: at(7) });
    expect(first["position"]).toEqual(at(5));
    expect(tab.heardOf("reload")).toEqual(["position"]); // of the first time
    tab.socket.tell(arrival(6));
    await cut();
    expect((await tab.connect({ recovered: true, position: at(7) }))["position"]).toEqual(at(6));
  });

  test("a position that was lost reloads, and goes on from where the gateway is", async () => {
    await tab.connect({ position: at(4) });
    await cut(4010);
    await tab.connect({ position: at(2, "e2") });
    expect(tab.heardOf("reload")).toEqual(["position", "position"]);
    tab.socket.tell({ ...arrival(3), position: at(3, "e2") });
    expect(tab.heardOf("notification")).toHaveLength(1);
  });

  test("reconnect says when: it stays until the close, and comes back no earlier", async () => {
    await tab.connect();
    tab.socket.tell({ type: "reconnect", after_ms: 5_000 });
    tab.socket.tell(arrival(1));
    expect(tab.state).toBe("live");
    expect(tab.heardOf("notification")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    tab.socket.drop(1012);
    expect(tab.client.status).toEqual({ state: "waiting", until: Date.now() + 4_250 });
    tab.wake();
    expect(tab.state).toBe("waiting");
  });

  test("it leaves by itself if the close never comes", async () => {
    await tab.connect();
    tab.socket.tell({ type: "reconnect", after_ms: 5_000 });
    await vi.advanceTimersByTimeAsync(7_000);
    expect(tab.state).toBe("waiting");
  });

  test("pings are answered; without any the connection is given up", async () => {
    await tab.connect();
    for (let round = 0; round < 4; round += 1) {
      await vi.advanceTimersByTimeAsync(25_000);
      tab.socket.tell({ type: "ping" });
    }
    expect(tab.socket.sent.filter(({ type }) => type === "pong")).toHaveLength(4);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(tab.state).toBe("waiting");
  });

  test("an early try when the network is back", async () => {
    await tab.connect();
    tab.socket.drop();
    tab.wake();
    await settle();
    expect(tab.sockets).toHaveLength(2);
  });
});

describe("frames", () => {
  beforeEach(() => tab.connect({ position: at(10) }));

  test("an entry that was told is not told again; one after a gap is fetched by coming back", async () => {
    tab.socket.tell(arrival(11));
    tab.socket.tell(arrival(11));
    tab.socket.tell(arrival(10));
    tab.socket.tell(arrival(13));
    expect(tab.heardOf("notification")).toHaveLength(1);
    expect(tab.state).toBe("waiting");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(tab.socket.open()["position"]).toEqual(at(11));
  });

  test.each([
    ["a position alone", { type: "position", position: at(11) }],
    ["a type of frame that is not known", { type: "reaction", position: at(11), what: { is: "this" } }],
    ["a state that is not known", marked(11, "starred")],
  ])("%s moves the position, and changes nothing else", async (_, frame) => {
    const before = tab.heard.filter(([event]) => event !== "counts").length;
    tab.socket.tell(frame);
    expect(tab.heard.filter(([event]) => event !== "counts")).toHaveLength(before);
    tab.socket.tell(arrival(12));
    expect(tab.heardOf("notification")).toHaveLength(1);
    await cut();
    expect(tab.socket.open()["position"]).toEqual(at(12));
  });

  test.each(["{", "[]", "null", '"text"', "{}", '{"type": 1}', '{"type": "position", "position": {"offset": "11"}}'])(
    "%s is no frame, and harms nothing",
    (text) => {
      tab.socket.tell(text);
      tab.socket.tell(arrival(11));
      expect(tab.heardOf("notification")).toHaveLength(1);
      expect(tab.state).toBe("live");
    },
  );

  test("released notifications are loaded again", () => {
    tab.socket.tell(marked(11, "released", { unread: 3 }));
    expect(tab.heardOf("reload")).toEqual(["position", "released"]);
    expect(tab.client.counts).toEqual({ unseen: 0, unread: 3 });
    tab.socket.tell(arrival(12));
    expect(tab.heardOf("notification")).toHaveLength(1);
  });

  test("a change tells what and when", () => {
    tab.socket.tell(marked(11, "read", { up_to: "n3" }));
    expect(tab.heardOf("change")).toMatchObject([{ id: "m", state: "read", up_to: "n3" }]);
  });
});

describe("tokens", () => {
  test("are renewed inside the open socket, a minute before they expire", async () => {
    await tab.connect();
    await vi.advanceTimersByTimeAsync(30_000);
    tab.socket.tell({ type: "ping" });
    for (let seconds = 30; seconds < 539; seconds += 25) {
      await vi.advanceTimersByTimeAsync(25_000);
      tab.socket.tell({ type: "ping" });
    }
    const refreshes = tab.socket.sent.filter(({ type }) => type === "refresh");
    expect(refreshes).toHaveLength(1);
    expect(tab.calls.map(({ path }) => path)).toEqual(["/v1/sessions/refresh"]);
    expect(tab.sockets).toHaveLength(1);
  });

  test("short ones are renewed again and again", async () => {
    tab.answer = () => ({ body: tokens(undefined, 4) });
    await tab.connect({ expires_in: 4 });
    for (let round = 0; round < 5; round += 1) {
      await vi.advanceTimersByTimeAsync(2_000);
      tab.socket.tell({ type: "refreshed", expires_in: 4 });
    }
    expect(tab.socket.sent.filter(({ type }) => type === "refresh")).toHaveLength(5);
    expect(tab.calls.map(({ body }) => (body as { refresh_token: string }).refresh_token)).toHaveLength(5);
    expect(new Set(tab.calls.map(({ body }) => JSON.stringify(body))).size).toBe(5); // each used once
    expect(tab.session).toHaveBeenCalledTimes(1);
  });

  test("a renewal that fails is tried again with the same refresh token, while that is allowed", async () => {
    let failures = 2;
    tab.answer = () => {
      if (failures-- > 0) throw new TypeError("network");
      return { body: tokens("later") };
    };
    await tab.connect({ expires_in: 20 });
    await vi.advanceTimersByTimeAsync(10_000 + 7_000);
    expect(new Set(tab.calls.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(tab.socket.sent.at(-1)).toEqual({ type: "refresh", token: "access-later" });
  });

  test("later it would be taken for theft: a new session instead", async () => {
    tab.answer = () => {
      throw new TypeError("network");
    };
    await tab.connect({ expires_in: 60 });
    await vi.advanceTimersByTimeAsync(30_000);
    tab.socket.tell({ type: "ping" });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(tab.session).toHaveBeenCalledTimes(2);
    expect(tab.calls.length).toBeLessThanOrEqual(4);
    expect(tab.socket.sent.at(-1)).toMatchObject({ type: "refresh" });
  });

  test("of an outside issuer are asked for again, since nothing refreshes them", async () => {
    const session = vi.fn(async () => ({ access_token: `outside-${session.mock.calls.length}`, expires_in: 60 }));
    tab = start(session);
    await tab.connect({ expires_in: 60 });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(tab.socket.sent.at(-1)).toEqual({ type: "refresh", token: "outside-2" });
    await tab.client.signOut();
    expect(tab.calls).toEqual([]);
    expect(tab.client.status).toMatchObject({ state: "closed", reason: "signed-out" });
  });

  test("a session that has ended is followed by a new one, if the backend gives it", async () => {
    tab.answer = () => ({ status: 401, body: { ...PROBLEM, status: 401 } });
    await tab.connect({ expires_in: 60 });
    await vi.advanceTimersByTimeAsync(31_000);
    expect(tab.session).toHaveBeenCalledTimes(2);
    expect(tab.state).toBe("live");
    tab.session.mockResolvedValueOnce(null);
    tab.socket.tell({ type: "refreshed", expires_in: 60 });
    await vi.advanceTimersByTimeAsync(31_000);
    expect(tab.client.status).toMatchObject({ state: "closed", reason: "signed-out" });
  });
});

test("signing out ends the session at the gateway, and closes", async () => {
  await tab.connect();
  tab.answer = () => ({ status: 204 });
  await tab.client.signOut();
  expect(tab.calls).toMatchObject([{ method: "DELETE", path: expect.stringContaining("/v1/sessions/session-") }]);
  expect(tab.client.status).toMatchObject({ state: "closed", reason: "signed-out" });
});

test("what one listener throws is reported, and does not keep the others from theirs", async () => {
  const reported = vi.fn();
  vi.stubGlobal("queueMicrotask", (task: () => void) => {
    try {
      task();
    } catch (error) {
      reported(error);
    }
  });
  const bug = new Error("a bug of the page");
  tab.client.on("counts", () => {
    throw bug;
  });
  const heard = vi.fn();
  tab.client.on("counts", heard);
  await tab.connect();
  vi.unstubAllGlobals();
  expect(heard).toHaveBeenCalledOnce();
  expect(reported).toHaveBeenCalledWith(bug);
});
