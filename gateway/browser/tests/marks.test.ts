/** Marks: sent until they are answered, under one id, and no faster than the gateway takes them. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeTab, PROBLEM } from "./fakes.js";

let tab: FakeTab;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  tab = new FakeTab();
  tab.client.start();
});

afterEach(() => {
  tab.client.stop();
  const left = vi.getTimerCount();
  vi.useRealTimers();
  expect(left).toBe(0);
});

async function cut(): Promise<void> {
  tab.socket.drop();
  await vi.advanceTimersByTimeAsync(1_000);
}

test("are resolved by their answer, and refused with its problem", async () => {
  await tab.connect();
  const read = tab.client.mark("read", { notifications: ["n1"] });
  const gone = tab.client.mark("deleted", { upTo: "n2" });
  expect(tab.socket.marks).toEqual([
    { type: "mark", id: "tab-2", state: "read", notifications: ["n1"] },
    { type: "mark", id: "tab-3", state: "deleted", up_to: "n2" },
  ]);
  tab.socket.tell({ type: "marked", id: "tab-2" });
  tab.socket.tell({ type: "error", id: "tab-3", problem: PROBLEM });
  await read;
  await expect(gone).rejects.toMatchObject({ name: "ProblemError", problem: PROBLEM });
});

test("are sent again with the same id on each connection, until they are answered", async () => {
  await tab.connect();
  const done = tab.client.mark("read", { notifications: ["n1"] });
  const [frame] = tab.socket.marks;
  for (let round = 0; round < 2; round += 1) {
    await cut();
    await tab.connect({ recovered: true });
    expect(tab.socket.marks).toEqual([frame]);
  }
  tab.socket.tell({ type: "marked", id: frame!["id"] });
  await done;
  await cut();
  await tab.connect({ recovered: true });
  expect(tab.socket.marks).toEqual([]);
});

test("wait for a connection, and go out no faster than the gateway takes them", async () => {
  const all = Array.from({ length: 50 }, (_, index) => tab.client.mark("read", { notifications: [`n${index}`] }));
  await tab.connect();
  expect(tab.socket.marks).toHaveLength(20);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(tab.socket.marks).toHaveLength(30);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(tab.socket.marks).toHaveLength(50);
  for (const { id } of tab.socket.marks) tab.socket.tell({ type: "marked", id });
  await Promise.all(all);
  await vi.advanceTimersByTimeAsync(3_000);
});

test("are given up when the session has ended", async () => {
  await tab.connect();
  const lost = tab.client.mark("read", { notifications: ["n1"] });
  tab.socket.drop(4503);
  await expect(lost).rejects.toMatchObject({ name: "NotConnected" });
  await expect(tab.client.mark("read", { upTo: "n1" })).rejects.toMatchObject({ name: "NotConnected" });
});

test("have at most 200 ids, which would close the connection otherwise", async () => {
  await expect(tab.client.mark("read", { notifications: [] })).rejects.toThrow(RangeError);
  await expect(tab.client.mark("read", { notifications: Array(201).fill("n") })).rejects.toThrow(RangeError);
});
