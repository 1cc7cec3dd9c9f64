/** What the client needs of the browser: replaced in tests. Timers and `Date` are the global ones. */
export interface Platform {
  fetch: typeof fetch;
  openSocket(url: string): WebSocket;
  random(): number;
  newId(): string;
  /** Null where there is none (in a page that is not a secure context): then each tab has a socket of its own. */
  locks: Pick<LockManager, "request"> | null;
  openChannel: ((name: string) => BroadcastChannel) | null;
  /** Whether somebody can see this tab. */
  visible(): boolean;
  /** Calls `wake` when coming back is worth an early try: the network is there again, or the tab is shown. */
  onWake(wake: () => void): () => void;
}

export function browserPlatform(): Platform {
  return {
    fetch: (input, init) => fetch(input, init),
    openSocket: (url) => new WebSocket(url),
    random: Math.random,
    newId,
    locks: globalThis.navigator?.locks ?? null,
    openChannel: "BroadcastChannel" in globalThis ? (name) => new BroadcastChannel(name) : null,
    visible: () => globalThis.document === undefined || document.visibilityState === "visible",
    onWake(wake) {
      const shown = () => document.visibilityState === "visible" && wake();
      addEventListener("online", wake);
      document.addEventListener("visibilitychange", shown);
      return () => {
        removeEventListener("online", wake);
        document.removeEventListener("visibilitychange", shown);
      };
    },
  };
}

// crypto.randomUUID exists in secure contexts only.
function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
