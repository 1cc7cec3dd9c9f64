// Made from schemas/json by `npm run types`: change the types in schemas/*.py, and make both again.

export type ClientFrame = Connect | Mark | Refresh | Pong;
export type ServerFrame =
  Connected | NotificationFrame | StateFrame | PositionFrame | Marked | Refreshed | Ping | Reconnect | ErrorFrame;

/**
 * First, within 10 s. ``position`` comes from an earlier frame, unchanged; ``device`` is a name of the client's.
 */
export interface Connect {
  device?: string | null;
  position?: Position | null;
  token: string;
  type: "connect";
}
/**
 * Where a client is in a user's inbox log. ``offset`` counts entries from 1; ``tail`` is the id of that entry.
 */
export interface Position {
  epoch: string;
  offset: number;
  tail: string;
}
/**
 * Change the state of ``notifications`` (ids), of all up to the notification ``up_to``, or of all up to what was
 *     told at ``position``; one of the three.
 */
export interface Mark {
  id: string;
  notifications?: string[] | null;
  position?: Position | null;
  state: "archived" | "deleted" | "read" | "seen" | "unread";
  type: "mark";
  up_to?: string | null;
}
/**
 * The answer to ``ping``, within 10 s.
 */
export interface Pong {
  type: "pong";
}
/**
 * A new access token of the same user, before the old one expires.
 */
export interface Refresh {
  token: string;
  type: "refresh";
}
/**
 * Who caused a notification; ``name`` is null when nobody told it.
 */
export interface Actor {
  id: string;
  name?: string | null;
}
/**
 * The answer to ``connect``: missed entries follow if ``recovered``, then live ones.
 *
 *     ``position`` and the counts are those of the inbox now. ``expires_in`` is how many seconds the token is good for.
 */
export interface Connected {
  expires_in: number;
  ping_seconds: number;
  position: Position;
  recovered: boolean;
  session: string;
  type: "connected";
  unread: number;
  unseen: number;
  user: string;
}
/**
 * ``id`` is that of the mark that failed; without one the problem is the connection's.
 */
export interface ErrorFrame {
  id?: string | null;
  problem: Problem;
  type: "error";
}
/**
 * An RFC 9457 problem document (``application/problem+json``); ``errors`` lists what of a batch failed.
 */
export interface Problem {
  detail?: string;
  errors?: {
    [k: string]: unknown;
  }[];
  status: number;
  title: string;
  type: string;
}
/**
 * The mark ``id`` is done, and durable.
 */
export interface Marked {
  id: string;
  type: "marked";
}
/**
 * What a user is told. Ids are UUID text in lower case; ``metadata`` is at most 8 KiB as JSON.
 */
export interface Notification {
  actor?: Actor | null;
  archived_at?: string | null;
  content: string;
  /**
   * RFC 3339, UTC, milliseconds
   */
  created_at: string;
  expires_at?: string | null;
  id: string;
  metadata?: {
    [k: string]: unknown;
  };
  priority?: "high" | "low" | "normal";
  read_at?: string | null;
  seen_at?: string | null;
  subject?: string;
  type: string;
  user_id: string;
}
/**
 * A new notification; the counts are exact after it.
 *
 *     ``traceparent`` (W3C Trace Context) is there if the event behind it is traced, for a client that traces, too.
 */
export interface NotificationFrame {
  notification: Notification;
  position: Position;
  traceparent?: string | null;
  type: "notification";
  unread: number;
  unseen: number;
}
/**
 * Every ``ping_seconds``; answer with ``pong``.
 */
export interface Ping {
  type: "ping";
}
/**
 * An entry that is withheld: only its position is told.
 */
export interface PositionFrame {
  position: Position;
  type: "position";
}
/**
 * The gateway is going away: come back after so many milliseconds.
 */
export interface Reconnect {
  after_ms: number;
  type: "reconnect";
}
/**
 * The answer to ``refresh``: the socket stays for so many seconds more.
 */
export interface Refreshed {
  expires_in: number;
  type: "refreshed";
}
/**
 * A mark, made on any device of the user; ``id`` is the mark's, and the counts are exact after it.
 *
 *     With the state released: quiet hours ended, and what they withheld (``notifications``, or everything up to
 *     ``up_to``) is to be loaded over REST.
 */
export interface StateFrame {
  /**
   * RFC 3339, UTC, milliseconds
   */
  at: string;
  id: string;
  notifications?: string[] | null;
  position: Position;
  state: "archived" | "deleted" | "read" | "released" | "seen" | "unread";
  type: "state";
  unread: number;
  unseen: number;
  up_to?: string | null;
}
