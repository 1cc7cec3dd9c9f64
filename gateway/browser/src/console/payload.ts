/** The original bytes of a dead letter, to be read as text and as hexadecimal. */

export const ROW = 16;

export interface HexRow {
  offset: string;
  hex: string;
  text: string;
}

export function decode(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** JSON is set out; all else stays as it is. Bytes that are no UTF-8 show as U+FFFD, and `damaged` says so. */
export function asText(bytes: Uint8Array): { text: string; json: boolean; damaged: boolean } {
  const text = new TextDecoder().decode(bytes);
  const damaged = text.includes("\uFFFD");
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) {
      return { text: JSON.stringify(value, null, 2), json: true, damaged };
    }
  } catch {
    // what cannot be parsed is what operators look for here
  }
  return { text, json: false, damaged };
}

export function hexRows(bytes: Uint8Array, limit: number): HexRow[] {
  const rows: HexRow[] = [];
  for (let start = 0; start < Math.min(bytes.length, limit); start += ROW) {
    const row = [...bytes.subarray(start, Math.min(start + ROW, limit))];
    rows.push({
      offset: start.toString(16).padStart(6, "0"),
      hex: row.map((byte) => byte.toString(16).padStart(2, "0")).join(" "),
      text: row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join(""),
    });
  }
  return rows;
}
