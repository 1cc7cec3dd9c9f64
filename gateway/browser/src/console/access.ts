/** The key or token of whoever is signed in: in this tab alone, gone with it, and never in an address. */

const NAME = "pavilion-console-key";

export function keptKey(): string {
  return sessionStorage.getItem(NAME) ?? "";
}

export function keepKey(key: string): void {
  sessionStorage.setItem(NAME, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(NAME);
}
