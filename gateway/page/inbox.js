// The inbox: what the stream tells, as a list. Everything that comes from data is set as text.

import { Stream } from "./stream.js";

const find = (id) => document.getElementById(id);
const [list, empty, more, unread, unreadWords, state, trouble, told, allRead, make] = [
  "list", "empty", "more", "unread", "unread-words", "state", "trouble", "told", "all-read", "make",
].map(find);

const STATES = { connecting: "Connecting", live: "Live", waiting: "Reconnecting", stopped: "Stopped" };
const EMPTY = {
  all: "Nothing here yet. Make an event, and watch it arrive.",
  unread: "You have read everything.",
  archived: "Nothing is archived.",
};

const items = new Map(); // id -> notification; ids sort by time
const elements = new Map(); // id -> { notification, element }
let view = "all";
let newest = ""; // the highest id seen
let next = null; // cursor of the page after what is shown
let loading = null;
let waiting = []; // entries that arrived while a list was loading

const stream = new Stream({
  state(name) {
    state.dataset.state = name;
    state.textContent = STATES[name];
  },
  connected(frame) {
    trouble.hidden = true;
    count(frame);
    if (!frame.recovered) load();
  },
  entry(frame) {
    if (loading) waiting.push(frame);
    else apply(frame);
  },
  problem(text, final = false) {
    trouble.querySelector("span").textContent = text;
    trouble.querySelector("button").hidden = !final;
    trouble.hidden = false;
  },
});

// The whole list again; what arrives meanwhile is applied after it, so that nothing older overwrites it.
async function load(cursor = null) {
  const current = (loading = {});
  const query = new URLSearchParams({ limit: "30" });
  if (view !== "all") query.set("state", view);
  if (cursor) query.set("cursor", cursor);
  try {
    const page = await stream.fetch(`/v1/notifications?${query}`);
    if (loading !== current) return;
    if (!cursor) items.clear();
    page.data.forEach(put);
    next = page.page.next;
  } catch {
    if (loading === current) setTimeout(() => loading === current && load(cursor), 2000);
    return;
  }
  loading = null;
  for (const frame of waiting.splice(0)) apply(frame);
  render();
}

function apply(frame) {
  count(frame);
  if (frame.type === "notification") {
    put(frame.notification);
    told.textContent = frame.notification.content;
  } else if (frame.type === "state") {
    for (const id of frame.notifications ?? [...items.keys()].filter((id) => id <= frame.up_to)) change(id, frame);
  }
  render(frame.type === "notification" ? frame.notification.id : null);
}

function put(notification) {
  items.set(notification.id, notification);
  if (notification.id > newest) newest = notification.id;
}

function change(id, { state, at }) {
  const item = items.get(id);
  if (!item) return;
  if (state === "deleted") items.delete(id);
  else if (state === "read") items.set(id, { ...item, read_at: at, seen_at: item.seen_at ?? at });
  else if (state === "unread") items.set(id, { ...item, read_at: null });
  else items.set(id, { ...item, [`${state}_at`]: at });
}

function count(frame) {
  if (frame.unread === undefined) return;
  unread.textContent = frame.unread > 99 ? "99+" : String(frame.unread);
  unread.hidden = frame.unread === 0;
  unreadWords.textContent = `${frame.unread} unread notifications`;
  allRead.disabled = frame.unread === 0;
  document.title = frame.unread ? `(${frame.unread}) Pavilion inbox` : "Pavilion inbox";
}

function visible(item) {
  if (view === "archived") return item.archived_at !== null;
  return item.archived_at === null && (view === "all" || item.read_at === null);
}

function render(fresh = null) {
  const shown = [...items.values()].filter(visible).sort((a, b) => (a.id < b.id ? 1 : -1));
  let place = list.firstElementChild;
  for (const item of shown) {
    let kept = elements.get(item.id);
    if (kept?.notification !== item) {
      const element = draw(item);
      if (item.id === fresh) element.classList.add("fresh");
      if (kept?.element === place) place = place.nextElementSibling;
      kept?.element.remove();
      elements.set(item.id, (kept = { notification: item, element }));
    }
    if (kept.element === place) place = place.nextElementSibling;
    else list.insertBefore(kept.element, place);
  }
  while (place) {
    const gone = place;
    place = place.nextElementSibling;
    elements.delete(gone.dataset.id);
    gone.remove();
  }
  empty.textContent = EMPTY[view];
  empty.hidden = shown.length > 0 || loading !== null;
  more.hidden = next === null;
}

function draw(item) {
  const element = create("li", "item");
  element.dataset.id = item.id;
  element.classList.toggle("unread", item.read_at === null);
  const name = item.actor?.name ?? "Somebody";
  const avatar = create("span", "avatar", name.split(/\s+/).slice(0, 2).map((word) => [...word][0]).join(""));
  avatar.style.setProperty("--hue", String([...name].reduce((sum, letter) => sum + letter.codePointAt(0) * 7, 0) % 360));
  avatar.setAttribute("aria-hidden", "true");
  const text = create("div");
  const meta = create("div", "meta");
  const time = create("time", "", ago(item.created_at));
  time.dateTime = item.created_at;
  meta.append(time, create("span", "", item.type.replace(".", " ")));
  text.append(create("p", "content", item.content), meta);
  const actions = create("div", "actions");
  if (item.read_at === null) actions.append(action("Mark read", "dot", item, "read"));
  else actions.append(action("Mark unread", "check", item, "unread"));
  if (item.archived_at === null) actions.append(action("Archive", "box", item, "archived"));
  actions.append(action("Delete", "bin", item, "deleted"));
  element.append(avatar, text, actions);
  return element;
}

function action(label, icon, item, becomes) {
  const button = create("button", icon);
  button.type = "button";
  button.title = label;
  button.setAttribute("aria-label", `${label}: ${item.content}`);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.classList.add("icon");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${icon}`);
  svg.append(use);
  button.append(svg);
  button.onclick = () => stream.mark({ state: becomes, notifications: [item.id] });
  return button;
}

function create(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

function ago(text) {
  const seconds = (Date.parse(text) - Date.now()) / 1000;
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  if (seconds > -45) return "just now";
  if (seconds > -3600) return format.format(Math.round(seconds / 60), "minute");
  if (seconds > -86400) return format.format(Math.round(seconds / 3600), "hour");
  return format.format(Math.round(seconds / 86400), "day");
}

setInterval(() => {
  for (const time of list.querySelectorAll("time")) time.textContent = ago(time.dateTime);
}, 30000);

for (const tab of document.querySelectorAll("[data-view]")) {
  tab.onclick = () => {
    view = tab.dataset.view;
    for (const other of document.querySelectorAll("[data-view]")) other.setAttribute("aria-pressed", String(other === tab));
    items.clear();
    next = null;
    render();
    load();
  };
}
allRead.onclick = () => {
  // Up to the newest that was ever shown, and so also what this page has not loaded.
  if (newest) stream.mark({ state: "read", up_to: newest });
};
more.onclick = () => load(next);
make.onclick = async () => {
  make.disabled = true;
  try {
    const response = await fetch("/demo/event", { method: "POST" });
    const answer = await response.json();
    if (!response.ok) stream.on.problem(answer.detail || answer.title);
  } catch {
    stream.on.problem("The gateway cannot be reached.");
  } finally {
    make.disabled = false;
  }
};
trouble.querySelector("button").onclick = () => {
  trouble.hidden = true;
  stream.again();
};

stream.start();
