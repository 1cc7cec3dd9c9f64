/** Light, dark, or as the system has it; kept in the browser. */

export type Theme = "" | "light" | "dark";

const NAME = "pavilion-console-theme";

export function keptTheme(): Theme {
  const kept = localStorage.getItem(NAME);
  return kept === "light" || kept === "dark" ? kept : "";
}

export function setTheme(theme: Theme): void {
  if (theme === "") localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, theme);
  document.documentElement.dataset["theme"] = theme;
}
