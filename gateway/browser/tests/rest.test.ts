/** The REST routes: what is asked, and what becomes of answers that are none. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isTransient, type Client } from "@pavilion/client";
import { FakeTab, PROBLEM, tokens } from "./fakes.js";

let tab: FakeTab;

beforeEach(() => {
  vi.useFakeTimers();
  tab = new FakeTab();
  tab.client.start();
});

afterEach(() => {
  tab.client.stop();
  vi.useRealTimers();
});

const ROUTES: [string, (client: Client) => Promise<unknown>, unknown?][] = [
  ["GET /v1/notifications?", ({ rest }) => rest.list()],
  [
    "GET /v1/notifications?limit=20&cursor=a%2Fb&state=unread&type=video.liked",
    ({ rest }) => rest.list({ limit: 20, cursor: "a/b", state: "unread", type: "video.liked" }),
  ],
  ["GET /v1/notifications/n%2F1", ({ rest }) => rest.get("n/1")],
  ["DELETE /v1/notifications/n1", ({ rest }) => rest.delete("n1")],
  ["POST /v1/notifications/mark", ({ rest }) => rest.mark({ state: "read", up_to: "n1", id: "m" }), { state: "read", up_to: "n1", id: "m" }],
  ["GET /v1/counts", ({ rest }) => rest.counts()],
  ["GET /v1/preferences", ({ rest }) => rest.preferences()],
  [
    "PUT /v1/preferences",
    ({ rest }) => rest.setPreferences({ types: { "video.liked": false } }),
    { types: { "video.liked": false } },
  ],
];

test.each(ROUTES)("%s", async (route, call, body) => {
  tab.answer = () => ({ body: { some: "answer" } });
  expect(await call(tab.client)).toEqual({ some: "answer" });
  const { access_token: token } = (await tab.session.mock.results[0]!.value)!;
  expect(tab.calls.map((call) => [`${call.method} ${call.path}`, call.body, call.token])).toEqual([[route, body, token]]);
});

test("a token that is refused is renewed, once, and the call repeated", async () => {
  tab.answer = ({ path, token }) => {
    if (path === "/v1/sessions/refresh") return { body: tokens("fresh") };
    return token === "access-fresh" ? { body: 1 } : { status: 401, body: { ...PROBLEM, status: 401 } };
  };
  const both = await Promise.all([tab.client.rest.counts(), tab.client.rest.counts()]);
  expect(both).toEqual([1, 1]);
  expect(tab.calls.filter(({ path }) => path === "/v1/sessions/refresh")).toHaveLength(1);
});

test("a second refusal is the answer", async () => {
  tab.answer = ({ path }) =>
    path === "/v1/sessions/refresh" ? { body: tokens() } : { status: 401, body: { ...PROBLEM, status: 401 } };
  await expect(tab.client.rest.counts()).rejects.toMatchObject({ problem: { status: 401 } });
  expect(tab.calls).toHaveLength(3);
});

test.each([
  [{ status: 422, body: PROBLEM }, PROBLEM, false, null],
  [{ status: 429, body: { ...PROBLEM, status: 429 }, headers: { "retry-after": "3" } }, { ...PROBLEM, status: 429 }, true, 3_000],
  [{ status: 502, body: "<html>" }, { type: "about:blank", status: 502 }, true, null],
])("an answer of %o is a problem", async (answer, problem, transient, retryAfter) => {
  tab.answer = () => answer;
  const error: unknown = await tab.client.rest.counts().catch((error: unknown) => error);
  expect(error).toMatchObject({ name: "ProblemError", problem, retryAfter });
  expect(isTransient(error)).toBe(transient);
});

test("a broken network is not the gateway's word", async () => {
  tab.answer = () => {
    throw new TypeError("fetch failed");
  };
  await expect(tab.client.rest.counts()).rejects.toMatchObject({ name: "Unreachable", transient: true });
});

test("nothing is asked in the name of nobody", async () => {
  tab.client.stop();
  await expect(tab.client.rest.counts()).rejects.toMatchObject({ name: "NotConnected" });
  expect(tab.calls).toEqual([]);
});
