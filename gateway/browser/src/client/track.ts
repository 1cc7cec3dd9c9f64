import type { Position } from "./types.js";

export type Step = "next" | "old" | "gap";

/** The position up to which everything was told: what `connect` sends to go on from. */
export class Track {
  position: Position | null = null;

  /** Move to `position` if it is the very next; an old one changes nothing, and a gap moves nothing either. */
  advance(position: Position): Step {
    const last = this.position;
    if (last !== null) {
      if (position.epoch !== last.epoch || position.offset > last.offset + 1) return "gap";
      if (position.offset <= last.offset) return "old";
    }
    this.position = position;
    return "next";
  }
}

export function isPosition(value: unknown): value is Position {
  if (typeof value !== "object" || value === null) return false;
  const { epoch, offset, tail } = value as Record<string, unknown>;
  return typeof epoch === "string" && Number.isSafeInteger(offset) && typeof tail === "string";
}
