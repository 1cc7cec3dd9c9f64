/** A unit, its seconds, and how many of it the next one has. */
const STEPS: [Intl.RelativeTimeFormatUnit, number, number][] = [
  ["minute", 60, 60],
  ["hour", 3_600, 24],
  ["day", 86_400, Infinity],
];
const A_WEEK = 7 * 86_400;
const JUST_NOW = 45;

/** How long ago, in words of `locale`; after a week the date. A time ahead of this clock is just now. */
export function ago(time: string, now: number, locale: string | undefined, justNow: string): string {
  const then = Date.parse(time);
  const seconds = (now - then) / 1000;
  if (!(seconds >= JUST_NOW)) return justNow;
  if (seconds >= A_WEEK) return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(then);
  const [unit, size] = STEPS.find(([, size, most]) => Math.round(seconds / size) < most)!;
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  return format.format(-Math.round(seconds / size), unit);
}

export function full(time: string, locale: string | undefined): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" }).format(Date.parse(time));
}
