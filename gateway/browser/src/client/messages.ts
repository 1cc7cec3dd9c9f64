import type { Status } from "./connection.js";
import type { Counts } from "./rest.js";
import type { Held } from "./session.js";
import type { Mark, Position, Problem, ServerFrame } from "./types.js";

/** What the tabs of one user tell each other. The name of their channel has a version: a page may be older than another. */
export const CHANNEL = "pavilion/1";

/** Where the tab that leads stands. `rotating` is since when a refresh token may have been used up. */
export interface Standing {
  status: Status;
  held: Held | null;
  rotating: number | null;
  position: Position | null;
  counts: Counts;
}

export type FromLeader =
  | { kind: "standing"; from: string; standing: Standing }
  | { kind: "frame"; from: string; frame: ServerFrame }
  | { kind: "answer"; from: string; id: string; problem: Problem | null };

export type FromFollower =
  /** Asks for the standing. */
  | { kind: "hello" }
  /** Coming back is worth an early try. */
  | { kind: "wake" }
  /** Leave the closed state. */
  | { kind: "start" }
  | { kind: "signed-out" }
  | { kind: "mark"; frame: Mark }
  /** Asks for an access token other than `refused`. */
  | { kind: "renew"; refused: string };

export type Message = FromLeader | FromFollower;
