/** Connects a page to Pavilion's notification gateway: see docs/browser.md. */

export { Client, type Change, type ClientEvents, type ClientOptions } from "./client.js";
export type { CloseReason, Status } from "./connection.js";
export { isTransient, messageOf, NotConnected, ProblemError, Unreachable } from "./errors.js";
export { InboxList, type ListEvents, type View } from "./list.js";
export type { MarkState } from "./marks.js";
export type { Platform } from "./platform.js";
export {
  Rest,
  type Counts,
  type ListOptions,
  type Page,
  type PreferenceClasses,
  type Preferences,
  type QuietHours,
} from "./rest.js";
export { SignedOut, type OpenSession, type Tokens } from "./session.js";
export type * from "./types.js";
