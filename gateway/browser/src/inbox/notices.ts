import { messageOf, type Client } from "@pavilion/client";
import { setText } from "./dom.js";
import type { Labels } from "./labels.js";
import type { Parts } from "./view.js";

/** A short cut is nobody's business. */
const SAY_AFTER = 1_500;
const REFUSED_FOR = 6_000;

/** The line under the tabs: why what shows may be old, and what was refused. */
export class Notices {
  #refusal = "";
  #waitingSince: number | null = null;
  #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #off: () => void;

  constructor(
    private readonly client: Client,
    private readonly labels: Labels,
    private readonly parts: Pick<Parts, "notice" | "noticeText" | "noticeButton">,
  ) {
    const changed = () => this.#render();
    addEventListener("online", changed);
    addEventListener("offline", changed);
    const off = client.on("status", changed);
    this.#off = () => {
      off();
      removeEventListener("online", changed);
      removeEventListener("offline", changed);
    };
    parts.noticeButton.onclick = () => client.start();
    this.#render();
  }

  close(): void {
    this.#off();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  refused(error: unknown): void {
    this.#refusal = this.labels.refused(messageOf(error));
    this.#later(REFUSED_FOR, () => (this.#refusal = ""));
    this.#render();
  }

  #render(): void {
    const { status } = this.client;
    const { notice, noticeText, noticeButton } = this.parts;
    const waits = status.state === "waiting" || (status.state === "connecting" && this.#waitingSince !== null);
    if (!waits) this.#waitingSince = null;
    else if (this.#waitingSince === null) {
      this.#waitingSince = Date.now();
      this.#later(SAY_AFTER, () => undefined);
    }
    const long = this.#waitingSince !== null && Date.now() - this.#waitingSince >= SAY_AFTER;
    const closed = status.state === "closed";
    const waiting = long ? (navigator.onLine ? this.labels.reconnecting : this.labels.offline) : "";
    const text = closed ? this.#closed(status.reason, status.detail) : this.#refusal || waiting;
    setText(noticeText, text);
    notice.hidden = text === "";
    notice.classList.toggle("bad", closed || this.#refusal !== "");
    setText(noticeButton, closed && status.reason === "signed-out" ? this.labels.signIn : this.labels.tryAgain);
    noticeButton.hidden = !closed;
  }

  #closed(reason: string, detail: string): string {
    return reason === "signed-out" ? this.labels.signedOut : `${this.labels.closed} ${detail}`;
  }

  #later(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
      this.#render();
    }, ms);
    this.#timers.add(timer);
  }
}
