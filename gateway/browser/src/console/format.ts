/** Numbers and times as they are read at a glance; the exact value belongs into a title. */

export const NOTHING = "–";

/** Between a number and its unit: they stay on one line. */
const GAP = "\u00a0";
const UNITS = ["", `${GAP}k`, `${GAP}M`, `${GAP}G`, `${GAP}T`];

/** `1.2 k`: three digits at most, so that columns keep their width. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  let rest = Math.abs(value);
  let unit = 0;
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  const digits = unit === 0 && Number.isInteger(value) ? 0 : rest < 9.95 ? 1 : 0;
  return `${value < 0 ? "−" : ""}${rest.toFixed(digits)}${UNITS[unit]}`;
}

/** Per second. What is not nothing never reads as `0/s`. */
export function rate(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  if (value > 0 && value < 0.05) return "<0.1/s";
  return value === 0 ? "0/s" : `${count(value)}/s`;
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let rest = value;
  let unit = 0;
  while (rest >= 1023.5 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${rest.toFixed(unit > 0 && rest < 9.95 ? 1 : 0)}${GAP}${units[unit]}`;
}

/** Of seconds: `340 µs`, `12 ms`, `3.4 s`, `5 min`, `2 h`, `3 d`. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return NOTHING;
  const short = (value: number) => (value < 9.95 ? value.toFixed(1).replace(/\.0$/, "") : value.toFixed(0));
  if (seconds <= 0) return `0${GAP}s`;
  if (seconds < 0.001) return `${short(seconds * 1e6)}${GAP}µs`;
  if (seconds < 0.9995) return `${short(seconds * 1000)}${GAP}ms`;
  if (seconds < 99.5) return `${short(seconds)}${GAP}s`;
  if (seconds < 5970) return `${Math.round(seconds / 60)}${GAP}min`;
  if (seconds < 172_800) return `${short(seconds / 3600)}${GAP}h`;
  return `${Math.round(seconds / 86_400)}${GAP}d`;
}

/** `3 min ago`, `in 12 s`, `now`. */
export function relative(time: number, now: number): string {
  const seconds = (now - time) / 1000;
  if (Math.abs(seconds) < 1.5) return "now";
  const whole = Math.round(Math.abs(seconds));
  return seconds > 0 ? `${duration(whole)} ago` : `in ${duration(whole)}`;
}

export function exact(time: number): string {
  return new Date(time).toISOString().replace("T", " ").replace("Z", " UTC");
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? NOTHING : `${((100 * part) / whole).toFixed(part > 0 && part / whole < 0.0995 ? 1 : 0)}${GAP}%`;
}

/** `0–3, 7`: partitions in order. */
export function ranges(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const found: string[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (sorted[end + 1] === sorted[end]! + 1) end += 1;
    found.push(end === start ? `${sorted[start]}` : `${sorted[start]}–${sorted[end]}`);
    start = end + 1;
  }
  return found.join(", ") || NOTHING;
}

/** `1 letter`, `2 letters`. */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}
