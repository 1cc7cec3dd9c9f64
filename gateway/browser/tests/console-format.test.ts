import { describe, expect, it } from "vitest";
import { bytes, count, duration, percent, plural, ranges, rate, relative } from "../src/console/format.js";
import { asText, decode, hexRows } from "../src/console/payload.js";
import { link, parse } from "../src/console/route.js";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("numbers", () => {
  it.each([
    [0, "0"],
    [7, "7"],
    [999, "999"],
    [999.6, "1.0 k"],
    [1234, "1.2 k"],
    [12_345, "12 k"],
    [999_600, "1.0 M"],
    [4_200_000_000, "4.2 G"],
    [0.25, "0.3"],
    [-1500, "−1.5 k"],
    [null, "–"],
    [Number.NaN, "–"],
  ])("count %s is %s", (value, text) => expect(plain(count(value))).toBe(text));

  it("never shows as nothing what is a little", () => {
    expect(rate(0.01)).toBe("<0.1/s");
    expect(rate(0)).toBe("0/s");
    expect(plain(rate(1234))).toBe("1.2 k/s");
  });

  it.each([
    [0.00034, "340 µs"],
    [0.0123, "12 ms"],
    [3.44, "3.4 s"],
    [60, "60 s"],
    [300, "5 min"],
    [7200, "2 h"],
    [259_200, "3 d"],
    [0, "0 s"],
    [null, "–"],
  ])("duration %s is %s", (value, text) => expect(plain(duration(value))).toBe(text));

  it("has bytes, shares, ranges and times", () => {
    expect(plain(bytes(1536))).toBe("1.5 KiB");
    expect(plain(bytes(15))).toBe("15 B");
    expect(plain(percent(1, 300))).toBe("0.3 %");
    expect(percent(0, 0)).toBe("–");
    expect(ranges([3, 0, 1, 2, 7])).toBe("0–3, 7");
    expect(ranges([])).toBe("–");
    expect(plural(1, "letter")).toBe("1 letter");
    expect(plural(1200, "letter")).toBe("1,200 letters");
    expect(plain(relative(1000, 61_000))).toBe("60 s ago");
    expect(plain(relative(11_000, 1000))).toBe("in 10 s");
    expect(relative(1000, 1900)).toBe("now");
  });
});

describe("the bytes of a dead letter", () => {
  it("are text that is set out if it is JSON", () => {
    const bytes = decode(btoa('{"a":[1]}'));
    expect(asText(bytes)).toEqual({ text: '{\n  "a": [\n    1\n  ]\n}', json: true, damaged: false });
    expect(asText(decode(btoa("no event")))).toEqual({ text: "no event", json: false, damaged: false });
  });

  it("say that they are no UTF-8", () => {
    expect(asText(new Uint8Array([0x61, 0xff])).damaged).toBe(true);
  });

  it("are rows of sixteen in hexadecimal, up to a limit", () => {
    const rows = hexRows(new Uint8Array(40).fill(0x41), 20);
    expect(rows).toHaveLength(2);
    expect(rows[1]).toEqual({ offset: "000010", hex: "41 41 41 41", text: "AAAA" });
    expect(hexRows(new Uint8Array([0, 0x7f, 0x20]), 16)[0]!.text).toBe("·· ");
  });
});

describe("addresses", () => {
  it("lead back to what they were made from", () => {
    const made = link("letters", { text: "a&b=c #?", agent: "", error: "X" });
    expect(parse(made)).toEqual({ view: "letters", id: "", query: { text: "a&b=c #?", error: "X" } });
    expect(parse(link("people", {}, "a/b c"))).toEqual({ view: "people", id: "a/b c", query: {} });
  });

  it("may be typed by hand", () => {
    expect(parse("")).toEqual({ view: "topology", id: "", query: {} });
    expect(parse("#/people/%E0%A4%A")).toEqual({ view: "people", id: "%E0%A4%A", query: {} });
  });
});
