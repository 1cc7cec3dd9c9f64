import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: "@pavilion/client/inbox", replacement: source("inbox/index.ts") },
      { find: "@pavilion/client", replacement: source("client/index.ts") },
    ],
  },
  test: { include: ["tests/*.test.ts"], testTimeout: 10_000 },
});
