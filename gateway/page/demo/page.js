import { Client as d, ProblemError as r, messageOf as m } from "../client/pavilion-client.js";
import "../client/pavilion-inbox.js";
const f = "0d3a0000-0000-4000-8000-000000000001", u = {
  idle: "Connecting",
  connecting: "Connecting",
  live: "Live",
  waiting: "Reconnecting",
  closed: "Stopped"
}, s = (e) => document.getElementById(e), c = s("state"), n = s("trouble"), o = s("make"), t = new d({ user: f, session: () => l("/demo/session") });
async function l(e) {
  const i = await fetch(e, { method: "POST" }), a = await i.json();
  if (!i.ok) throw new r(a);
  return a;
}
t.on("status", (e) => {
  c.dataset.state = e.state, c.textContent = u[e.state];
});
t.on("counts", ({ unread: e }) => {
  document.title = e ? `(${e}) Pavilion inbox` : "Pavilion inbox";
});
o.onclick = async () => {
  o.disabled = !0, n.hidden = !0;
  try {
    await l("/demo/event");
  } catch (e) {
    n.textContent = e instanceof r ? e.message : `The gateway cannot be reached: ${m(e)}`, n.hidden = !1;
  } finally {
    o.disabled = !1;
  }
};
for (const e of document.querySelectorAll("pavilion-inbox")) e.client = t;
t.start();
