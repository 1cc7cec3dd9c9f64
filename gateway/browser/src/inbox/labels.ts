/** Every text that the element shows by itself. Replace any of them through `labels`. */
export interface Labels {
  heading: string;
  bell: (unread: number) => string;
  views: { all: string; unread: string; archived: string };
  whichView: string;
  markAllRead: string;
  markRead: string;
  markUnread: string;
  archive: string;
  remove: string;
  important: string;
  somebody: string;
  loading: string;
  empty: { all: string; unread: string; archived: string };
  emptyHint: { all: string; unread: string; archived: string };
  offline: string;
  reconnecting: string;
  signedOut: string;
  closed: string;
  signIn: string;
  tryAgain: string;
  failed: string;
  moreFailed: string;
  refused: (why: string) => string;
  arrived: (count: number, content: string) => string;
  justNow: string;
  settings: string;
  back: string;
  typeName: (type: string) => string;
  types: string;
  typesHint: string;
  always: string;
  quietHours: string;
  quietHint: string;
  quietOn: string;
  from: string;
  until: string;
  save: string;
  saved: string;
}

export const ENGLISH: Labels = {
  heading: "Notifications",
  bell: (unread) => (unread === 0 ? "Notifications" : `Notifications, ${unread} unread`),
  views: { all: "All", unread: "Unread", archived: "Archived" },
  whichView: "Which notifications",
  markAllRead: "Mark all read",
  markRead: "Mark read",
  markUnread: "Mark unread",
  archive: "Archive",
  remove: "Delete",
  important: "Important",
  somebody: "Somebody",
  loading: "Loading notifications",
  empty: { all: "Nothing here yet", unread: "You are all caught up", archived: "Nothing is archived" },
  emptyHint: {
    all: "What happens around you shows here as it happens.",
    unread: "You have read everything.",
    archived: "What you archive stays here.",
  },
  offline: "You are offline. What you change is kept, and sent when you are back.",
  reconnecting: "Reconnecting…",
  signedOut: "You are signed out.",
  closed: "The connection was closed.",
  signIn: "Sign in again",
  tryAgain: "Try again",
  failed: "Your notifications could not be loaded.",
  moreFailed: "Older ones could not be loaded.",
  refused: (why) => `That could not be changed: ${why}`,
  arrived: (count, content) => (count === 1 ? content : `${count} new notifications`),
  justNow: "just now",
  settings: "Settings",
  back: "Back to the list",
  typeName: (type) => type.charAt(0).toUpperCase() + type.slice(1).replace(/[.-]/g, " "),
  types: "What you are told",
  typesHint: "Turn off what you do not want to hear of.",
  always: "Always on",
  quietHours: "Quiet hours",
  quietHint: "Nothing interrupts you then. It all waits for you in the inbox.",
  quietOn: "Keep quiet every day",
  from: "From",
  until: "Until",
  save: "Save",
  saved: "Saved",
};
