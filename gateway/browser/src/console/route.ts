/** Where the console is: `#/letters?agent=video` is a view, what it shows, and how. Never a key or a token. */

export interface Route {
  view: string;
  /** What stands after the view, as the user of `#/people/…`. */
  id: string;
  query: Record<string, string>;
}

export function parse(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", ...rest] = path.split("/");
  return { view: view || "topology", id: unescaped(rest.join("/")), query: Object.fromEntries(new URLSearchParams(search)) };
}

/** Parameters that are empty are left out. */
export function link(view: string, query: Record<string, string | undefined> = {}, id = ""): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const search = new URLSearchParams(given).toString();
  return `#/${view}${id ? `/${encodeURIComponent(id)}` : ""}${search ? `?${search}` : ""}`;
}

/** A hash may be typed by hand: what is no escape stays as it is. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
