/** One constructable sheet for all elements of a page: it needs no `unsafe-inline` in the page's CSP. */

const CSS = `
:host {
  --_accent: var(--pavilion-accent, light-dark(#5646d8, #a79bff));
  --_accent-text: var(--pavilion-accent-text, light-dark(#fff, #15112f));
  --_surface: var(--pavilion-surface, light-dark(#fff, #1a1a23));
  --_raised: var(--pavilion-raised, light-dark(#f1f1f6, #272734));
  --_line: var(--pavilion-line, light-dark(#e4e4ec, #30303f));
  --_text: var(--pavilion-text, light-dark(#1b1b26, #eeeef5));
  --_quiet: var(--pavilion-quiet, light-dark(#5f5f75, #a5a5bb));
  --_tint: var(--pavilion-tint, light-dark(#f4f2ff, #212034));
  --_wait: var(--pavilion-wait, light-dark(#8a5700, #f2bd62));
  --_bad: var(--pavilion-bad, light-dark(#b3261e, #ff8f85));
  --_radius: var(--pavilion-radius, 1rem);
  color-scheme: light dark;
  position: relative;
  display: inline-block;
  color: var(--_text);
  font: var(--pavilion-font, 400 0.9375rem/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
  text-align: start;
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([inline]) { display: block; }
:host([hidden]), [hidden] { display: none !important; }
*, *::before { box-sizing: border-box; }
button { border: 0; background: none; color: inherit; font: inherit; cursor: pointer; }
button:disabled { cursor: default; opacity: 0.5; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.icon { width: 1.25em; height: 1.25em; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.unseen-text { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.bell { position: relative; display: grid; place-items: center; width: 2.75rem; height: 2.75rem; padding: 0; border-radius: 50%; font-size: 1.15rem; transition: background 0.15s; }
.bell:hover, .bell[aria-expanded="true"] { background: var(--_raised); }
.badge { position: absolute; top: 0.2rem; inset-inline-start: 55%; min-width: 1.2rem; padding: 0 0.3rem; border-radius: 1rem; background: var(--_accent); color: var(--_accent-text); box-shadow: 0 0 0 2px var(--_surface); font-size: 0.7rem; font-weight: 700; line-height: 1.2rem; text-align: center; font-variant-numeric: tabular-nums; }

.panel { display: flex; flex-direction: column; overflow: hidden; border: 1px solid var(--_line); border-radius: var(--_radius); background: var(--_surface); }
:host(:not([inline])) .panel { position: fixed; inset: var(--_top, 4rem) auto auto var(--_left, 1rem); width: min(var(--pavilion-width, 25rem), 100vw - 1rem); height: min(var(--pavilion-height, 40rem), 100dvh - var(--_top, 4rem) - 0.75rem); margin: 0; padding: 0; color: inherit; box-shadow: 0 2px 6px rgb(10 10 40 / 12%), 0 16px 48px rgb(10 10 40 / 24%); animation: open 0.16s ease-out; }
:host([inline]) .panel { height: var(--pavilion-height, auto); }

.top { display: flex; align-items: center; gap: 0.25rem; padding: 0.9rem 0.75rem 0.25rem 1.15rem; }
h2 { flex: 1; margin: 0; font-size: 1.1rem; font-weight: 680; letter-spacing: -0.01em; }
.tool { display: inline-flex; align-items: center; gap: 0.4rem; padding: 0.4rem 0.6rem; border-radius: 0.6rem; color: var(--_quiet); font-size: 0.85rem; font-weight: 550; white-space: nowrap; }
.tool:hover:not(:disabled) { background: var(--_raised); color: var(--_text); }
.tabs { display: flex; gap: 0.25rem; padding: 0.25rem 1rem 0.6rem; border-bottom: 1px solid var(--_line); }
.tabs button { padding: 0.3rem 0.75rem; border-radius: 1rem; color: var(--_quiet); font-size: 0.85rem; }
.tabs button:hover { color: var(--_text); }
.tabs button[aria-pressed="true"] { background: var(--_raised); color: var(--_text); font-weight: 600; }

.notice { display: flex; align-items: center; gap: 0.75rem; padding: 0.55rem 1.15rem; border-bottom: 1px solid var(--_line); background: color-mix(in srgb, var(--_wait) 12%, var(--_surface)); font-size: 0.85rem; }
.notice span { flex: 1; }
.notice.bad { background: color-mix(in srgb, var(--_bad) 12%, var(--_surface)); }
.button { padding: 0.4rem 0.8rem; border: 1px solid var(--_line); border-radius: 0.6rem; background: var(--_surface); font-size: 0.85rem; font-weight: 550; white-space: nowrap; }
.button:hover { background: var(--_raised); }
.button.primary { border-color: transparent; background: var(--_accent); color: var(--_accent-text); }

.scroll { position: relative; flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; }
:host([inline]) .scroll { min-height: 16rem; }
.item { position: relative; display: grid; grid-template-columns: auto 1fr auto; gap: 0.85rem; align-items: start; padding: 0.85rem 1.15rem; transition: background 0.15s; }
.item + .item { border-top: 1px solid var(--_line); }
.item:hover { background: color-mix(in srgb, var(--_raised) 55%, var(--_surface)); }
.item.unread { background: var(--_tint); }
.item:focus-visible { outline-offset: -3px; border-radius: 0.6rem; }
.item.fresh { animation: arrive 0.4s ease-out; }
.face { position: relative; display: block; }
.avatar { display: grid; place-items: center; width: 2.5rem; height: 2.5rem; border-radius: 50%; background: hsl(var(--hue, 250) 42% 44%); color: #fff; font-size: 0.82rem; font-weight: 650; }
.kind { position: absolute; inset-inline-end: -0.3rem; bottom: -0.25rem; display: grid; place-items: center; width: 1.3rem; height: 1.3rem; border-radius: 50%; background: var(--_surface); box-shadow: 0 0 0 1px var(--_line); color: var(--_accent); font-size: 0.68rem; }
.text { min-width: 0; }
.open { display: block; width: 100%; padding: 0; text-align: start; overflow-wrap: anywhere; }
.item.unread .open { font-weight: 600; }
.meta { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-top: 0.1rem; color: var(--_quiet); font-size: 0.8rem; }
.priority { color: var(--_bad); font-weight: 600; }
.item.unread::after { content: ""; align-self: center; width: 0.55rem; height: 0.55rem; border-radius: 50%; background: var(--_accent); }
.actions { display: flex; position: absolute; inset-inline-end: 0.75rem; padding: 0.1rem; border: 1px solid var(--_line); border-radius: 0.7rem; background: var(--_surface); }
.action { display: grid; place-items: center; width: 2.1rem; height: 2.1rem; padding: 0; border-radius: 0.55rem; color: var(--_quiet); }
.action:hover { background: var(--_raised); color: var(--_text); }
@media (hover: hover) {
  .actions { top: 0.7rem; opacity: 0; transition: opacity 0.12s; }
  .item:hover .actions, .item:focus-within .actions { opacity: 1; }
}
@media (hover: none) {
  .actions { bottom: 0.45rem; border: 0; background: none; }
  .item { padding-bottom: 1rem; }
  .item.unread::after { align-self: start; margin-top: 0.5rem; }
}

.blank { display: grid; justify-items: center; gap: 0.35rem; padding: 3.5rem 1.5rem; color: var(--_quiet); text-align: center; }
.blank .icon { width: 2.6rem; height: 2.6rem; margin-bottom: 0.5rem; stroke-width: 1.3; opacity: 0.55; }
.blank strong { color: var(--_text); font-weight: 620; }
.blank .button { margin-top: 0.75rem; color: var(--_text); }
.bones > div { display: grid; grid-template-columns: auto 1fr; gap: 0.85rem; padding: 0.9rem 1.15rem; }
.bones i { height: 0.7rem; margin-top: 0.35rem; border-radius: 1rem; background: var(--_raised); animation: breathe 1.4s ease-in-out infinite; }
.bones i:first-child { grid-row: span 2; width: 2.5rem; height: 2.5rem; margin: 0; border-radius: 50%; }
.bones i:last-child { width: 40%; margin-top: 0; }
.end { display: flex; align-items: center; justify-content: center; gap: 0.75rem; min-height: 1px; color: var(--_quiet); font-size: 0.85rem; }
.end:not(:empty) { padding: 1rem; }
.spin { width: 1.3rem; height: 1.3rem; border: 2px solid var(--_line); border-top-color: var(--_accent); border-radius: 50%; animation: spin 0.8s linear infinite; }

.settings { padding: 0.5rem 1.15rem 1.25rem; }
.settings fieldset { margin: 0 0 1rem; padding: 0; border: 0; }
.settings legend { padding: 0.6rem 0 0; font-weight: 650; }
.hint { margin: 0 0 0.5rem; color: var(--_quiet); font-size: 0.85rem; }
.row { display: flex; align-items: center; gap: 0.75rem; padding: 0.5rem 0; }
.row > span { flex: 1; }
.row small { color: var(--_quiet); }
.row input[type="checkbox"] { width: 1.15rem; height: 1.15rem; accent-color: var(--_accent); }
.row input[type="time"] { padding: 0.3rem 0.5rem; border: 1px solid var(--_line); border-radius: 0.5rem; background: var(--_surface); color: inherit; font: inherit; }

@keyframes open { from { opacity: 0; transform: translateY(-0.4rem) scale(0.98); } }
@keyframes arrive { from { opacity: 0; transform: translateY(-0.5rem); } }
@keyframes breathe { 50% { opacity: 0.45; } }
@keyframes spin { to { rotate: 1turn; } }
@media (max-width: 30rem) {
  :host(:not([inline])) .panel { inset: auto 0 0; width: auto; max-width: none; height: min(85dvh, 44rem); border-radius: var(--_radius) var(--_radius) 0 0; }
  .item { padding-inline: 1rem; }
  .tool span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before { animation: none !important; transition: none !important; }
}
`;

let sheet: CSSStyleSheet | null = null;

export function styles(): CSSStyleSheet {
  if (sheet === null) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}
