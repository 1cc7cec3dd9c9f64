import type { Change } from "./client.js";
import type { Counts } from "./rest.js";
import type { Notification } from "./types.js";

export function covers(change: Change, id: string): boolean {
  return change.notifications != null ? change.notifications.includes(id) : change.up_to != null && id <= change.up_to;
}

/**
 * The notification after the change, which concerns it; null once it is deleted. The gateway's own rules: each time is
 * that of the latest such mark.
 */
export function changed(item: Notification, { state, at }: Pick<Change, "state" | "at">): Notification | null {
  switch (state) {
    case "deleted":
      return null;
    case "seen":
      return { ...item, seen_at: at };
    case "read":
      return { ...item, read_at: at, seen_at: at };
    case "unread":
      return item.read_at == null ? item : { ...item, read_at: null };
    case "archived":
      return { ...item, archived_at: at };
  }
}

/** What it adds to the counts: archived ones add nothing. */
export function counted(item: Notification | null): Counts {
  if (item === null || item.archived_at != null) return { unseen: 0, unread: 0 };
  return { unseen: Number(item.seen_at == null), unread: Number(item.read_at == null) };
}
