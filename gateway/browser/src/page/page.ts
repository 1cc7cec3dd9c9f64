/** The demo page: the two forms of the element on one client, and a button that makes an event. */

import { Client, messageOf, ProblemError, type Status, type Tokens } from "@pavilion/client";
import "@pavilion/client/inbox";

const DEMO_USER = "0d3a0000-0000-4000-8000-000000000001";
const STATES: Record<Status["state"], string> = {
  idle: "Connecting",
  connecting: "Connecting",
  live: "Live",
  waiting: "Reconnecting",
  closed: "Stopped",
};

const find = <Found extends HTMLElement>(id: string) => document.getElementById(id) as Found;
const state = find("state");
const trouble = find("trouble");
const make = find<HTMLButtonElement>("make");

const client = new Client({ user: DEMO_USER, session: () => post<Tokens>("/demo/session") });

async function post<Answer>(path: string): Promise<Answer> {
  const response = await fetch(path, { method: "POST" });
  const answer: unknown = await response.json();
  if (!response.ok) throw new ProblemError(answer as ProblemError["problem"]);
  return answer as Answer;
}

client.on("status", (status) => {
  state.dataset["state"] = status.state;
  state.textContent = STATES[status.state];
});
client.on("counts", ({ unread }) => {
  document.title = unread ? `(${unread}) Pavilion inbox` : "Pavilion inbox";
});

make.onclick = async () => {
  make.disabled = true;
  trouble.hidden = true;
  try {
    await post("/demo/event");
  } catch (error) {
    trouble.textContent = error instanceof ProblemError ? error.message : `The gateway cannot be reached: ${messageOf(error)}`;
    trouble.hidden = false;
  } finally {
    make.disabled = false;
  }
};

for (const inbox of document.querySelectorAll("pavilion-inbox")) inbox.client = client;
client.start();
