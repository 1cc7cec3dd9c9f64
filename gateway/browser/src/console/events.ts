/** `text/event-stream` as the gateway sends it: what `data:` lines carry, an event at a time. */

const LONGEST = 32 * 1024 * 1024;

export class EventParser {
  #rest = "";
  #data: string[] = [];

  /** The events that `text` completes. Raises for one that never ends. */
  push(text: string): string[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop()!;
    if (this.#rest.length > LONGEST) throw new Error("An event has no end.");
    const found: string[] = [];
    for (const line of lines) {
      if (line === "") {
        if (this.#data.length > 0) found.push(this.#data.join("\n"));
        this.#data = [];
      } else if (line.startsWith("data:")) {
        this.#data.push(line.slice(line[5] === " " ? 6 : 5));
      }
    }
    return found;
  }
}
