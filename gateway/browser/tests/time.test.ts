import { expect, test } from "vitest";
import { ago } from "../src/inbox/time.js";

const NOW = Date.parse("2026-11-22T14:00:00Z");

test.each([
  [-3_600, "just now"],
  [0, "just now"],
  [44, "just now"],
  [45, "1 minute ago"],
  [59 * 60, "59 minutes ago"],
  [59.6 * 60, "1 hour ago"],
  [23 * 3_600, "23 hours ago"],
  [23.9 * 3_600, "yesterday"],
  [6 * 86_400, "6 days ago"],
  [8 * 86_400, "Nov 14, 2026"],
])("%i seconds ago is %s", (seconds, words) => {
  expect(ago(new Date(NOW - seconds * 1000).toISOString(), NOW, "en", "just now")).toBe(words);
});

test("in the language of the page, and never as a number that is none", () => {
  expect(ago(new Date(NOW - 7_200_000).toISOString(), NOW, "de", "gerade eben")).toBe("vor 2 Stunden");
  expect(ago("nonsense", NOW, "en", "just now")).toBe("just now");
});
